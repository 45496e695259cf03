"""The rule about ground that a run was pretrained on, which needs a run beside the benchmark."""

from spacenit_core.errors import SpaceNitError
from spacenit_evals.checkpoint import load_evaluated
from spacenit_evals.checks.finding import Finding
from spacenit_evals.checks.survey import Survey
from spacenit_evals.ground_overlap import near_ground, pretraining_ground, tested_samples

RULE = "pretraining_ground"


def ground_findings(model: str, survey: Survey, distance: float) -> list[Finding]:
    """How many test samples lie on ground that a run was pretrained on, or why that is not known.

    Raises:
        UserError: where there is no such run.
    """
    run = load_evaluated(model)
    try:
        ground = pretraining_ground(run.experiment)
    except SpaceNitError as error:
        return [Finding(RULE, "note", f"not known whether {model} saw the test ground: {error.message}")]
    tested = tested_samples(survey.benchmark)[survey.read]
    found = near_ground(ground, survey.latlon[tested], distance)
    if found is None:
        return [Finding(RULE, "note", f"not known whether {model} saw the test ground: samples have no positions")]
    where = "on ground" if not distance else f"within {distance:g} m of ground"
    seen = f"{found.near} of {found.tested} test samples lie {where} that {model} was pretrained on"
    if not found.near:
        return [Finding(RULE, "note", seen)]
    return [
        Finding(
            RULE,
            "warning",
            f"{seen} ({found.share:.0%})",
            expected="test samples on ground that the model never saw, or scores that say so",
            remedy="leave that ground out of pretraining, or name it beside the scores",
        )
    ]
