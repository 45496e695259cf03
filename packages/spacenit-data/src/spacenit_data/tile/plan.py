"""Which tiles became samples, and what of: kept beside them, to tell the set from others and to complete it."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from attrs import asdict, frozen

from spacenit_core.checkpoint.files import write_atomically
from spacenit_core.errors import DataError
from spacenit_data.file_state import meaning_of, state_of
from spacenit_data.rasters.opening import OPEN
from spacenit_data.rasters.source import file_of, resolved
from spacenit_data.tile.cut import Position
from spacenit_data.tile.facts import SensorFacts, TilesFound
from spacenit_data.tile.rasters import Raster
from spacenit_data.tile.settings import TileSettings

PLAN_JSON = "tiling.json"
"""The file that says what a set was tiled from."""


@frozen(kw_only=True)
class TilePlan:
    """The samples to write.

    Attributes:
        fingerprint: of the files and settings that they follow from.
        positions: one per sample, in order.
        empty: tiles without any pixel.
        sparse: tiles with fewer valid pixels than asked for.
        sensors: what the samples hold.
    """

    fingerprint: str
    positions: tuple[Position, ...]
    empty: int
    sparse: int
    sensors: dict[str, SensorFacts]

    @classmethod
    def of(cls, fingerprint: str, positions: Sequence[Position], found: TilesFound) -> "TilePlan":
        """From what was found in all tiles.

        Args:
            fingerprint: of the files and settings.
            positions: all tiles.
            found: what was found in them.

        Raises:
            DataError: if no tile holds enough pixels.
        """
        samples = found.samples()
        empty = sum(valid == 0.0 for valid in found.valid.values())
        if not samples:
            raise DataError(
                f"none of {len(positions)} tiles has enough pixels ({empty} have none at all)",
                "check what the files call nodata, or lower --min-valid",
            )
        return cls(
            fingerprint=fingerprint,
            positions=tuple(positions[tile] for tile in samples),
            empty=empty,
            sparse=len(positions) - empty - len(samples),
            sensors=found.sensors,
        )

    @classmethod
    def load(cls, path: Path) -> "TilePlan | None":
        """The plan in a file; None where there is none that can be read."""
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            return cls(
                fingerprint=data["fingerprint"],
                positions=tuple((int(n), int(row), int(column)) for n, row, column in data["positions"]),
                empty=data["empty"],
                sparse=data["sparse"],
                sensors={name: SensorFacts(**facts) for name, facts in data["sensors"].items()},
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def save(self, path: Path, inputs: dict[str, Any]) -> None:
        """Write the plan, with what it follows from."""
        content = {
            "fingerprint": self.fingerprint,
            **inputs,
            "empty": self.empty,
            "sparse": self.sparse,
            "sensors": {name: facts.as_json() for name, facts in self.sensors.items()},
            "positions": self.positions,
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, (json.dumps(content, indent=1) + "\n").encode())


def describe_inputs(rasters: Sequence[Raster], settings: TileSettings) -> dict[str, Any]:
    """What a set is tiled from, as plain data: two runs with equal inputs write equal sets.

    Raises:
        DataError: if a file cannot be opened any more.
    """
    files = []
    for raster in rasters:
        # Besides the file itself: its mask, what is noted beside it, and what a virtual raster refers to.
        with OPEN.get(raster.path) as opened:
            own = (file_of(source) for source in (raster.path, *(mask.source for mask in raster.masks if mask.source)))
            parts = sorted({*opened.files, *map(str, filter(None, own))})
        files.append(
            {
                "path": resolved(raster.path),
                "states": {part: state_of(Path(part)) for part in parts},
                "sensor": raster.sensor.name,
                "date": raster.date.isoformat() if raster.date else None,
                "bands": {raster.sensor.bands[c]: n for c, n in zip(raster.channels, raster.file_bands, strict=True)},
                "scale": raster.conversion.scale,
                "offset": raster.conversion.offset,
                "masks": [asdict(mask) for mask in raster.masks],
            }
        )
    meanings = {raster.sensor.name: meaning_of(raster.sensor) for raster in rasters}
    return {"files": files, "meanings": meanings, "settings": asdict(settings)}


def what_changed(path: Path, inputs: dict[str, Any]) -> str:
    """In what the set of a plan differs from inputs, for a message; empty where nothing can be told."""
    try:
        before = json.loads(path.read_text(encoding="utf-8"))
        states = {part: state for item in before["files"] for part, state in item["states"].items()}
        read = {_how_read(item) for item in before["files"]}
        settings, meanings = before["settings"], before["meanings"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ""
    now = {part: state for item in inputs["files"] for part, state in item["states"].items()}
    inputs = json.loads(json.dumps(inputs))
    new = [item["path"] for item in inputs["files"] if _how_read(item) not in read]
    changed = sorted(part for part in now if part in states and states[part] != now[part])
    moved = sorted(now.keys() ^ states.keys())
    sensors = [name for name, meaning in inputs["meanings"].items() if meanings.get(name, meaning) != meaning]
    other = [name for name, value in inputs["settings"].items() if settings.get(name) != value]
    differences = [f"{changed[0]} has changed since ({len(changed)} files)"] if changed else []
    differences += [f"{new[0]} was not read, or in other bands, units or masks ({len(new)} files)"] if new else []
    differences += [f"{moved[0]} has come or gone since ({len(moved)} files)"] if moved and not new else []
    differences += [f"the sensor {name} is declared otherwise than then" for name in sensors]
    differences += [f"--{name.replace('_', '-')} was another" for name in other]
    return "; ".join(differences) or "files were listed in another order"


def _how_read(item: dict[str, Any]) -> str:
    """What is read of a file, and how its numbers are taken, as text that can be compared."""
    return json.dumps({**item, "states": None}, sort_keys=True)


def fingerprint_of(inputs: dict[str, Any]) -> str:
    """A hash of `describe_inputs`."""
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()
