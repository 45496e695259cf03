"""Protocol `linear_probe`: a linear layer on frozen features, trained by AdamW."""

from typing import TYPE_CHECKING, ClassVar, Literal, Self

from attrs import evolve, frozen, validators

from spacenit_core.config.fields import above, at_least, between, setting
from spacenit_core.kinds.protocols import ProtocolConfig
from spacenit_core.kinds.tasks import TASKS, Task

if TYPE_CHECKING:
    from spacenit_evals.protocols.probe.protocol import StackedProbe

Head = Literal["auto", "linear", "interpolate_linear", "bilinear_conv", "attnpool"]


@frozen(kw_only=True)
class LinearProbe(ProtocolConfig):
    """A linear layer behind a batch normalisation; of maps one that predicts the pixels of each patch from its vector.

    AdamW with a learning rate that rises linearly and falls with half a cosine. The state that is used is the best one
    on the validation samples among those that are evaluated, the earlier of equals; without validation samples the
    last. Several rates are trained at once on the same batches, and the best one on the validation samples is taken.
    """

    tasks: ClassVar[tuple[Task, ...]] = TASKS
    version: ClassVar[int] = 1

    learning_rates: tuple[float, ...] = setting(
        "highest learning rates, of which the validation samples choose one",
        (0.01,),
        validator=validators.and_(validators.min_len(1), validators.deep_iterable(above(0))),
    )
    epochs: int = setting("passes over the training samples", 50, validator=at_least(1))
    batch_size: int = setting("samples of a step", 32, validator=at_least(2))
    weight_decay: float = setting("of AdamW", 0.01, validator=at_least(0))
    warmup: float = setting("share of the steps in which the learning rate rises from 0", 0.1, validator=between(0, 1))
    lowest_rate: float = setting("where the learning rate ends", 1e-5, validator=at_least(0))
    evaluation_interval: int = setting(
        "epochs between two evaluations on the validation samples; the last epoch is always evaluated",
        50,
        validator=at_least(1),
    )
    head: Head = setting(
        "how maps are made: linear predicts the pixels of each patch apart, interpolate_linear and bilinear_conv "
        "interpolate between patches, attnpool weighs vectors of band sets; auto: linear, of numbers bilinear_conv",
        "auto",
    )
    dice: bool = setting("whether the dice loss is added to the cross-entropy of maps", False)
    seed: int = setting("seed of the first weights and of the order of samples", 0, validator=at_least(0))
    seeds: int = setting(
        "how many seeds are trained, from `seed` on; scores are means over them", 3, validator=at_least(1)
    )

    def repeats(self) -> tuple[Self, ...]:
        """One for each seed."""
        return tuple(evolve(self, seed=self.seed + number, seeds=1) for number in range(self.seeds))

    def build(self) -> "StackedProbe":
        """Make it, for the first seed."""
        from spacenit_evals.protocols.probe.protocol import StackedProbe

        return StackedProbe(self)
