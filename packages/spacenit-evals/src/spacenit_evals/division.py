"""How a benchmark's samples are divided where not as the benchmark does it."""

from attrs import frozen

from spacenit_core.config.fields import above, at_least, between, setting


def _share(instance: object, attribute: object, value: float) -> None:
    above(0)(instance, attribute, value)  # type: ignore[arg-type]
    between(0, 1)(instance, attribute, value)  # type: ignore[arg-type]


@frozen(kw_only=True)
class Division:
    """Folds of whole groups in place of a benchmark's own split, and training on a part of the labels.

    Few labels are drawn sample by sample: of one class each the same share (or number) of every class, else at random.
    Less of them is a part of more of them with the same seed. Validation and test samples stay.
    """

    folds: int | None = setting(
        "folds of whole groups, each of which is tested in turn (none: the benchmark's own split)",
        None,
        validator=at_least(2),
    )
    fraction: float = setting("share of the training samples that is learnt from", 1.0, validator=_share)
    per_class: int | None = setting(
        "training samples of each class that are learnt from, in place of a share", None, validator=at_least(1)
    )
    draws: int = setting(
        "how often folds are dealt, and labels drawn at least: once from each draw that a benchmark has itself",
        3,
        validator=at_least(1),
    )
    seed: int = setting("of folds and labels", 0, validator=at_least(0))

    def __attrs_post_init__(self) -> None:
        if self.per_class is not None and self.fraction != 1:
            raise ValueError("fraction and per_class say the same: leave one out")

    @property
    def few(self) -> bool:
        """Whether only some training samples are learnt from."""
        return self.fraction < 1 or self.per_class is not None

    @property
    def asks(self) -> bool:
        """Whether anything is divided otherwise than by the benchmark."""
        return self.folds is not None or self.few

    def inactive(self) -> dict[str, str]:
        """What nothing reads where the benchmark's own split is used whole."""
        return {} if self.asks else dict.fromkeys(("draws", "seed"), "neither folds nor fewer labels")
