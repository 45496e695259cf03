"""The models that a command line names, and where their results go."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from spacenit_core.checkpoint import check_run
from spacenit_core.errors import UserError
from spacenit_core.kinds.embedders import EMBEDDERS, EmbedderConfig
from spacenit_core.pretrained.olmoearth.hub import FILES, is_hub_id
from spacenit_core.text import did_you_mean
from spacenit_evals.cli.named_embedder import beside_embedder, named_embedder
from spacenit_evals.cli.settings import EvaluationSettings
from spacenit_evals.embedders.random_init import RandomInit

if TYPE_CHECKING:
    from spacenit_evals.checkpoint import TrainedRun


@frozen(kw_only=True)
class Subject:
    """A model that is named on a command line.

    Attributes:
        word: as it was typed.
        embedder: where it is an embedder's name.
    """

    word: str
    embedder: EmbedderConfig | None

    def load(self, device: str) -> "TrainedRun | EmbedderConfig":
        """The model on a device.

        Raises:
            UserError: where there is none.
            DataError: where it is damaged.
        """
        from spacenit_evals.checkpoint import load_evaluated

        return self.embedder or load_evaluated(self.word, device)

    def beside(self, settings: EvaluationSettings, *, stated: bool) -> dict[str, EmbedderConfig]:
        """What it is compared with.

        Args:
            settings: what was asked for.
            stated: whether the embedders were named.
        """
        beside = dict(settings.embedder)
        if not stated and any(config.needs_samples for config in settings.protocol.values()):
            # Raw pixels have nothing to train.
            beside = {name: config for name, config in beside.items() if isinstance(config, RandomInit)}
        return beside if self.embedder is None else beside_embedder(self.word, beside, stated=stated)

    def usual_folder(self, loaded: "TrainedRun | EmbedderConfig") -> Path:
        """Where its results go unasked."""
        if isinstance(loaded, EmbedderConfig):
            return Path("evaluation") / EMBEDDERS.canonical(self.word)
        return _beside(Path(self.word)) if loaded.step is None else results_folder(Path(self.word), loaded.path)


def subjects(words: Sequence[str], settings: EvaluationSettings) -> list[Subject]:
    """What models are named, checked as far as can be seen without loading one.

    Raises:
        UserError: for what is none, or is named twice.
    """
    twice = next((word for number, word in enumerate(words) if word in words[:number]), None)
    if twice is not None:
        raise UserError(f"{twice} is named twice", "name each model once")
    found = [Subject(word=word, embedder=named_embedder(word, settings)) for word in words]
    for subject in found:
        if subject.embedder is None:
            _check_model(Path(subject.word))
    return found


def short_names(words: Sequence[str]) -> list[str]:
    """For each model a name that can be a folder's, and that tells it from the others."""
    parts = [Path(word).expanduser().parts for word in words]
    length = next(
        size for size in range(1, max(map(len, parts)) + 1) if len({part[-size:] for part in parts}) == len(parts)
    )
    return ["-".join(part[-length:]).replace("/", "") for part in parts]


def results_folder(run: Path, checkpoint: Path) -> Path:
    """Where results go unasked: into the run's folder; those of a checkpoint that was named, apart from the run's own.

    Args:
        run: what was named, a run's folder or a checkpoint.
        checkpoint: the checkpoint that was loaded.
    """
    checkpoint = checkpoint.resolve()
    folder = checkpoint.parent / "evaluation"
    return folder / checkpoint.name if run.expanduser().resolve() == checkpoint else folder


def _check_model(model: Path) -> None:
    """Refuse early what is neither a run nor a model with a config, on the disk or on a hub."""
    folder = model.expanduser()
    on_a_hub = not folder.exists() and is_hub_id(str(model))
    if not folder.exists() and (question := did_you_mean(str(model), EMBEDDERS.names())):
        raise UserError(f"there is no model {model}; {question}", "give a run's folder, a model, or an embedder's name")
    if not on_a_hub and not (folder / FILES[0]).is_file():
        check_run(folder)


def _beside(model: Path) -> Path:
    """Where the results of a model that is no run go unasked: into its folder, or below this one for a hub id."""
    folder = model.expanduser()
    return folder / "evaluation" if folder.is_dir() else Path("evaluation") / str(model).replace("/", "-")
