"""Several evaluations of one benchmark beside one another, from what they kept: no model runs again."""

from collections.abc import Mapping, Sequence

from attrs import frozen

from spacenit_core.errors import UserError
from spacenit_core.text import columns, listed, paragraph
from spacenit_evals.results.found import Report
from spacenit_evals.results.paired import paired_gain, why_unlike
from spacenit_evals.scores.intervals import Interval


@frozen(kw_only=True)
class Difference:
    """How much better one model is than another by one protocol.

    Attributes:
        protocol: its name.
        metric: what is compared; positive is better, of errors too.
        one: the model that is asked about.
        other: the model that it is compared with.
        scores: of either.
        gain: of the one over the other, paired sample by sample; None where the two cannot be paired.
        reason: why not.
    """

    protocol: str
    metric: str
    one: str
    other: str
    scores: tuple[Interval, Interval]
    gain: Interval | None
    reason: str = ""


def subject_of(report: Report) -> str:
    """What the features of the evaluated model are called: those that others are compared with."""
    return next(score.features for score in report.scores if score.gain is None)


def differences(reports: Mapping[str, Report], features: Mapping[str, str] | None = None) -> list[Difference]:
    """The first of several models against each of the others, by each protocol that both have.

    Args:
        reports: by the model's name.
        features: model -> which of its report's features; those of the evaluated model if unset.

    Raises:
        UserError: where two reports have no protocol in common.
    """
    (one, first), *others = reports.items()
    chosen = {name: subject_of(report) for name, report in reports.items()} | dict(features or {})
    found = []
    for other, report in others:
        shared = [name for name in first.predictions if name in report.predictions]
        if not shared:
            known = [f"{name}: {listed(list(one.predictions)) or 'none'}" for name, one in reports.items()]
            raise UserError(
                f"{one} and {other} have predictions of no protocol in common ({'; '.join(known)})",
                "evaluate both by the same protocol",
            )
        found += [_difference(protocol, one, first, other, report, chosen) for protocol in shared]
    return found


def _difference(
    protocol: str, one: str, first: Report, other: str, report: Report, chosen: Mapping[str, str]
) -> Difference:
    ours, theirs = first.predictions[protocol], report.predictions[protocol]
    gain = paired_gain(ours, theirs, chosen[one], chosen[other])
    reason = "" if gain is not None else why_unlike(ours, theirs) or "their draws test other samples"
    if not reason and (unlike := _unlike_protocols(first, report, protocol)):
        gain, reason = None, unlike
    scores = (first.score(protocol, chosen[one]), report.score(protocol, chosen[other]))
    return Difference(
        protocol=protocol,
        metric=first.primary,
        one=one,
        other=other,
        scores=(scores[0].metrics[first.primary], scores[1].metrics[report.primary]),
        gain=gain,
        reason=reason,
    )


def _unlike_protocols(first: Report, second: Report, protocol: str) -> str:
    """Whether two protocols of one name are of two versions or settings; empty where that is not known."""
    ours, theirs = (report.origin.protocols.get(protocol) for report in (first, second))
    if ours is None or theirs is None or ours == theirs:
        return ""
    changed = [name for name in ours["settings"] if ours["settings"][name] != theirs["settings"].get(name)]
    what = listed(changed) if ours["version"] == theirs["version"] else "version"
    return f"{protocol} differs in {what}"


def told(found: Sequence[Difference]) -> str:
    """A table for a terminal, and what its brackets are."""
    rows = [
        (
            one.protocol,
            f"{one.one} - {one.other}",
            "not comparable" if one.gain is None else one.gain.text("+"),
            *(f"{score.value:.3f}" for score in one.scores),
        )
        for one in found
    ]
    metric = found[0].metric
    header = ("protocol", "models", f"difference in {metric}", "first", "second")
    notes = [
        "[low, high]: 95 % confidence intervals of paired differences, from the differences between test blocks; "
        "above 0 the first is better."
    ]
    notes += [f"{one.protocol}, {one.one} and {one.other}: {one.reason}." for one in found if one.reason]
    return f"{columns(rows, header)}\n\n{paragraph(chr(10).join(dict.fromkeys(notes)))}"
