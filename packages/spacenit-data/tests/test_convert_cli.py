"""`data convert`: its summary, its codecs, and what it says of bad input."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from click.testing import CliRunner, Result

from spacenit_core.errors import DataError, UserError
from spacenit_data.cli import data

from .converting import expected_array
from .goldens import raw_world


@pytest.mark.parametrize("codec", ["gzip", "lz4", "none"])
def test_codecs(world: tuple[Path, dict], tmp_path: Path, codec: str) -> None:
    arguments = [str(world[0]), "--out", str(tmp_path), "--modalities=[sentinel2_l2a]", f"--compression={codec}"]
    result = invoke(*arguments, "--shuffle", "--tile-size=256", "--workers=1")
    assert result.exit_code == 0, result.output
    folder = next(tmp_path.glob("*/*/*"))
    name = {"gzip": "_gzip_4", "lz4": "_lz4", "none": ""}[codec]
    assert folder.parts[-3] == f"h5py_data_w_missing_timesteps{name}_shuffle_256_x_1"
    with h5py.File(folder / "sample_0.h5") as file:
        expected = expected_array("sentinel2_l2a", world[1][raw_world.A, "sentinel2_l2a"][1])
        np.testing.assert_array_equal(file["sentinel2_l2a"], expected)


def invoke(*arguments: str) -> Result:
    """Run `data convert`; errors that have an explanation become the exit code that the command line gives them."""
    result = CliRunner().invoke(data, ["convert", *arguments, "--trust-units"], terminal_width=200)
    if isinstance(result.exception, DataError | UserError):
        result.exit_code = result.exception.exit_code
        result.output_bytes = (result.output + str(result.exception)).encode()
    return result


def test_command_prints_a_summary(world: tuple[Path, dict], tmp_path: Path) -> None:
    arguments = [str(world[0]), "--out", str(tmp_path), "--sensors", "sentinel2_l2a,srtm", "--tile-size", "256"]
    result = invoke(*arguments, "--workers", "2")
    assert result.exit_code == 0, result.output
    for text in ("2 samples from 4 sources", "2 with fewer than 12 images", "NaN or infinite pixels: 1", "the set: "):
        assert text in result.output
    result = invoke(*arguments, "--workers", "1")
    assert result.exit_code == 0 and "2 of them were there" in result.output


def test_a_raster_that_cannot_be_read_stops_the_conversion(raw: Path, tmp_path: Path) -> None:
    victim = raw / "10_sentinel2_l2a_monthly" / "EPSG:32610_151_-2089_20.tif"
    whole = victim.read_bytes()
    victim.unlink()
    victim.write_bytes(whole[: len(whole) // 2])
    settings = ["--modalities=sentinel2_l2a,worldcover", "--min-steps=9", "--workers=1"]
    arguments = [str(raw), "--out", str(tmp_path), *settings]
    result = invoke(*arguments)
    assert result.exit_code == 1 and f"{victim} cannot be read" in result.output
    assert not list(tmp_path.glob("*/*/*/sample_*"))
    skipped = invoke(*arguments, "--on-error", "skip")
    assert skipped.exit_code == 1 and "1 of 4 sources could not be read" in skipped.output
    assert "failed: tile EPSG:32610_151_-2089" in skipped.output
    assert len(list(tmp_path.glob("*/*/12/sample_*.h5"))) == 12
    # What was converted before the failure is not converted again.
    assert "(4 of them were there)" in skipped.output
    assert invoke(*arguments).exit_code == 1
    victim.write_bytes(whole)
    assert invoke(*arguments).exit_code == 0
    assert len(list(tmp_path.glob("*/*/16/sample_*.h5"))) == 16


def test_mistakes_in_the_command(world: tuple[Path, dict], tmp_path: Path) -> None:
    root, out = str(world[0]), ["--out", str(tmp_path)]
    for arguments, message in [
        (["/nowhere"], "there is no folder /nowhere"),
        ([root, "--modalities", "sentinel2_l2b"], "sentinel2_l2a"),
        ([root, "--modalities", "ndvi,sentinel2_l2a"], "ndvi is in no file"),
        ([root, "--modalities", "latlon,sentinel2_l2a"], "has no files of latlon"),
        ([root, "--modalities", "cdl,sentinel2_l2a"], "10_cdl.csv is missing"),
        ([root, "--modalities", "srtm,sentinel2_l2a", "--required", "landsat"], "'landsat' is not converted"),
        ([root, "--tile-size", "100"], "tile sizes that fit are 256, 128, 64, 32"),
        ([root, "--compression", "zip"], "unknown compression 'zip'"),
        ([root, "--compression-opts", "40"], "zstd has no level 40"),
        ([str(tmp_path)], "no CSV of a series of images"),
        ([], "Name the folder of a raw data set"),
        ([root, "--from-h5", root], "Name the folder of a raw data set"),
        (["--from-h5", root], "--from-h5 needs --out"),
        (["--from-h5", root, "--min-steps", "3"], "--min-steps is for raw tiles"),
    ]:
        result = invoke(*arguments, *([] if "--from-h5" in arguments else out))
        assert result.exit_code == 2 and message in result.output, (arguments, result.output)
    assert not any(tmp_path.iterdir())
