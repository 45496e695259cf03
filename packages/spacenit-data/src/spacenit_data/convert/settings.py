"""What a conversion can be told."""

from attrs import field, frozen

from spacenit_core.errors import UserError
from spacenit_data.convert.raw_layout import TILE_CELLS
from spacenit_data.convert.units import UnitSettings
from spacenit_data.h5.compression import Compression

ON_ERROR = ("fail", "skip")


@frozen(kw_only=True)
class ConvertSettings:
    """Which sensors, and how they are stored.

    Attributes:
        sensors: names; empty for all that are there.
        required: sensors that every sample has.
        tile_size: cells along one side of a sample; None for 128 from raw tiles, and for the other set's own.
        min_steps: images that the longest series of a sample has at least.
        compression: the codec.
        months_from: the number of January in the other set's timestamps, 0 or 1; they are written counted from 0.
        units: what the user says of numbers and of missing pixels.
        on_error: ``fail`` stops at the first file that cannot be read, ``skip`` leaves its tile out.
    """

    sensors: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    tile_size: int | None = None
    min_steps: int = 12
    compression: Compression = field(factory=lambda: Compression.of("zstd"))
    months_from: int = 0
    units: UnitSettings = field(factory=UnitSettings)
    on_error: str = "fail"

    def __attrs_post_init__(self) -> None:
        if self.on_error not in ON_ERROR:
            raise UserError(f"on_error is {self.on_error!r}", f"valid are {', '.join(ON_ERROR)}")
        if self.min_steps < 1:
            raise UserError(f"min_steps is {self.min_steps}", "a sample needs at least one image")

    def checked_tile_size(self, cells: int, default: int) -> int:
        """The tile size for sources of `cells` x `cells` cells.

        Raises:
            UserError: if it does not divide them.
        """
        size = default if self.tile_size is None else self.tile_size
        if size < 1 or cells % size:
            fitting = [str(cells // count) for count in (1, 2, 4, 8) if cells % count == 0]
            raise UserError(
                f"tiles of {cells} x {cells} cells cannot be cut into samples of {size} x {size}",
                f"tile sizes that fit are {', '.join(fitting)}",
            )
        return size


def subtiles_of(tile_size: int) -> int:
    """Samples that a raw tile is cut into, as the folder's name says; 1 where the size does not divide it."""
    return (TILE_CELLS // tile_size) ** 2 if TILE_CELLS % tile_size == 0 else 1
