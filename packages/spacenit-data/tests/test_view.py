"""Pictures of samples, checked by their pixels."""

import io
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from matplotlib.image import imread

from spacenit_core.errors import UserError
from spacenit_data.cli.view import view
from spacenit_data.h5.writer import H5SetWriter, Location, SampleArrays
from spacenit_data.view import draw, read_plotted, view_sample
from spacenit_data.view.colors import images_of

SIZE, STEPS = 24, 4


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    rng = np.random.default_rng(0)
    slope = np.linspace(0, 1, SIZE)[:, None, None, None]
    optical = (1000 + 3000 * slope + rng.normal(size=(SIZE, SIZE, 3, 12)) * 100).astype(np.float32)
    optical[:6, :6] = -99999
    cover = np.where(np.indices((SIZE, SIZE))[1] < 12, 10, 80).astype(np.float32)[:, :, None, None]
    roads = np.zeros((SIZE, SIZE, 1, 30), np.float32)
    roads[10:12, :, 0, 12] = 1
    bands = {
        "sentinel2_l2a": optical,
        "sentinel1": rng.normal(-12, 3, (SIZE, SIZE, STEPS, 2)).astype(np.float32),
        "worldcover": cover,
        "openstreetmap_raster": roads,
        "srtm": np.full((SIZE, SIZE, 1, 1), -99999, np.float32),
        "era5_10": rng.normal(size=(STEPS, 6)).astype(np.float32),
        "mystery": rng.normal(size=(SIZE, SIZE, 1, 2)).astype(np.float32),
    }
    present = {"sentinel2_l2a": np.array([True, True, False, True]), "sentinel1": np.ones(STEPS, bool)}
    times = np.array([[1, month, 2020] for month in (0, 3, 6, 9)], np.int32)
    writer = H5SetWriter(tmp_path_factory.mktemp("set"), sorted(bands), count=1, tile_size=SIZE)
    place = Location("EPSG:32633", 5e5, 5.1e6, 10.0)
    sample = SampleArrays(
        bands=bands, present=present, timestamps=times, latlon=np.array([-46.05, 15.0], np.float32), location=place
    )
    writer.write(0, sample)
    return writer.finish()


def test_a_sample_with_everything_is_drawn(folder, tmp_path):
    path = view_sample(folder, 0, tmp_path / "new" / "sample.png")
    picture = imread(path)
    assert picture.shape[0] > 500 and picture.shape[1] > 500
    assert len(np.unique(picture.reshape(-1, picture.shape[-1]), axis=0)) > 1000
    assert len(list(path.parent.iterdir())) == 1


def test_what_is_shown_of_a_sample(folder):
    picture = read_plotted(folder, 0)
    assert "46.0500° S  15.0000° E" in picture.title and "0.24 km a side" in picture.title
    assert picture.dates == ("2020-01-01", "2020-04-01", "2020-07-01", "2020-10-01")
    shown = {item.name: item for item in picture.sensors}
    optical = shown["sentinel2_l2a"]
    assert optical.values.shape == (SIZE, SIZE, STEPS, 12) and np.isnan(optical.values[:, :, 2]).all()
    images, label, colors = images_of(optical, range(STEPS), None)
    assert label == "B04 B03 B02" and not colors.classes
    assert [bool(image[..., 3].any()) for image in images] == [True, True, False, True]
    assert (images[0][:6, :6, 3] == 0).all() and images[0][-1, :, 0].mean() > images[0][8, :, 0].mean()
    assert images_of(optical, [0], ("B08", "B04", "B03"))[1] == "B08 B04 B03"
    codes, _, classes = images_of(shown["worldcover"], [0], None)
    assert classes.classes == ("10", "80") and np.unique(codes[0]).tolist() == [0, 1]
    assert images_of(shown["openstreetmap_raster"], [0], None)[2].classes == ("none", "highway")
    assert images_of(shown["sentinel1"], [0], None)[1].startswith("vv")


def test_each_sensor_alone_can_be_drawn(folder):
    for item in read_plotted(folder, 0).sensors:
        figure = draw(read_plotted(folder, 0, [item.name.upper()]))
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png")
        assert buffer.tell() > 1000


def test_many_dates_are_thinned(tmp_path):
    steps = 40
    times = np.array([[1 + step % 28, step // 28, 2021] for step in range(steps)], np.int32)
    values = np.random.default_rng(1).normal(size=(8, 8, steps, 2)).astype(np.float32)
    writer = H5SetWriter(tmp_path, ["sentinel1"], count=1, tile_size=8)
    writer.write(0, SampleArrays(bands={"sentinel1": values}, timestamps=times, latlon=np.zeros(2, np.float32)))
    figure = draw(read_plotted(writer.finish(), 0))
    assert sum(bool(axes.images) for axes in figure.axes) == 12


def test_what_cannot_be_drawn(folder, tmp_path):
    with pytest.raises(UserError, match="has no sample 5"):
        view_sample(folder, 5, tmp_path / "a.png")
    with pytest.raises(UserError, match="sample 0 has no landsat"):
        view_sample(folder, 0, tmp_path / "a.png", sensors=["landsat"])
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot be written"):
        view_sample(folder, 0, tmp_path / "file" / "a.png")


def test_the_command(folder, tmp_path):
    runner = CliRunner()
    out = tmp_path / "a.png"
    done = runner.invoke(view, [str(folder), "0", "--out", str(out), "--sensor", "srtm", "--bands", "B08,B04,B03"])
    assert done.exit_code == 0 and out.read_bytes().startswith(b"\x89PNG")
    wrong = runner.invoke(view, [str(folder), "0", "--bands", "B08"])
    assert wrong.exit_code == 2 and "name three bands" in wrong.output
