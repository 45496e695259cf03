"""Protocol `finetune`: an encoder and a head, trained together on the samples of a benchmark."""

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from attrs import evolve, frozen

from spacenit_core.config.fields import above, at_least, between, setting
from spacenit_core.kinds.protocols import ProtocolConfig
from spacenit_core.kinds.tasks import TASKS, Task

if TYPE_CHECKING:
    from spacenit_finetune.protocol import FineTuning

Head = Literal["linear", "decoder"]


@frozen(kw_only=True)
class Finetune(ProtocolConfig):
    """A copy of the encoder and a head on the vectors of its patches; the encoder stays frozen at first.

    AdamW. After the frozen epochs the learning rate is a tenth, and falls further where the value on the validation
    samples does not rise. The state that is used is the best one on the validation samples after any epoch, the earlier
    of equals; without validation samples the last.
    """

    tasks: ClassVar[tuple[Task, ...]] = TASKS
    version: ClassVar[int] = 1
    needs_samples: ClassVar[bool] = True

    learning_rate: float = setting("of the head, while the encoder is frozen", 1e-4, validator=above(0))
    epochs: int = setting("passes over the training samples", 50, validator=at_least(1))
    batch_size: int = setting("samples of a step", 16, validator=at_least(1))
    weight_decay: float = setting("of AdamW", 0.01, validator=at_least(0))
    frozen_share: float = setting(
        "share of the epochs, rounded up, in which the encoder is frozen", 0.2, validator=between(0, 1)
    )
    unfrozen_factor: float = setting("what the learning rate is multiplied by afterwards", 0.1, validator=above(0))
    plateau_factor: float = setting(
        "what it is multiplied by where the value on the validation samples does not rise", 0.2, validator=between(0, 1)
    )
    patience: int = setting("epochs without a rise that are borne", 2, validator=at_least(0))
    cooldown: int = setting("epochs after a fall of the learning rate that do not count", 10, validator=at_least(0))
    head: Head = setting(
        "of maps: linear, or a decoder of convolutions that doubles the resolution step by step", "linear"
    )
    dice: bool = setting("whether the dice loss is added to the cross-entropy of maps", False)
    lora_rank: int = setting(
        "rank of what is added to the encoder's linear layers, which stay as they are; 0: all weights are trained",
        0,
        validator=at_least(0),
    )
    lora_alpha: float = setting("what is added is multiplied by this over the rank", 16.0, validator=above(0))
    seed: int = setting("seed of the head and of the order of samples", 0, validator=at_least(0))
    seeds: int = setting(
        "how many seeds are trained, from `seed` on; scores are means over them", 3, validator=at_least(1)
    )
    folder: Path | None = setting(
        "where runs are kept, each in a folder of its own, so that the same one goes on or is not run again", None
    )

    def inactive(self) -> dict[str, str]:
        """Nothing is scaled without LoRA."""
        return {} if self.lora_rank else {"lora_alpha": "lora_rank=0"}

    def repeats(self) -> tuple[Self, ...]:
        """One for each seed."""
        return tuple(evolve(self, seed=self.seed + number, seeds=1) for number in range(self.seeds))

    def build(self) -> "FineTuning":
        """Make it, for the first seed."""
        from spacenit_finetune.protocol import FineTuning

        return FineTuning(self)
