"""Series that are longer than an encoder takes."""

import numpy as np
import pytest

from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.selection import SensorSet
from spacenit_evals.benchmarks.labelled_rasters.dates import DateCut, DateRule, chosen_steps

SENSORS = SensorSet.of(["sentinel2_l2a", "sentinel1", "srtm"])


def test_a_row_of_dates_lies_within_what_the_sample_holds() -> None:
    optical, radar = np.zeros(30, dtype=bool), np.zeros(30, dtype=bool)
    optical[[3, 9, 20]], radar[[5, 25]] = True, True
    assert chosen_steps([optical, radar], 30, 12, "last").tolist() == list(range(14, 26))
    assert chosen_steps([optical, radar], 30, 12, "first").tolist() == list(range(3, 15))
    assert chosen_steps([optical, radar], 30, 3, "spread").tolist() == [3, 9, 25]
    assert chosen_steps([optical, radar], 30, 12, "spread").tolist() == [3, 5, 9, 20, 25]
    assert chosen_steps([], 30, 2, "spread").tolist() == [0, 29]
    assert len(chosen_steps([~optical & False], 30, 12, "last")) == 12


@pytest.mark.parametrize("rule", ["last", "first", "spread"])
def test_a_cut_keeps_each_date_with_its_image(rule: DateRule) -> None:
    present = np.arange(20) % 3 != 0
    dates = np.stack([np.ones(20), np.arange(20) % 12, 2020 + np.arange(20) // 12], axis=1).astype(int)
    tile = SampleWindow(
        index=0,
        bands={
            "sentinel1": np.flatnonzero(present)[None, None, :, None] * np.ones((2, 2, 1, 2), np.float32),
            "srtm": np.ones((2, 2, 1, 1), np.float32),
        },
        present={"sentinel1": present, "srtm": np.ones(1, dtype=bool)},
        timestamps=dates,
        latlon=np.zeros(2, np.float32),
    )
    cut = DateCut(12, rule)
    kept = cut(tile, SENSORS)
    months = kept.timestamps[:, 1] + 12 * (kept.timestamps[:, 2] - 2020)
    assert len(months) == 12 and (np.diff(months) > 0).all()
    assert (np.diff(months) == 1).all() == (rule != "spread")
    np.testing.assert_array_equal(kept.bands["sentinel1"][0, 0, :, 0], months[kept.present["sentinel1"]])
    assert kept.bands["srtm"] is tile.bands["srtm"] and kept.present["srtm"].shape == (1,)
    assert (cut.cut, cut.longest) == (1, 20) and "12 of up to 20 dates" in str(cut)
    assert DateCut(20, rule)(tile, SENSORS) is tile
