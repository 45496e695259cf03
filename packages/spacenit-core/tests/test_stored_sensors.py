"""A model remembers what it was trained on: other installed sensors are refused with the difference."""

import importlib
import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from attrs import evolve

from spacenit_core import PretrainedModel, SensorSet, UserError, checkpoint, load_model
from spacenit_core.checkpoint.tensors import pack
from spacenit_core.cli.main import run
from spacenit_core.config import dump_yaml, unstructure
from spacenit_core.exporters.dense import DenseEncoder
from spacenit_core.exporters.olmoearth import OlmoEarthConfig
from spacenit_core.exporters.safetensors import SafetensorsConfig
from spacenit_core.exporters.torch_export import TorchExportConfig
from spacenit_core.models.latent_mim.config import LatentMIMConfig
from spacenit_core.nn.encoder_config import OlmoEarthEncoderConfig
from spacenit_core.nn.predictor_config import PredictorConfig
from spacenit_core.plugins import discovery
from spacenit_core.sensors.spec import MeanStd
from spacenit_core.sensors.stored import SENSORS_FILE, differences, note_unknown, stored_bytes

CAMERA = """
from spacenit_core.sensors.spec import BandGroup, MeanStd, SensorSpec
CAMERA = SensorSpec(
    name="camera", temporal=True, band_groups=(BandGroup(bands={bands}, gsd=10.0),),
    normalization=MeanStd(mean=({mean}, 20.0), std=(1.0, 2.0)),
)
"""
BANDS = ("near", "far")
SIZES: dict[str, Any] = {"embedding_size": 16, "num_heads": 2}
CONFIG = LatentMIMConfig(
    encoder=OlmoEarthEncoderConfig(depth=1, **SIZES), decoder=PredictorConfig(depth=1, **SIZES), target="encoder"
)
Install = Callable[..., None]


