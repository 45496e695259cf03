"""What the fork server runs."""

from pathlib import Path
from typing import Any

import tiny
from spacenit_core.errors import SpaceNitError
from spacenit_train.trainer.trainer import Trainer


def import_everything(folder: Path) -> None:
    """One step of training, for the imports that come with it."""
    Trainer(tiny.experiment(tiny.make_set(folder / "data", count=4), folder / "run", value=1)).fit()


def train(data: str, folder: str, **settings: Any) -> int:
    """One run of the tiny experiment; its exit code, as the command line has it."""
    try:
        Trainer(tiny.experiment(Path(data), Path(folder), **settings)).fit()
    except SpaceNitError as error:
        print(f"{type(error).__name__}: {error}")
        return error.exit_code
    return 0
