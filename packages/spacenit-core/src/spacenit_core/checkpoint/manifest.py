"""The seal of a checkpoint: what belongs to it, how long each file is and what it hashes to."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from attrs import asdict, field, frozen

from spacenit_core.errors import DataError

MANIFEST = "MANIFEST.json"
STEP = re.compile(r"step(\d+)")
"""What checkpoints are called. Runs may be called so too; those have no manifest of their own."""

FORMAT = 1
_CHUNK = 1 << 20


@frozen(kw_only=True)
class FileRecord:
    """One file of a checkpoint.

    Attributes:
        size: bytes.
        sha256: hash of the content.
    """

    size: int
    sha256: str


@frozen(kw_only=True)
class Manifest:
    """What a checkpoint consists of.

    Attributes:
        step: updates done.
        files: name -> record, of everything but the manifest.
        ephemeral: whether the next checkpoint may replace it.
        config_sha256: hash of the configuration that it was trained with.
        versions: distribution -> version that wrote it.
    """

    step: int
    files: dict[str, FileRecord]
    ephemeral: bool = False
    config_sha256: str = ""
    versions: dict[str, str] = field(factory=dict)

    def to_bytes(self) -> bytes:
        """JSON, with a hash of itself, so that a flipped bit in the manifest is noticed as well."""
        content = {"format": FORMAT, **asdict(self)}
        return json.dumps({**content, "sha256": _digest(content)}, indent=1, sort_keys=True).encode()

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """Read the manifest of a checkpoint.

        Raises:
            DataError: where it is absent, damaged, or of a newer format.
        """
        path = folder / MANIFEST
        try:
            content = json.loads(path.read_bytes())
            digest = content.pop("sha256")
        except FileNotFoundError:
            raise DataError(f"{folder} is not a complete checkpoint: it has no {MANIFEST}") from None
        except (OSError, ValueError, AttributeError, KeyError, TypeError) as error:
            raise DataError(f"{path} cannot be read: {error}") from None
        if digest != _digest(content):
            raise DataError(f"{path} was changed after it was written: its hash differs")
        if content.pop("format") != FORMAT:
            raise DataError(
                f"{path} was written by another version of spacenit-core", "update spacenit-core to read it"
            )
        files = {name: FileRecord(**record) for name, record in content.pop("files").items()}
        return cls(files=files, **content)


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def file_digest(path: Path) -> str:
    """The SHA-256 of a file, read in pieces."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(_CHUNK):
            digest.update(piece)
    return digest.hexdigest()


def real(path: Path) -> Path:
    """A checkpoint's own folder, where a path or a link under another name (`latest`, `.`) leads to it."""
    return path if STEP.fullmatch(path.name) else path.resolve()


def verify(path: Path, *, hashes: bool = True) -> Manifest:
    """Check a checkpoint against its manifest.

    Args:
        path: the checkpoint's folder, or another way to it.
        hashes: compare contents too, not sizes alone.

    Returns:
        The manifest.

    Raises:
        DataError: naming the first file that is missing, cut short or changed.
    """
    manifest = Manifest.read(path)
    if real(path).name != f"step{manifest.step}":
        raise DataError(f"{path} holds the checkpoint of step {manifest.step}: the folder was renamed")
    for name, record in sorted(manifest.files.items()):
        file = path / name
        if not file.is_file():
            raise DataError(f"{file} is missing")
        if file.stat().st_size != record.size:
            raise DataError(f"{file} has {file.stat().st_size} bytes, the manifest says {record.size}")
        if hashes and file_digest(file) != record.sha256:
            raise DataError(f"{file} was changed after it was written: its hash differs")
    return manifest
