"""A sidecar of hashes, in the notation of `sha256sum`, for files that carry no checksums of their own."""

import hashlib
from pathlib import Path

from spacenit_core.checkpoint.files import write_atomically
from spacenit_core.errors import DataError

SIDECAR = "SHA256SUMS"


def read_sidecar(path: Path) -> dict[str, str]:
    """File name -> hash; empty where there is no sidecar.

    Raises:
        DataError: if the sidecar makes no sense.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: {error}", "name another file with --sidecar FILE") from error
    hashes = {}
    for number, line in enumerate(lines, start=1):
        digest, separator, name = line.partition("  ")
        if not separator or len(digest) != 64:
            raise DataError(f"{path}, line {number}: not a hash and a file name", "record the set again with --record")
        hashes[name] = digest
    return hashes


def write_sidecar(path: Path, hashes: dict[str, str]) -> None:
    """Write the sidecar, which `sha256sum --check` understands as well.

    Raises:
        DataError: if it cannot be written.
    """
    text = "".join(f"{digest}  {name}\n" for name, digest in sorted(hashes.items()))
    try:
        write_atomically(path, text.encode())
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error}", "name another place with --sidecar FILE") from error


def hash_file(path: Path) -> str:
    """The SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
