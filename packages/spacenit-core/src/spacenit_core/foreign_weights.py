"""Weights of other people's models, which no package of ours holds: where they lie, and how they are read."""

import os
from functools import lru_cache
from pathlib import Path

from attrs import frozen
from torch import Tensor, nn

from spacenit_core.checkpoint.manifest import file_digest
from spacenit_core.environment import install_line
from spacenit_core.errors import DataError, UserError
from spacenit_core.torch_files import read_torch_file

HUB = "hf://"


@frozen(kw_only=True)
class ForeignWeights:
    """The files of a model's weights.

    Attributes:
        model: the model's name.
        files: what lies in one folder.
        variable: the environment variable that names the folder where nothing else does.
        page: where a person gets them.
        folders: folders within what is named in which they may lie.
    """

    model: str
    files: tuple[str, ...]
    variable: str
    page: str
    folders: tuple[str, ...] = ()

    def find(self, source: str | None) -> Path:
        """The folder that holds all files.

        Args:
            source: a folder, or `hf://OWNER/NAME/FOLDER` on the Hugging Face hub; None for what the variable names.

        Raises:
            UserError: where nothing is named, or files are not there.
            DataError: where the hub cannot be reached or does not have them.
        """
        given = source or os.environ.get(self.variable)
        if not given:
            raise UserError(
                f"{self.model} needs its weights, which no package holds",
                f"get them from {self.page} and name their folder by `weights` or the environment variable "
                f"{self.variable}",
            )
        if given.startswith(HUB):
            return self._downloaded(given)
        folder = Path(given).expanduser()
        for place in (folder, *(folder / name for name in self.folders)):
            if all((place / name).is_file() for name in self.files):
                return place
        raise UserError(f"{folder} holds no weights of {self.model}", f"they are {self._listed}, from {self.page}")

    def digest(self, source: str | None) -> str:
        """The SHA-256 of the last of the files, which holds the weights; empty where they are not here.

        Args:
            source: as `find` takes it.
        """
        try:
            return digest_of(self.find(source) / self.files[-1])
        except (UserError, DataError):
            return ""

    @property
    def _listed(self) -> str:
        return " and ".join(self.files)

    def _downloaded(self, source: str) -> Path:
        owner, name, *rest = [*source.removeprefix(HUB).split("/"), ""]
        try:
            from huggingface_hub import hf_hub_download
            from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled
        except ImportError:
            raise UserError(
                f"getting {source} needs the package huggingface_hub",
                f"{install_line('spacenit-core[hub]')}, or download {self._listed} and give their folder",
            ) from None
        try:
            folder = "/".join(filter(None, rest)) or None
            paths = [Path(hf_hub_download(f"{owner}/{name}", file, subfolder=folder)) for file in self.files]
        except (HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled, OSError, ValueError) as error:
            raise DataError(
                f"{source} cannot be got from the hub: {_first_line(error)}",
                f"look at the network and the name, or download {self._listed} elsewhere and give their folder",
            ) from error
        return paths[0].parent


def digest_of(path: Path) -> str:
    """The SHA-256 of a file, computed once for as long as it is as it was."""
    state = path.stat()
    return _digest_of(path, state.st_mtime_ns, state.st_size, state.st_ino)


@lru_cache(maxsize=64)
def _digest_of(path: Path, *_: int) -> str:
    return file_digest(path)


def read_state(path: Path) -> dict[str, Tensor]:
    """Named tensors of a file of torch, on the CPU; nothing in it is run.

    Raises:
        DataError: where it cannot be read, or holds something else.
    """
    state = read_torch_file(path)
    if not isinstance(state, dict) or not all(isinstance(values, Tensor) for values in state.values()):
        raise DataError(f"{path} holds something else than named weights")
    return state


def fit_exactly(module: nn.Module, state: dict[str, Tensor], path: Path) -> None:
    """Put weights into a module that has those names and shapes, and no others.

    Args:
        module: what they are for.
        state: the weights.
        path: where they come from.

    Raises:
        DataError: where names or shapes differ.
    """
    try:
        module.load_state_dict(state)
    except RuntimeError as error:
        raise DataError(f"{path} does not fit the model: {' '.join(str(error).split())[:300]}") from error


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
