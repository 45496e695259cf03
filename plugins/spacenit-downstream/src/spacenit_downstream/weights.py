"""The model of a run as an evaluation sees it: a copy, so that what is trained stays as it is."""

from typing import Any

from spacenit_core import initial_weights
from spacenit_core.checkpoint.tensors import copy_into
from spacenit_core.config import structure
from spacenit_core.errors import UserError
from spacenit_core.kinds.models import ModelConfig
from spacenit_core.pretrained.load import with_mask
from spacenit_core.sensors.selection import SensorSet
from spacenit_evals.checkpoint import TrainedRun
from spacenit_train.trainer import resume
from spacenit_train.trainer.trainer import Trainer


class EvaluatedCopy:
    """A second model with the settings of a run's, as `spacenit_evals.checkpoint.load_run` would build it.

    Args:
        trainer: of the run.

    Raises:
        UserError: for a run whose samples have no sensors.
    """

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self._experiment = resume.plain(trainer.experiment)
        if "sensors" not in self._experiment:
            raise UserError("this run has no sensors, and only encoders of sensors are evaluated")
        plain: dict[str, Any] = self._experiment
        self._sensors = SensorSet.of(plain["sensors"], band_groups=plain.get("band_groups"))
        self._config = with_mask(structure(plain["model"], ModelConfig), True)
        with initial_weights.drawn():
            model = self._config.build(self._sensors)
        self._model = model.to(trainer.world.device).eval().requires_grad_(False)

    def of_now(self) -> TrainedRun:
        """The run at its present step."""
        trainer, step = self._trainer, self._trainer.progress.step
        copy_into(self._model, trainer.model.state_dict(), trainer.run_folder)
        encoded = trainer.experiment.encoded_sensors.names
        return TrainedRun(
            path=trainer.run_folder / f"step{step}",
            step=step,
            model=self._model,
            sensors=self._sensors,
            encoded_sensors=SensorSet(tuple(spec for spec in self._sensors if spec.name in encoded)),
            config=self._config,
            experiment=self._experiment,
        )
