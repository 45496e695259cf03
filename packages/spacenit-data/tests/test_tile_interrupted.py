"""Tiles are read once, and a tiling that is stopped anywhere goes on to the same bytes."""

import contextlib
import json
import pkgutil
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spacenit_core.errors import DataError, UserError
from spacenit_data.tile import TileReport, TileSettings, cut, tile_rasters
from spacenit_data.tile.staging import Staging

from .tiling import OPTICAL, request, write_raster

SETTINGS = TileSettings(tile_size=16, min_valid=0.3)


@pytest.fixture
def raster(tmp_path: Path) -> Path:
    """Of sixteen tiles one is empty and one is too sparse."""
    values = np.random.default_rng(4).integers(1, 99, (2, 64, 64)).astype(np.uint8)
    values[:, :16, :16] = 0
    values[:, 16:30, 16:32] = 0
    return write_raster(tmp_path / "a.tif", values, "EPSG:32633", 5e5, 5e6, 10.0, nodata=0)


def run(raster: Path, out: Path, **changes: Any) -> TileReport:
    return tile_rasters([request(OPTICAL, raster, **changes)], out, SETTINGS)


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_every_tile_is_read_once(raster: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read, original = list[tuple[int, int]](), cut.read_onto

    def counted(item: Any, grid: Any, row: int, column: int, settings: TileSettings) -> Any:
        read.append((row, column))
        return original(item, grid, row, column, settings)

    monkeypatch.setattr(cut, "read_onto", counted)
    report = run(raster, tmp_path / "out")
    assert (report.samples, report.written, report.empty, report.sparse) == (14, 14, 1, 1)
    assert sorted(read) == [(row, column) for row in range(0, 64, 16) for column in range(0, 64, 16)]
    assert list((tmp_path / "out").iterdir()) == [report.folder.parents[1]]


@pytest.mark.parametrize(
    ("target", "call"),
    [
        ("spacenit_data.tile.set_maker.write_atomically", 0),
        ("spacenit_data.tile.set_maker.write_atomically", 5),
        ("spacenit_data.tile.staging.Staging.add", 7),
        ("spacenit_data.tile.staging.Staging.number", 0),
        ("spacenit_data.h5.writer.H5SetWriter.adopt", 0),
        ("spacenit_data.h5.writer.H5SetWriter.adopt", 6),
        ("spacenit_data.h5.metadata.write_atomically", 1),
        ("spacenit_data.tile.staging.os.rename", 0),
        ("spacenit_data.tile.staging.Staging.remove", 0),
    ],
)
def test_stopped_anywhere_it_goes_on_to_the_same_bytes(
    raster: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, call: int
) -> None:
    expected, out = content(run(raster, tmp_path / "whole").folder), tmp_path / "out"
    calls: list[str] = []
    with monkeypatch.context() as patched, contextlib.suppress(KeyboardInterrupt):
        original = pkgutil.resolve_name(target)

        def stopped(*args: Any, **kwargs: Any) -> Any:
            calls.append(target)
            if len(calls) > call:
                raise KeyboardInterrupt
            return original(*args, **kwargs)

        patched.setattr(target, stopped)
        run(raster, out)
    assert len(calls) == call + 1
    finished = list(out.glob("*/*/*/sample_metadata.csv"))
    assert bool(finished) == target.endswith("remove")
    assert content(run(raster, out).folder) == expected
    assert len(list(out.iterdir())) == 1


def test_a_set_in_the_way_is_named_and_what_was_cut_is_kept(raster: Path, tmp_path: Path) -> None:
    first = run(raster, tmp_path / "out")
    with pytest.raises(UserError, match=r"delete that folder and repeat the command \(what was cut is kept in "):
        run(raster, tmp_path / "out", scale=2.0)
    first.folder.rename(tmp_path / "elsewhere")
    again = run(raster, tmp_path / "out", scale=2.0)
    assert (again.samples, again.written) == (14, 0)


def test_unfinished_work_of_others_is_named(raster: Path, tmp_path: Path) -> None:
    run(raster, tmp_path / "out")
    with pytest.raises(UserError):
        run(raster, tmp_path / "out", scale=2.0)
    smaller = tile_rasters([request(OPTICAL, raster)], tmp_path / "out", TileSettings(tile_size=32))
    assert any(".unfinished-tiling-" in remark and "delete it" in remark for remark in smaller.remarks)


def test_nothing_is_left_where_no_tile_has_enough(tmp_path: Path) -> None:
    empty = write_raster(tmp_path / "a.tif", np.ones((2, 32, 32), np.uint8), "EPSG:32633", 5e5, 5e6, 10.0, nodata=1)
    with pytest.raises(DataError):
        run(empty, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_second_process_is_refused_and_disturbs_nothing(raster: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    folder = run(raster, out).folder
    work = json.loads((folder / "tiling.json").read_text())["fingerprint"]
    shutil.rmtree(folder)
    first = Staging(out, work)
    with first.opened():
        with pytest.raises(UserError, match="another tiling is writing"):
            run(raster, out)
        # It has not written a sample yet.
        assert first.set_folder.is_dir()
    assert run(raster, out).written == 14


def test_a_lost_sample_of_unfinished_work_is_cut_again(
    raster: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = content(run(raster, tmp_path / "whole").folder)

    def stopped(*args: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, contextlib.suppress(KeyboardInterrupt):
        patched.setattr(Staging, "number", stopped)
        run(raster, tmp_path / "out")
    next((tmp_path / "out").glob("*/set/tile_7.h5")).unlink()
    report = run(raster, tmp_path / "out")
    assert report.written == 1 and content(report.folder) == expected
