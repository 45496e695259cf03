"""The experiment on texts, its recipe and an ablation of it."""

from attrs import frozen

from acme_text.loader import TextLoaderConfig
from acme_text.model import LettersConfig
from acme_text.runner import NextByteConfig
from spacenit_core.config.fields import at_least, setting
from spacenit_core.config.problems import Problem
from spacenit_core.kinds.patches import Patch
from spacenit_train.callbacks.checkpointer import CheckpointerConfig
from spacenit_train.experiment import Experiment
from spacenit_train.trainer.config import Duration, TrainerConfig


@frozen(kw_only=True)
class TextExperiment(Experiment):
    """Any experiment, and how long a text is."""

    context: int = setting("bytes of a text from which the following ones are predicted", 16, validator=at_least(1))

    def problems(self) -> list[Problem]:
        """Texts that the model cannot read to their end."""
        longest = getattr(self.model, "longest", self.context)
        if self.context <= longest:
            return super().problems()
        return [Problem(f"texts of {self.context} bytes are longer than the model reads", ("context",), "shorten them")]


def letters() -> TextExperiment:
    """A causal model of bytes, small enough to be trained in a second."""
    return TextExperiment(
        model=LettersConfig(),
        data_loader=TextLoaderConfig(),
        train_module=NextByteConfig(),
        trainer=TrainerConfig(
            max_duration=Duration(value=2, unit="epochs"),
            callbacks={"checkpointer": CheckpointerConfig()},
            metrics_collect_interval=1,
        ),
    )


NARROW = Patch(summary="half the width", overrides={"model.width": "8"}, theme="size")
