"""How names of bands are compared: case, blanks, zeros, common words, and what may stand around a name."""

import re
from collections.abc import Iterable, Mapping, Sequence

from attrs import frozen

from spacenit_core.errors import UserError
from spacenit_core.sensors.spec import SensorSpec

SAME = {
    "r": "red",
    "g": "green",
    "b": "blue",
    "n": "nir",
    "ir": "nir",
    "infrared": "nir",
    "nearinfrared": "nir",
    "coastalaerosol": "coastal",
    "coastalblue": "coastal",
    "aerosol": "coastal",
    "aerosols": "coastal",
    "ultrablue": "coastal",
    "swir1": "swir16",
    "swir2": "swir22",
    "shortwaveinfrared1": "swir16",
    "shortwaveinfrared2": "swir22",
    "panchromatic": "pan",
}
"""Words of one meaning, whatever the sensor."""

_ANYWHERE = (
    "band bands channel layer image raster variable value values data of the in m um nm micrometers nanometers central",
    "wavelength surface reflectance refl radiance digital number dn scaled raw mean median composite mosaic monthly",
    "month int16 uint16 float32 db linear natural power intensity amplitude backscatter coefficient polarisation",
    "polarization pol sigma sigma0 sigmanaught sigmanought gamma gamma0 gammanaught gammanought beta0 naught nought 0",
    "terrain corrected calibrated filtered light spectral infrared short wave shortwave",
    "resampled reprojected warped clip clipped crop cropped subset tile scene img hls",
)
AROUND = frozenset(word for line in _ANYWHERE for word in line.split())
"""Words that say nothing about which band it is. Others, such as those of statistics and masks, may say that it is none
(VV_std, VV_mask)."""

OTHER_NAME = 2
"""From here on the ranks of what `BandSpellings.find` finds are not the band's own name."""

NEAR = 10.0, 0.01
"""Nanometres, and share of the wavelength, by which sensors of one series and what people write of them differ."""

WHOLE = frozenset({"infrared", "ir", "n"})
"""Words that name a band alone, and not as parts of longer names (`thermal infrared`)."""

LONGEST = 6
"""Words of a band's name at most."""

_UNITS = {"n": 1.0, "m": 1000.0, "u": 1000.0, "µ": 1000.0, "μ": 1000.0}
_WAVELENGTH = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)\s*(nm|nanomet|um|µm|μm|micromet|micron)", re.IGNORECASE)

_LABEL = re.compile(r"\d+(?:\.\d+)?(?:m|um|nm)?|(?=.*\d)(?:[a-z0-9]{5,}|[a-f0-9]{4})|[nrtv]\d+m?")
"""Numbers, lengths, dates, identifiers, and what products count: baseline, orbit, tile, version."""


def words(name: str) -> list[str]:
    """The words of a name, in lower case, without leading zeros; `Band 08A` is `["b8a"]`."""
    plain = re.sub(r"(?<![0-9])0+(?=[0-9])", "", name.lower())
    plain = re.sub(r"\bband[\s_#-]*0*(\d+a?)\b", r"b\1", plain.replace("_", " "))
    return re.findall(r"[a-z0-9]+", plain)


def key(name: str) -> str:
    """What equal names have in common: `B08`, `b8` and `Band 8`; `near infrared` and `NIR`."""
    joined = "".join(words(name))
    return SAME.get(joined, joined)


_FILE = re.compile(r"(?:.*[/\\])?([^/\\]+)\.(?:tiff?|jp2|img|vrt|nc)", re.IGNORECASE)


def _without_path(name: str) -> str:
    """The bare name of a file, where a name is one: tools that stack files call bands by them."""
    match = _FILE.fullmatch(name)
    return name if match is None else match[1]


