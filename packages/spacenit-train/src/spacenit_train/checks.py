"""What must fit together in an experiment, checked before anything is built or read."""

from collections.abc import Callable
from typing import Any

from spacenit_core.config.problems import Problem, shown
from spacenit_core.errors import PluginError, UserError
from spacenit_core.kinds.encoders import ABILITIES, ENCODERS, EncoderConfig
from spacenit_core.kinds.models import MODELS
from spacenit_core.plugins.hooks import hooks
from spacenit_train.experiment import Experiment
from spacenit_train.trainer.microbatches import microbatches_per_rank


def problems_of(experiment: Experiment, *, world_size: int = 1) -> list[Problem]:
    """Everything that keeps an experiment from being trained, as far as its settings tell.

    Args:
        experiment: with everything derived.
        world_size: the number of processes that share the global batch.
    """
    found = [*experiment.problems(), *_abilities(experiment)]
    incompatibilities = experiment.train_module.incompatibilities(experiment.model)
    found += [Problem(error.message, ("train_module",), error.hint or "") for error in incompatibilities]
    misread = experiment.data_loader.incompatibilities(experiment)
    found += [Problem(error.message, ("data_loader",), error.hint or "") for error in misread]
    trainer = experiment.trainer
    impossible = trainer.strategy_of(world_size).incompatibilities(world_size)
    found += [Problem(error.message, ("trainer", "strategy"), error.hint or "") for error in impossible]
    found += problems_raised(
        ("data_loader", "global_batch_size"),
        lambda: microbatches_per_rank(
            experiment.data_loader.global_batch_size, experiment.train_module.rank_microbatch_size, world_size
        ),
    )
    if not found:
        # Plugins look at experiments that are sound, so that they need not check what is checked here.
        answers = hooks().hook.spacenit_check_experiment(experiment=experiment)
        if wrong := [answer for answer in answers if not _is_messages(answer)]:
            what = "a hook spacenit_check_experiment returns a list of sentences"
            raise PluginError(f"{what}, not {shown(wrong[0])}", "`spacenit-run plugins list hooks` names the plugins")
        found = [Problem(message) for messages in answers for message in messages]
    return found


def _is_messages(answer: Any) -> bool:
    return isinstance(answer, list | tuple) and all(isinstance(message, str) for message in answer)


def problems_raised(path: tuple[str, ...], check: Callable[[], Any]) -> list[Problem]:
    """What a check raises, as a problem."""
    try:
        check()
    except UserError as error:
        return [Problem(error.message, path, error.hint or "")]
    return []


def _abilities(experiment: Experiment) -> list[Problem]:
    """What the model needs of its encoder, and the encoder does not provide."""
    model, encoder = experiment.model, getattr(experiment.model, "encoder", None)
    if not isinstance(encoder, EncoderConfig):
        return []
    names = ENCODERS.name_of(encoder), MODELS.name_of(model)
    return [
        Problem(
            f"the encoder {names[0]} provides no {ABILITIES[ability]}, which the model {names[1]} needs",
            ("model", "encoder"),
            f"choose another --model.encoder.type; one that can has {ability!r} in `provides` of its config",
        )
        for ability in model.needs()
        if ability not in encoder.provides
    ]
