"""A sensor whose statistics are another data set's is refused before anything is learned from it."""

import sys

import numpy as np
import pytest
from click.testing import CliRunner

from spacenit_core.errors import DataError
from spacenit_data.h5.writer import H5SetWriter, SampleArrays
from spacenit_train.cli.prep import prep
from spacenit_train.cli.train import train

CAMERA = """
from spacenit_core.sensors.spec import BandGroup, MeanStd, SensorSpec

# The statistics that `plugins new --kind sensors` writes.
CAMERA = SensorSpec(
    name="camera",
    band_groups=(BandGroup(bands=("blue", "green", "red", "nir"), gsd=10.0),),
    temporal=True,
    grid_gsd=10.0,
    value_range=(0.0, 10000.0),
    normalization=MeanStd(mean=(600.0, 800.0, 900.0, 2500.0), std=(300.0, 350.0, 500.0, 1000.0)),
)
"""


@pytest.fixture(params=[(10, 239), (10, 100)], ids=["bright", "dim"])
def camera(tmp_path, monkeypatch, request):
    """A folder with a set of 8-bit pictures, and the sensor that they are said to be from."""
    from spacenit_core.plugins import discovery

    site = tmp_path / "site"
    info = site / "acme_camera-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-camera\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[spacenit.sensors]\ncamera = acme_camera:CAMERA\n")
    (site / "acme_camera.py").write_text(CAMERA)
    monkeypatch.syspath_prepend(site)
    monkeypatch.chdir(tmp_path)
    discovery.refresh()
    rng = np.random.default_rng(0)
    writer = H5SetWriter(tmp_path / "set", ("camera",), count=8, tile_size=8)
    for index in range(8):
        sample = SampleArrays(
            bands={"camera": rng.integers(*request.param, (8, 8, 2, 4)).astype(np.uint16)},
            present={"camera": np.ones(2, bool)},
            timestamps=np.array([[1, month, 2021] for month in range(2)]),
            latlon=np.array([47.0, 8.0 + index], np.float32),
        )
        writer.write(index, sample)
    writer.finish()
    yield writer.folder
    monkeypatch.undo()
    sys.modules.pop("acme_camera", None)
    discovery.refresh()


SMALL = ["--sensors=[camera]", "--data_loader.global_batch_size=4", "--train_module.rank_microbatch_size=4"]
SMALL += ["--data_loader.num_workers=0", "--data_loader.sampled_hw_p_list=[2]", "--data_loader.max_patch_size=2"]
SMALL += ["--model.encoder.embedding_size=16", "--model.encoder.depth=1", "--model.encoder.num_heads=2"]
SMALL += ["--model.decoder.embedding_size=16", "--model.decoder.depth=1", "--model.decoder.num_heads=2"]
SMALL += ["--trainer.max_duration.steps=1", "--trainer.callbacks.console.enabled=false"]


@pytest.mark.parametrize("command", [prep, train])
def test_statistics_of_other_data_are_refused_with_a_way_out(camera, command):
    words = ["nano", "r", "local", f"--dataset.h5py_dir={camera}", *SMALL]

    refused = CliRunner().invoke(command, words)

    assert isinstance(refused.exception, DataError)
    message = str(refused.exception)
    assert "pixels of camera lie around" in message and "600, 800, 900, 2500" in message
    assert "data stats DIR --sensor camera" in message
    assert CliRunner().invoke(command, [*words, "--trust-statistics=CAMERA"]).exit_code == 0