@frozen
class BandSpellings:
    """Finds the band of a sensor that a name means.

    Attributes:
        exact: own name in lower case -> band.
        own: key of the own name -> band.
        others: key of another name -> band.
        around: words that may stand beside a name.
        nanometres: band -> central wavelength.
    """

    exact: Mapping[str, str]
    own: Mapping[str, str]
    others: Mapping[str, str]
    around: frozenset[str]
    nanometres: Mapping[str, float]

    @classmethod
    def of(cls, sensor: SensorSpec) -> "BandSpellings":
        """What files may call the bands of a sensor.

        Raises:
            UserError: if it states names of bands that it does not have.
        """
        foreign = sensor.naming.foreign(sensor.bands)
        if foreign:
            raise UserError(
                f"sensor {sensor.name!r} states other names of a band {foreign[0]!r} that it does not have",
                f"its bands are {', '.join(sensor.bands)}: mend `naming` in its SensorSpec",
            )
        other = ((key(text), band) for band, names in sensor.naming.others.items() for text in names)
        stated = {word for text in (sensor.name, *sensor.naming.around) for word in (key(text), *words(text))}
        return cls(
            exact={band.lower(): band for band in sensor.bands},
            own=_only_once((key(band), band) for band in sensor.bands),
            others=_only_once(other),
            around=AROUND | stated,
            nanometres=sensor.naming.nanometres,
        )

    def find(self, name: str) -> tuple[int, str] | None:
        """The band that a name means; None where it means none.

        Returns:
            How sure that is, and the band: 0 for its own name, 1 up to blanks and zeros, 2 for another name of it
            (`OTHER_NAME`), 3 for one within a longer name, 4 for its wavelength.
        """
        name = _without_path(name.strip())
        found = self.exact.get(name.lower())
        if found is not None:
            return 0, found
        whole = key(name)
        for rank, table in enumerate((self.own, self.others), start=1):
            if whole in table:
                return rank, table[whole]
        inside, near = self._inside(name), self._at_wavelength(name)
        if inside is not None:
            return None if near is not None and near != inside else (3, inside)
        return None if near is None else (4, near)

    def _inside(self, name: str) -> str | None:
        """The band whose name is a part of a longer one, where nothing else in it says that it is another thing."""
        parts = words(name)
        hits: list[tuple[int, int, str]] = []
        for length in range(min(LONGEST, len(parts)), 0, -1):
            for start in range(len(parts) - length + 1):
                piece = "".join(parts[start : start + length])
                piece = piece if piece in WHOLE else SAME.get(piece, piece)
                band = self.own.get(piece) or self.others.get(piece)
                within = any(first <= start and start + length <= end for first, end, _ in hits)
                if band is not None and not within:
                    hits.append((start, start + length, band))
        rest = [word for place, word in enumerate(parts) if not any(first <= place < end for first, end, _ in hits)]
        bands = {band for _, _, band in hits}
        harmless = all(word in self.around or _LABEL.fullmatch(word) for word in rest)
        return bands.pop() if len(bands) == 1 and harmless else None

    def _at_wavelength(self, name: str) -> str | None:
        """The band whose wavelength a name tells: `490 nm`, `0.49 Micrometers`, or the number alone."""
        match = _WAVELENGTH.search(name)
        if match is not None:
            wavelength = float(match[1]) * _UNITS[match[2][0].lower()]
        elif re.fullmatch(r"\d{3,5}(\.\d+)?", name.strip()):
            wavelength = float(name)
        else:
            return None
        off = {band: abs(wavelength - nanometres) for band, nanometres in self.nanometres.items()}
        nearest = min(off, key=lambda band: off[band], default=None)
        return nearest if nearest is not None and off[nearest] <= max(NEAR[0], NEAR[1] * wavelength) else None


def _only_once(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """What means one band only."""
    bands: dict[str, set[str]] = {}
    for text, band in pairs:
        bands.setdefault(text, set()).add(band)
    return {text: found.pop() for text, found in bands.items() if len(found) == 1}


_COUNTED = re.compile(r"(?P<what>band|layer|channel|image|raster|bnd|b)?[\s_#-]*0*(?P<number>\d+)", re.IGNORECASE)


def only_counts(names: Sequence[str], *, bare: bool = True) -> bool:
    """Whether names are places and no more: `Band 1`, `Band 2` ..., from 1 or from 0.

    Args:
        names: of all bands of a file, in its order.
        bare: whether `b1`, `b2` ... count too; they are names of some sensors' bands.
    """
    numbers = numbers_in(names, bare=bare)
    return len(numbers) == len(names) and numbers in (list(range(1, len(names) + 1)), list(range(len(names))))


def numbers_in(names: Sequence[str], *, bare: bool = True) -> list[int]:
    """The numbers of those names that are places and no more, as in `only_counts`."""
    found = [_COUNTED.fullmatch(name.strip()) for name in names]
    return [int(match["number"]) for match in found if match and (bare or (match["what"] or "").lower() != "b")]
