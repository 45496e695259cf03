"""Pictures of all kinds of sensors."""

from pathlib import Path

import numpy as np
import pytest
import torch

from spacenit_core.samples.batch import Batch
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.visibility import DECODE, ENCODE, MISSING
from spacenit_core.sensors.selection import SensorSet
from spacenit_train.plots import draw_masks, write_png


@pytest.mark.parametrize(
    "names", [["sentinel2_l2a", "era5_10", "latlon", "srtm", "worldcover"], ["naip_10"], ["latlon"]]
)
def test_sensors_with_and_without_grid_and_time_are_drawn(tmp_path: Path, names: list[str]) -> None:
    sensors = SensorSet.of(names)
    layout = TokenLayout.of(sensors, rows=2, columns=2, timesteps=3, patch_size=2)
    rng = np.random.default_rng(0)
    pixels = {spec.name: torch.from_numpy(rng.random((1, *spec.shape(4, 4, 3)), np.float32)) for spec in sensors}
    visibility = torch.from_numpy(rng.choice([ENCODE, DECODE, MISSING], (2, 1, len(layout))).astype(np.uint8))
    visibility[1][visibility[0] == MISSING] = MISSING
    times = torch.tensor([[[1, month, 2020] for month in range(3)]])
    batch = Batch(pixels=pixels, timestamps=times, layout=layout, visibility=visibility)
    figure = draw_masks(batch, 0, title="a sample")
    columns = sum(3 if spec.temporal else 1 for spec in sensors)
    assert len(figure.axes) == 3 * columns
    write_png(figure, tmp_path / "new" / "picture.png")
    assert (tmp_path / "new" / "picture.png").read_bytes().startswith(b"\x89PNG")