@pytest.fixture
def install(install_plugin: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Installs the camera, or another version of it in its place."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    module = tmp_path / "site" / "acme_camera.py"

    def call(mean: float = 10.0, bands: tuple[str, ...] = BANDS) -> None:
        source = CAMERA.format(mean=mean, bands=bands)
        if not module.exists():
            install_plugin("acme-camera", {"sensors": {"camera": "acme_camera:CAMERA"}}, {"acme_camera": source})
        module.write_text(source)
        sys.modules.pop("acme_camera", None)
        importlib.invalidate_caches()
        discovery.refresh()

    note_unknown.cache_clear()
    return call


@pytest.fixture
def model(install: Install) -> PretrainedModel:
    install()
    sensors = SensorSet.of(["camera"])
    return PretrainedModel(CONFIG.build(sensors), sensors, CONFIG, "here").eval()


@pytest.fixture(params=["run", "export"])
def saved(request: pytest.FixtureRequest, model: PretrainedModel, tmp_path: Path) -> Path:
    """A run or an export of the model."""
    return {"run": write_run, "export": write_export}[request.param](tmp_path / request.param, model)


def write_run(folder: Path, model: PretrainedModel) -> Path:
    config = {"sensors": list(model.sensors.names), "model": {"type": "latent_mim", **unstructure(CONFIG)}}
    files = {
        "config.yaml": dump_yaml(config).encode(),
        "model.safetensors": pack(model.model.state_dict()),
        SENSORS_FILE: stored_bytes(model.sensors),
    }
    checkpoint.write(folder, 3, files)
    return folder


def write_export(folder: Path, model: PretrainedModel) -> Path:
    folder.mkdir()
    SafetensorsConfig().build()(model, folder)
    return folder


def as_before(saved: Path) -> None:
    """Make a run or an export what it was before sensors were stored."""
    if (saved / "config.json").exists():
        content = json.loads((saved / "config.json").read_text())
        del content["stored_sensors"]
        (saved / "config.json").write_text(json.dumps({**content, "version": 1}))
        return
    step = saved / "step3"
    manifest = checkpoint.Manifest.read(step)
    manifest.files.pop(SENSORS_FILE)
    (step / SENSORS_FILE).unlink()
    (step / checkpoint.MANIFEST).write_bytes(manifest.to_bytes())


def test_it_loads_where_nothing_changed(saved: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert load_model(saved).sensors.names == ("camera",)
    assert not caplog.records


def test_other_statistics_are_refused_with_the_difference(saved: Path, install: Install, tmp_path: Path) -> None:
    install(mean=11.5)
    with pytest.raises(UserError, match=r"camera: mean of near: 10.0 -> 11.5") as caught:
        load_model(saved)
    assert caught.value.exit_code == 2 and "far" not in str(caught.value)
    assert run(["export", str(saved), "--out", str(tmp_path / "out")]) == 2


def test_bands_in_another_order_are_refused(saved: Path, install: Install) -> None:
    install(bands=("far", "near"))
    with pytest.raises(UserError, match=r'camera: bands: \["near", "far"\] -> \["far", "near"\]'):
        load_model(saved)


def test_a_difference_that_no_float_shows_is_none(saved: Path, install: Install) -> None:
    install(mean=10.0 * (1 + 1e-9))
    load_model(saved)


def test_what_was_made_before_loads_with_a_note(
    saved: Path, install: Install, caplog: pytest.LogCaptureFixture
) -> None:
    as_before(saved)
    install(mean=11.5)
    with caplog.at_level(logging.WARNING):
        load_model(saved)
        load_model(saved)
    assert [record.message.count("before sensors were stored") for record in caplog.records] == [1]


def test_a_newer_format_is_told(saved: Path) -> None:
    if (saved / "config.json").exists():
        content = json.loads((saved / "config.json").read_text())
        (saved / "config.json").write_text(json.dumps({**content, "version": 9}))
        with pytest.raises(UserError, match="update spacenit-core"):
            load_model(saved)


def test_other_forms_of_export_carry_the_sensors_too(tmp_path: Path) -> None:
    sensors = SensorSet.of(["sentinel1"])
    built = PretrainedModel(CONFIG.build(sensors), sensors, CONFIG, "here").eval()
    OlmoEarthConfig().build()(built, tmp_path)
    content = json.loads((tmp_path / SENSORS_FILE).read_text())
    assert content == json.loads(stored_bytes(sensors))
    content["sensors"]["sentinel1"]["normalization"]["std"][0] += 1
    (tmp_path / SENSORS_FILE).write_text(json.dumps(content))
    with pytest.raises(UserError, match="sentinel1: std of "):
        load_model(tmp_path)
    dense = DenseEncoder(built, TorchExportConfig(steps=1, height=4, width=4))
    assert json.loads(json.dumps(dense.described()))["sensors"] == json.loads(stored_bytes(sensors))


class Halved:
    """Statistics of a plugin's own."""

    def scale_and_offset(self) -> tuple[np.ndarray, np.ndarray]:
        return np.full(2, 0.5), np.zeros(2)


def test_whatever_a_plugin_keeps_its_statistics_in_is_stored() -> None:
    spec = SensorSet.of(["sentinel1"])["sentinel1"]
    odd = MeanStd(mean=tuple(np.float32([-11, -18])), std=np.array([4.0, 5.0]))  # type: ignore[arg-type]
    for normalization, name in ((odd, "std"), (Halved(), "scale")):
        sensors = SensorSet((evolve(spec, normalization=normalization),))
        content = json.loads(stored_bytes(sensors))
        assert differences(content, sensors, "here") == []
        content["sensors"]["sentinel1"]["normalization"][name][1] = 7.0
        assert differences(content, sensors, "here") == [
            f"sentinel1: {name} of vh: 7.0 -> {4.0 + 1 if name == 'std' else 0.5}"
        ]


def test_derived_sensors_know_the_bands_of_their_source() -> None:
    sensors = SensorSet.of(["sentinel2_l2a", "sentinel1", "ndvi", "worldcover_onehot"])
    content = json.loads(stored_bytes(sensors))
    assert differences(content, sensors, "here") == []
    assert content["sensors"]["sentinel1"]["from"].startswith("spacenit-core ")
    content["sensors"]["ndvi"]["derived"]["source_bands"].reverse()
    assert len(differences(content, sensors, "here")) == 1
