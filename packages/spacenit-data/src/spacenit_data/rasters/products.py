"""The offset that some of a sensor's products hold and others do not, as the product says it: Sentinel-2's 1000."""

import datetime as dt
import re
from typing import Any

from attrs import frozen
from rasterio.io import DatasetReader

from spacenit_core.sensors.spec import SensorSpec
from spacenit_data.rasters.sidecars import StacFile, product_metadata

BASELINE = 4.0
"""Sentinel-2's processing baseline since which products hold an offset."""

SINCE = dt.date(2022, 1, 25)
"""The day from which on products were made by it."""

_OFFSET_TAG = re.compile(r"(BOA|RADIO)_ADD_OFFSET(_?(?P<band>\w+))?", re.IGNORECASE)
_QUANTIFICATION_TAG = re.compile(r"(BOA_)?QUANTIFICATION_VALUE", re.IGNORECASE)
_APPLIED_TAG = re.compile(r"boa_offset_applied\W+(\w+)$", re.IGNORECASE)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


@frozen(kw_only=True)
class ProductOffset:
    """What is to be added to stored numbers.

    Attributes:
        shifts: one per band read.
        per_unit: stored numbers per reflectance of 1; None where the product does not say.
        source: who says so; empty where nobody does.
        note: what to tell people besides.
    """

    shifts: tuple[float, ...]
    per_unit: float | None = None
    source: str = ""
    note: str = ""


@frozen(kw_only=True)
class ProductImage:
    """An image file of a product and what lies beside it.

    Attributes:
        file: the raster.
        name: what GDAL opened it by.
        item: the STAC item beside it.
        bands: number in the file -> name of the sensor's band.
        spec: the sensor.
        day: the date of the image.
    """

    file: DatasetReader
    name: str
    item: StacFile | None
    bands: dict[int, str]
    spec: SensorSpec
    day: dt.date | None

    def offset(self) -> ProductOffset:
        """What the tags, the product's metadata or the item say is to be added; nothing where none does."""
        if self.was_applied():
            return self._nothing()
        return self._of_tags() or self._of_metadata() or self._of_item()

    def was_applied(self) -> bool | None:
        """Whether an offset was taken off already, by tag or item; None where neither says so."""
        applied: Any = None if self.item is None else self.item.value("boa_offset_applied")
        for key, text in self.file.tags().items():
            # GDAL takes the first colon of a key for the end of it.
            match = _APPLIED_TAG.search(f"{key}={text}")
            applied = match[1] if match else applied
        return None if applied is None else str(applied).strip().lower() in ("true", "1", "yes")

    def _nothing(self, note: str = "") -> ProductOffset:
        return ProductOffset(shifts=(0.0,) * len(self.bands), note=note)

    def _of_tags(self) -> ProductOffset | None:
        found = [self._tagged(number, name) for number, name in self.bands.items()]
        known = tuple(value for value in found if value is not None)
        if len(known) < len(found):
            return None
        per_unit = [text for key, text in self.file.tags().items() if _QUANTIFICATION_TAG.fullmatch(key)]
        return ProductOffset(
            shifts=known, per_unit=float(per_unit[0]) if per_unit else None, source="its tag BOA_ADD_OFFSET"
        )

    def _tagged(self, number: int, name: str) -> float | None:
        """What the tags of a band, or of the file, say is to be added to a band's numbers."""
        for tags in (self.file.tags(number), self.file.tags()):
            matches = {key: match for key in tags if (match := _OFFSET_TAG.fullmatch(key))}
            of_band = [key for key, match in matches.items() if match["band"] and _plain(match["band"]) == _plain(name)]
            for key in (*of_band, *(key for key, match in matches.items() if not match["band"])):
                values = _NUMBER.findall(tags[key])
                if values and len(values) == self.file.count:
                    return float(values[number - 1])
                if len(set(values)) == 1:
                    return float(values[0])
        return None

    def _of_metadata(self) -> ProductOffset | None:
        product = product_metadata(self.name)
        if product is None:
            return None
        if None not in (self.day, product.day) and self.day != product.day:
            return self._nothing(f"{product.path.name} beside it is of {product.day}, and was not asked for its offset")
        return ProductOffset(
            shifts=tuple(product.offsets.get(name, 0.0) for name in self.bands.values()),
            per_unit=product.quantification,
            source=f"BOA_ADD_OFFSET in {product.path.name}" if product.offsets else "",
        )

    def _of_item(self) -> ProductOffset:
        baseline, usual = self._baseline(), self.spec.product_offset
        since = baseline >= BASELINE if baseline is not None else self.day is not None and self.day >= SINCE
        if self.was_applied() is False and since:
            return ProductOffset(shifts=(-usual,) * len(self.bands), source="boa_offset_applied=false")
        if self.was_applied() is None and baseline is not None and since:
            return self._nothing(
                f"the item beside it names processing baseline {baseline:05.2f}, whose products hold {usual:g} more, "
                f"but not whether that was taken off: --offset {-usual:g} if not"
            )
        return self._nothing()

    def _baseline(self) -> float | None:
        try:
            return float(str(self.item.value("processing_baseline"))) if self.item is not None else None
        except ValueError:
            return None


def _plain(band: str) -> str:
    return re.sub(r"^B0*", "", band.upper())
