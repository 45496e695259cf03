"""The files that describe a set: sensors per sample, centres, codec, places."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spacenit_core.checkpoint.files import sync_folder, write_atomically
from spacenit_data.h5.compression import Compression

if TYPE_CHECKING:
    from spacenit_data.h5.writer import SampleRecord

METADATA_CSV = "sample_metadata.csv"
LATLON_NPY = "latlon_distribution.npy"
SETTINGS_JSON = "compression_settings.json"
LOCATIONS_CSV = "sample_locations.csv"


def _csv_bytes(header: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


def write_metadata(
    folder: Path, sensor_names: Sequence[str], compression: Compression, records: Sequence["SampleRecord"]
) -> None:
    """Write the four files; ``sample_metadata.csv``, without which no reader opens the set, comes last."""
    latlon = io.BytesIO()
    np.save(latlon, np.array([record.latlon for record in records], np.float64))
    write_atomically(folder / LATLON_NPY, latlon.getvalue())
    write_atomically(folder / SETTINGS_JSON, (json.dumps(compression.settings, indent=2) + "\n").encode())
    places = [(r.index, r.location.crs, r.location.left, r.location.top, r.location.gsd) for r in records if r.location]
    if places:
        write_atomically(folder / LOCATIONS_CSV, _csv_bytes(("sample_index", "crs", "left", "top", "gsd"), places))
    rows = [(r.index, *(int(name in r.sensors) for name in sensor_names)) for r in records]
    write_atomically(folder / METADATA_CSV, _csv_bytes(("sample_index", *sensor_names), rows))
    sync_folder(folder)
