"""The codecs of H5 sample files."""

from typing import Any

import hdf5plugin
from attrs import frozen

from spacenit_core.errors import UserError

LEVELS = {"zstd": (1, 22, 3), "gzip": (0, 9, 4)}
"""Codec -> lowest, highest and default level."""

CODECS = ("zstd", "gzip", "lz4", "none")


@frozen
class Compression:
    """A codec, its level and the byte shuffle before it.

    Attributes:
        codec: ``zstd``, ``gzip``, ``lz4`` or ``none``.
        level: of zstd (1-22) and gzip (0-9); None for the others.
        shuffle: whether bytes are shuffled first.
    """

    codec: str
    level: int | None = None
    shuffle: bool = False

    @classmethod
    def of(cls, codec: str | None, level: int | None = None, shuffle: bool | None = None) -> "Compression":
        """Check the settings and fill in the codec's own level.

        Raises:
            UserError: for an unknown codec, or a level that it does not have.
        """
        codec = codec or "none"
        if codec not in CODECS:
            raise UserError(f"unknown compression {codec!r}", f"valid are {', '.join(CODECS)}")
        if codec not in LEVELS:
            if level is not None:
                raise UserError(
                    f"compression {codec} has no levels, but {level} was given", "leave out the compression options"
                )
            return cls(codec, None, bool(shuffle))
        lowest, highest, default = LEVELS[codec]
        level = default if level is None else level
        if not lowest <= level <= highest:
            raise UserError(f"{codec} has no level {level}", f"valid are {lowest} to {highest}")
        return cls(codec, level, bool(shuffle))

    @property
    def name_parts(self) -> tuple[str, ...]:
        """What the folder's name says about it, in order."""
        codec = () if self.codec == "none" else (self.codec,)
        level = () if self.level is None else (str(self.level),)
        return (*codec, *level, *(("shuffle",) if self.shuffle else ()))

    @property
    def settings(self) -> dict[str, str | int | bool | None]:
        """The content of ``compression_settings.json``."""
        codec = None if self.codec == "none" else self.codec
        return {"compression": codec, "compression_opts": self.level, "shuffle": self.shuffle or None}

    def filters(self) -> dict[str, Any]:
        """Keyword arguments of h5py's `create_dataset`; checksums come on top of them."""
        match self.codec:
            case "zstd":
                return {**hdf5plugin.Zstd(clevel=self.level or 0), "shuffle": self.shuffle}
            case "gzip":
                return {"compression": "gzip", "compression_opts": self.level, "shuffle": self.shuffle}
            case "lz4":
                return {**hdf5plugin.LZ4(nbytes=0), "shuffle": self.shuffle}
            case _:
                return {"shuffle": self.shuffle}
