"""Scale and offset that a raster states of itself: in its own tags, or in a file beside it."""

import datetime as dt
from collections.abc import Sequence

from attrs import evolve, frozen
from rasterio.io import DatasetReader

from spacenit_core.sensors.spec import SensorSpec
from spacenit_data.rasters.products import ProductImage
from spacenit_data.rasters.sidecars import StacFile, stac_file


@frozen(kw_only=True)
class Conversion:
    """From a file's numbers to a sensor's units: number * scale + offset.

    Attributes:
        scale: one factor per band read.
        offset: one per band read.
        source: who says so, for people; empty where nobody does.
        note: what else to tell people; empty where there is nothing to tell.
    """

    scale: tuple[float, ...]
    offset: tuple[float, ...]
    source: str = ""
    note: str = ""

    @classmethod
    def of(cls, count: int, scale: float = 1.0, offset: float = 0.0) -> "Conversion":
        """The same for all of some bands."""
        return cls(scale=(scale,) * count, offset=(offset,) * count)

    @property
    def is_none(self) -> bool:
        """Whether numbers stay as they are."""
        return set(self.scale) == {1.0} and set(self.offset) == {0.0}

    def __str__(self) -> str:
        pairs = sorted(set(zip(self.scale, self.offset, strict=True)))
        return "; ".join(f"scale {scale:g}, offset {offset:g}" for scale, offset in pairs[:3])


def stated_conversion(
    file: DatasetReader, name: str, bands: Sequence[int], channels: Sequence[int], spec: SensorSpec, day: dt.date | None
) -> Conversion:
    """What a file, or what lies beside it, says of scale and offset, brought to the sensor's stored units.

    Asked are, in this order: scale and offset of the file's bands, or of the STAC item beside it; its tags
    ``BOA_ADD_OFFSET``; the metadata of its Sentinel-2 product; and ``boa_offset_applied``, in a tag or in the item. An
    offset that was applied before is not applied again.

    Args:
        file: the raster.
        name: what GDAL opened it by.
        bands: numbers of the bands that are read, from 1.
        channels: for each of them, its place among the sensor's bands.
        spec: the sensor.
        day: the date of the image.
    """
    if spec.categorical:
        return Conversion.of(len(bands))
    item = stac_file(name)
    scales, offsets, source = _tags(file, bands)
    if not source and item is not None:
        scales, offsets, source = _of_item(item, file, bands)
    if spec.stored_per_unit is None:
        kept = f"{source} were not applied, because {spec.name} holds a product's own numbers"
        return evolve(Conversion.of(len(bands)), note=kept if source else "")
    # What is measured is (number + shift) * factor: products state their offset in the file's numbers.
    factors = [scale * spec.stored_per_unit if scale != 1.0 else 1.0 for scale in scales]
    shifts = [offset / scale for offset, scale in zip(offsets, scales, strict=True)]
    note = ""
    if spec.product_offset:
        named = {band: spec.bands[channel] for band, channel in zip(bands, channels, strict=True)}
        image = ProductImage(file=file, name=name, item=item, bands=named, spec=spec, day=day)
        if image.was_applied():
            shifts = [0.0] * len(bands)
        elif not any(shifts):
            found = image.offset()
            shifts, note = list(found.shifts), found.note
            if not source and found.per_unit:
                factors = [spec.stored_per_unit / found.per_unit] * len(bands)
            source = " and ".join(filter(None, (source, found.source)))
    return Conversion(
        scale=tuple(round(factor, 12) for factor in factors),
        offset=tuple(round(shift * factor, 9) for shift, factor in zip(shifts, factors, strict=True)),
        source=source,
        note=note,
    )


def _tags(file: DatasetReader, bands: Sequence[int]) -> tuple[list[float], list[float], str]:
    scales, offsets = [file.scales[b - 1] or 1.0 for b in bands], [file.offsets[b - 1] for b in bands]
    stated = set(scales) != {1.0} or set(offsets) != {0.0}
    return scales, offsets, "the scale and offset in its tags" if stated else ""


def _of_item(item: StacFile, file: DatasetReader, bands: Sequence[int]) -> tuple[list[float], list[float], str]:
    """Scale and offset of each band by a STAC item, which lists all bands of the file or states one pair for all."""

    def each(values: Sequence[float], otherwise: float) -> list[float]:
        known = list(values) * (file.count if len(values) == 1 else 1)
        return [known[band - 1] for band in bands] if len(known) == file.count else [otherwise] * len(bands)

    scales, offsets = [scale or 1.0 for scale in each(item.scales, 1.0)], each(item.offsets, 0.0)
    stated = set(scales) != {1.0} or set(offsets) != {0.0}
    return scales, offsets, f"the scale and offset in {item.path.name}" if stated else ""
