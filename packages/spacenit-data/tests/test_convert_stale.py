"""A conversion notices that its files have changed since they were read."""

import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
import rasterio
from attrs import evolve

from spacenit_core.errors import UserError
from spacenit_data.convert.prepare import from_raw
from spacenit_data.convert.staging import Staging
from spacenit_data.file_state import meaning_of

from .converting import SMALL, convert

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")

WORLDCOVER = "10_worldcover/EPSG:32633_180_-2000_10.tif"


@pytest.fixture
def raw(world: tuple[Path, dict], tmp_path: Path) -> Path:
    shutil.copytree(world[0], tmp_path / "raw")
    return tmp_path / "raw"


def rewrite(path: Path, value: int) -> None:
    """Other pixels in the same place."""
    with rasterio.open(path, "r+") as file:
        file.write(np.full_like(file.read(), value))


def stored(folder: Path) -> set[float]:
    codes: set[float] = set()
    for path in folder.glob("sample_*.h5"):
        with h5py.File(path) as file:
            if "worldcover" in file:
                codes.update(np.unique(file["worldcover"]).tolist())
    return codes


def test_changed_rasters_are_noticed(raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = convert(raw, out, SMALL)
    assert convert(raw, out, SMALL).written == 0
    beside = raw / f"{WORLDCOVER}.aux.xml"
    beside.write_text("<PAMDataset/>")
    with pytest.raises(UserError, match="changed since"):
        convert(raw, out, SMALL)
    beside.unlink()
    rewrite(raw / WORLDCOVER, 95)
    with pytest.raises(
        UserError, match=r"made from files that have changed since: those of 1 of . sources, first tile"
    ):
        convert(raw, out, SMALL)
    shutil.rmtree(first.folder)
    assert 95 in stored(convert(raw, out, SMALL).folder)


def test_what_changed_while_it_was_interrupted_is_converted_again(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Staging, "begin_moving", stop)
        with pytest.raises(KeyboardInterrupt):
            convert(raw, tmp_path / "out", SMALL)
    rewrite(raw / WORLDCOVER, 95)
    report = convert(raw, tmp_path / "out", SMALL)
    assert report.written == 1 and 95 in stored(report.folder)


def test_another_meaning_of_a_sensor_is_another_conversion(raw: Path, tmp_path: Path) -> None:
    conversion = from_raw(raw, tmp_path / "out", SMALL)
    specs = [evolve(spec, raw_nodata=(*spec.raw_nodata, 95.0)) for spec in conversion.produce.sensors]
    changed = evolve(conversion, description={**conversion.description, "specs": [meaning_of(s) for s in specs]})
    assert conversion.fingerprint() != changed.fingerprint()
