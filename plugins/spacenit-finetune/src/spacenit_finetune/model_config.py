"""Model `fine_tuned`: what `finetune` trains."""

from typing import TYPE_CHECKING, Literal

from attrs import frozen

from spacenit_core.config.fields import at_least, setting
from spacenit_core.errors import UserError
from spacenit_core.kinds.models import ModelConfig
from spacenit_core.kinds.tasks import Task
from spacenit_core.sensors.selection import SensorSet

if TYPE_CHECKING:
    from torch import nn


@frozen(kw_only=True)
class FineTunedConfig(ModelConfig):
    """An encoder that is at hand, and a head."""

    encoder: str = setting("what tells the encoder from others: a hash of its weights, and what it gives for a sample")
    task: Task = setting("the task", "classification")
    classes: int = setting("how many numbers the head gives for a sample or a pixel", 2, validator=at_least(1))
    head: Literal["linear", "decoder"] = setting("of maps", "linear")
    lora_rank: int = setting("rank of what is added to its linear layers", 0, validator=at_least(0))
    lora_alpha: float = setting("that is multiplied by this over the rank", 16.0)

    def build(self, sensors: SensorSet) -> "nn.Module":
        """Refused: `spacenit_finetune.experiment.FinetuneExperiment` makes it of an encoder that is at hand."""
        raise UserError("fine_tuned is what `spacenit-run evaluate MODEL --protocol finetune` trains")
