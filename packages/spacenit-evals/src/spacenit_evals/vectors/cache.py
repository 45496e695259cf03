"""Vectors kept on the disk under the content of all that they depend on: who embeds, and the samples that were read.

What computes them (device, workers, batch size) is no part of the key. A damaged file is made again.
"""

import hashlib
import json
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import numpy as np
from attrs import frozen

from spacenit_core.checkpoint.files import replace_file
from spacenit_core.errors import DataError
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_evals.results.map_files import open_maps

VARIABLE = "SPACENIT_EMBEDDING_CACHE"
"""The environment variable that names a folder to keep vectors in, where nothing else does."""

FORMAT = "1"

Kind = Literal["pooled", "grid"]


@frozen
class Kept:
    """Vectors from the disk.

    Attributes:
        vectors: float32, left on the disk.
        seconds: that it took to make them.
    """

    vectors: np.ndarray
    seconds: float


@frozen
class EmbeddingCache:
    """A folder of vectors.

    Attributes:
        folder: made where it is absent; several processes may share it.
    """

    folder: Path

    def knows(self, identity: str, benchmark: str) -> bool:
        """Whether it keeps vectors of an embedder for a benchmark, of whatever samples."""
        folder = self._folder(identity, benchmark)
        return folder.is_dir() and any(folder.glob("*.json"))

    def find(self, identity: str, benchmark: str, digest: str, kind: Kind) -> Kept | None:
        """Vectors, in the order in which the samples were read.

        Args:
            identity: see `spacenit_core.kinds.embedders.EmbedderConfig.identity`.
            benchmark: its name.
            digest: of the samples.
            kind: which vectors.
        """
        path = self._path(identity, benchmark, digest, kind)
        try:
            told = json.loads(path.with_suffix(".json").read_text())
            if _hash(path) != told["sha256"]:
                return None
            return Kept(open_maps(path), float(told["seconds"]))
        except (OSError, ValueError, KeyError):
            return None

    def keep(self, identity: str, benchmark: str, digest: str, kind: Kind, found: Kept) -> None:
        """Write vectors: whole or not at all.

        Raises:
            DataError: where the disk refuses.
        """
        path = self._path(identity, benchmark, digest, kind)
        temporary = path.with_name(f".{path.name}.tmp-{secrets.token_hex(4)}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with open(temporary, "xb") as file:
                    np.lib.format.write_array(file, found.vectors, allow_pickle=False)
                    file.flush()
                    os.fsync(file.fileno())
                told = {"sha256": _hash(temporary), "seconds": found.seconds, "embedder": json.loads(identity)}
                os.replace(temporary, path)
            finally:
                temporary.unlink(missing_ok=True)
            replace_file(path.with_suffix(".json"), json.dumps(told, indent=1).encode())
        except OSError as error:
            what = f"{self.folder} cannot be written: {error.strerror or error}"
            raise DataError(what, f"name another folder for vectors (--cache, {VARIABLE})") from error

    def _folder(self, identity: str, benchmark: str) -> Path:
        return self.folder / benchmark / hashlib.sha256(f"{FORMAT} {identity}".encode()).hexdigest()[:24]

    def _path(self, identity: str, benchmark: str, digest: str, kind: Kind) -> Path:
        return self._folder(identity, benchmark) / f"{digest[:24]}.{kind}.npy"


def usual_cache() -> EmbeddingCache | None:
    """The folder that the environment names; None where it names none."""
    folder = os.environ.get(VARIABLE, "").strip()
    return EmbeddingCache(Path(folder).expanduser()) if folder else None


class SamplesDigest:
    """The content of samples, in the order in which they come, whatever the batches."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def add(self, numbers: Iterable[int], samples: Iterable[SampleWindow]) -> None:
        """Take in the samples of a batch."""
        for number, sample in zip(numbers, samples, strict=True):
            self._hash.update(f"sample {int(number)}".encode())
            arrays = {"timestamps": sample.timestamps, "latlon": sample.latlon}
            arrays |= {f"bands {name}": pixels for name, pixels in sample.bands.items()}
            arrays |= {f"present {name}": steps for name, steps in sample.present.items()}
            for name in sorted(arrays):
                array = np.ascontiguousarray(arrays[name])
                self._hash.update(f"{name} {array.dtype.str} {array.shape}".encode())
                self._hash.update(array.data)

    def hexdigest(self) -> str:
        """SHA-256 of all."""
        return self._hash.hexdigest()


def _hash(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
