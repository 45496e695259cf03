"""What is exported is loaded again and gives the same tokens."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from spacenit_core import GeoSample, PretrainedModel, SensorSet, SpaceNitError, UserError, load_model
from spacenit_core.cli.main import run
from spacenit_core.exporters.olmoearth import OlmoEarthConfig
from spacenit_core.exporters.onnx import OnnxConfig
from spacenit_core.exporters.safetensors import SafetensorsConfig
from spacenit_core.exporters.torch_export import TorchExportConfig
from spacenit_core.models.latent_mim.config import LatentMIMConfig
from spacenit_core.nn.encoder_config import OlmoEarthEncoderConfig
from spacenit_core.nn.predictor_config import PredictorConfig

# torch's own reader of programs says it.
pytestmark = pytest.mark.filterwarnings("ignore:The given buffer is not writable")

FACTS = json.loads((Path(__file__).parent / "goldens" / "pretrained.json").read_text())
GROUPS = {"sentinel2_l2a": [["B04", "B02", "B08"], ["B11", "B12"]]}
SIZES: dict[str, Any] = {"embedding_size": 16, "num_heads": 2, "mlp_ratio": 2.0}
MODES: list[dict[str, Any]] = [
    {},
    {"position_encoding": "rope_3d_mixed", "patch_embed_hidden_sizes": (5,), "num_register_tokens": 2},
    {"position_encoding": "rope_mixed", "qk_norm": True, "use_linear_patch_embed": False},
]


def build(mode: dict[str, Any], sensors: SensorSet | None = None, target: str = "encoder") -> PretrainedModel:
    positions = {name: value for name, value in mode.items() if name in ("position_encoding", "qk_norm")}
    config = LatentMIMConfig(
        encoder=OlmoEarthEncoderConfig(depth=2, **SIZES, **mode),
        decoder=PredictorConfig(depth=1, **SIZES, **positions),
        target=target,  # type: ignore[arg-type]
    )
    sensors = sensors or SensorSet.of(["sentinel2_l2a", "sentinel1", "srtm"], band_groups=GROUPS)
    generator = torch.Generator().manual_seed(0)
    model = config.build(sensors)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
    return PretrainedModel(model, sensors, config, "here").eval()


def sample(cells: int = 8, steps: int = 3, samples: int = 2) -> GeoSample:
    generator = torch.Generator().manual_seed(1)
    shapes = {"sentinel2_l2a": (steps, 12), "sentinel1": (steps, 2), "srtm": (1, 1)}
    bands = {name: torch.rand(samples, cells, cells, *shape, generator=generator) for name, shape in shapes.items()}
    bands = {name: values * 9000 if name != "sentinel1" else values * 20 - 30 for name, values in bands.items()}
    dates = torch.tensor([[(3 + step, 4 + step, 2021 + number) for step in range(steps)] for number in range(samples)])
    return GeoSample(bands=bands, timestamps=dates)


def assert_same(ours: dict[str, torch.Tensor], theirs: dict[str, torch.Tensor], tolerance: float) -> None:
    assert ours.keys() == theirs.keys()
    for name, tokens in ours.items():
        torch.testing.assert_close(tokens, theirs[name], rtol=0, atol=tolerance)


@torch.no_grad()
@pytest.mark.parametrize("mode", MODES)
def test_an_exported_encoder_gives_the_same_tokens_when_it_is_loaded(mode: dict[str, Any], tmp_path: Path) -> None:
    model = build(mode)
    SafetensorsConfig().build()(model, tmp_path)
    loaded = load_model(tmp_path)

    assert loaded.sensors == model.sensors and not loaded.training
    assert_same(loaded.encoder(sample(), 4).tokens, model.encoder(sample(), 4).tokens, 0)


@torch.no_grad()
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("target", ["encoder", "projection"])
def test_what_is_exported_for_olmoearth_is_the_same_model(mode: dict[str, Any], target: str, tmp_path: Path) -> None:
    model = build(mode, target=target)
    OlmoEarthConfig().build()(model, tmp_path)
    loaded = load_model(tmp_path)

    assert loaded.config == model.config and loaded.sensors == model.sensors
    state = loaded.model.state_dict()
    assert all(torch.equal(value, state[name]) for name, value in model.model.state_dict().items())


@pytest.mark.parametrize("name", list(FACTS))
def test_names_and_shapes_exported_for_olmoearth_are_those_of_the_oracle(name: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(FACTS[name]["config"]))
    shapes = {key: tuple(map(int, text.split("x"))) for key, text in FACTS[name]["shapes"].items()}
    months = {key: torch.from_numpy(month(shape[1])) for key, shape in shapes.items() if "month_embed" in key}
    torch.save({key: months.get(key, torch.zeros(shape)) for key, shape in shapes.items()}, tmp_path / "weights.pth")
    folder = tmp_path / "out"
    folder.mkdir()

    OlmoEarthConfig().build()(load_model(tmp_path), folder)

    state = torch.load(folder / "weights.pth", weights_only=True)
    assert {key: tuple(value.shape) for key, value in state.items()} == shapes
    written = json.loads((folder / "config.json").read_text())["model"]
    expected = FACTS[name]["config"]["model"]
    ignored = {"use_flash_attn"}
    assert written.keys() == expected.keys()
    for part in {"encoder_config", "decoder_config"} & expected.keys():
        fields = {key: value for key, value in expected[part].items() if key not in ignored}
        assert {key: written[part].get(key) for key in fields} == fields
        assert written[part].keys() == fields.keys()
    for key in ("_CLASS_", "projection_only_target"):
        assert written.get(key) == expected.get(key)


def month(width: int) -> Any:
    from spacenit_core.nn.encodings import month_table

    return month_table(width).numpy()


@torch.no_grad()
@pytest.mark.parametrize("mode", MODES[:2])
def test_an_exported_program_gives_the_same_tokens(mode: dict[str, Any], tmp_path: Path) -> None:
    model, given = build(mode), sample()
    config = TorchExportConfig(batch_size=2, patch_size=4, height=8, width=8, steps=3)
    config.build()(model, tmp_path)

    program = torch.export.load(tmp_path / "encoder.pt2").module()
    names = list(json.loads((tmp_path / "encoder.json").read_text())["inputs"])[:-1]
    outputs = program(*(given.bands[name].float() for name in names), given.timestamps)

    assert names == list(model.sensors.names)
    assert_same(dict(zip(names, outputs, strict=True)), model.encoder(given, 4).tokens, 1e-4)


@torch.no_grad()
def test_a_program_of_some_sensors_takes_normalised_values(tmp_path: Path) -> None:
    model = build({})
    config = TorchExportConfig(sensors=("SENTINEL1",), patch_size=2, height=4, width=6, steps=1, normalized=True)
    config.build()(model, tmp_path)
    values, dates = torch.rand(1, 4, 6, 1, 2), torch.tensor([[(3, 5, 2020)]])
    expected = model.encoder(GeoSample({"sentinel1": values}, dates, normalized=True), 2).tokens["sentinel1"]

    (tokens,) = torch.export.load(tmp_path / "encoder.pt2").module()(values, dates)

    torch.testing.assert_close(tokens, expected, rtol=0, atol=1e-4)


def test_without_onnx_its_exporter_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(UserError, match=r"onnx(.|\n)*pip install .*'spacenit-core\[onnx\]'"):
        OnnxConfig(batch_size=2, patch_size=4, height=8, width=8, steps=3).build()


@pytest.mark.extras
@torch.no_grad()
def test_an_onnx_graph_gives_the_same_tokens(tmp_path: Path) -> None:
    import onnxruntime as runtime

    config = OnnxConfig(batch_size=2, patch_size=4, height=8, width=8, steps=3)
    for number, mode in enumerate(MODES):
        model, given, folder = build(mode), sample(), tmp_path / str(number)
        folder.mkdir()
        config.build()(model, folder)
        session = runtime.InferenceSession(str(folder / "encoder.onnx"))
        inputs = {name: values.float().numpy() for name, values in given.bands.items()}
        outputs = session.run(None, {**inputs, "timestamps": given.timestamps.numpy()})
        tokens = {name: torch.from_numpy(value) for name, value in zip(model.sensors.names, outputs, strict=True)}
        assert_same(tokens, model.encoder(given, 4).tokens, 1e-4)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (TorchExportConfig(patch_size=3), "cannot be cut"),
        (TorchExportConfig(patch_size=16), "patches of 16 cells"),
        (TorchExportConfig(steps=13), "13 steps"),
        (TorchExportConfig(sensors=("landsat",)), "not made for landsat"),
    ],
)
def test_shapes_that_the_encoder_cannot_take_are_refused(
    config: TorchExportConfig, message: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=message):
        config.build()(build({}), tmp_path)


def test_a_newer_export_and_one_without_its_parts_are_refused(tmp_path: Path) -> None:
    SafetensorsConfig().build()(build({}), tmp_path)
    content = json.loads((tmp_path / "config.json").read_text())
    for changes, message in (
        ({"version": 3}, "version 3"),
        ({"sensors": ["sentinel1"]}, "do not fit"),
        ({"sensors": 7}, "describes no encoder"),
        ({"band_groups": 5}, "describes no encoder"),
    ):
        (tmp_path / "config.json").write_text(json.dumps(content | changes))
        with pytest.raises(SpaceNitError, match=message):
            load_model(tmp_path)


def test_the_command_writes_a_model_that_the_others_load(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    OlmoEarthConfig().build()(build({}), tmp_path)
    out = tmp_path / "again"
    assert run(["export", str(tmp_path), "--plugin", "exporter=olmoearth", "--out", str(out)]) == 0
    assert sorted(path.name for path in out.iterdir()) == ["config.json", "sensors.json", "weights.pth"]
    assert str(out / "weights.pth") in capsys.readouterr().out

    assert run(["export", str(tmp_path)]) == 0
    assert load_model(tmp_path / "export" / "safetensors").sensors.names == ("sentinel2_l2a", "sentinel1", "srtm")

    assert run(["export", str(tmp_path)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert run(["export", str(tmp_path), "--plugin", "exporter=safetensor"]) == 2
    assert "safetensors" in capsys.readouterr().err
    assert run(["export", str(tmp_path / "nothing")]) == 2
    sizes = ["--exporter.patch_size=3", "--exporter.steps=1"]
    assert run(["export", str(tmp_path), "--plugin", "exporter=torch_export", *sizes]) == 2
    assert "patches of 3" in capsys.readouterr().err
