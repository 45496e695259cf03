"""A plot of one sample: a row of images per sensor with a time axis, maps side by side below."""

import io
from collections.abc import Sequence
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg

from spacenit_core.checkpoint.files import write_atomically
from spacenit_core.errors import UserError
from spacenit_core.kinds.sensors import SENSORS
from spacenit_data.sample_set import find_set, installed_spec
from spacenit_data.view.draw import draw
from spacenit_data.view.plot import PlottedSample, PlottedSensor, read_plotted

__all__ = ["PlottedSample", "PlottedSensor", "draw", "read_plotted", "view_sample"]


def view_sample(
    folder: Path | str,
    number: int,
    out: Path | str,
    *,
    sensors: Sequence[str] = (),
    bands: Sequence[str] | None = None,
    months_from: int = 0,
) -> Path:
    """Draw one sample into a PNG file.

    Args:
        folder: the set's folder, or one above it.
        number: the sample's number.
        out: the PNG file.
        sensors: names of the sensors to show; all if empty.
        bands: the red, green and blue band, for sensors that have them.
        months_from: the number of January in the set's timestamps, 0 or 1.

    Raises:
        UserError: if there is no such set, sample, sensor or band.
        DataError: if the sample cannot be read.
    """
    sample = read_plotted(find_set(folder), number, sensors, months_from=months_from)
    _check_bands(bands or (), sample)
    figure = draw(sample, bands)
    buffer, out = io.BytesIO(), Path(out)
    FigureCanvasAgg(figure).print_png(buffer)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(out, buffer.getvalue())
    except OSError as error:
        raise UserError(f"{out} cannot be written: {error}", "name another file with --out") from error
    return out


def _check_bands(bands: Sequence[str], sample: PlottedSample) -> None:
    """Sensors without these bands are shown in others; but some sensor must have each."""
    known = {band for item in sample.sensors for band in item.bands}
    known.update(band for spec in map(installed_spec, SENSORS.names()) if spec is not None for band in spec.bands)
    for band in bands:
        if band not in known:
            there = "; ".join(f"{item.name}: {', '.join(item.bands)}" for item in sample.sensors)
            raise UserError(f"no sensor has a band {band!r}", f"the sample has {there}")
