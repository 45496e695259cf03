"""Released models: their tokens against OlmoEarth Pretrain's (see goldens/make_pretrained.py)."""

import contextlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from attrs import evolve

from spacenit_core import (
    DataError,
    GeoSample,
    PretrainedModel,
    SensorSet,
    SpaceNitError,
    UserError,
    checkpoint,
    load_model,
)
from spacenit_core.checkpoint.tensors import pack
from spacenit_core.config import dump_yaml, unstructure
from spacenit_core.models.latent_mim.config import LatentMIMConfig
from spacenit_core.nn.encoder_config import OlmoEarthEncoderConfig
from spacenit_core.nn.predictor_config import PredictorConfig
from spacenit_core.pretrained.olmoearth.translate import translate

from .goldens import noise

GOLDENS = Path(__file__).parent / "goldens"
FACTS: dict[str, dict[str, Any]] = json.loads((GOLDENS / "pretrained.json").read_text())
NAMES = [name for name in FACTS if name not in ("mae", "galileo")]
SIDE, FULL_STEPS, STEPS, LONG_STEPS, SAMPLES = 2, 2, 3, 14, 3
WIDE_CELLS = 30
TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def golden() -> dict[str, np.ndarray]:
    with np.load(GOLDENS / "pretrained.npz") as arrays:
        return dict(arrays)


def weights(name: str, month: np.ndarray) -> dict[str, torch.Tensor]:
    out = {}
    for key, text in FACTS[name]["shapes"].items():
        shape = tuple(map(int, text.split("x")))
        out[key] = torch.from_numpy(month if "month_embed" in key else noise.weight(key, shape))
    return out


def write(folder: Path, config: Any, state: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    torch.save(state, folder / "weights.pth")
    return folder


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory, golden: dict[str, np.ndarray]) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("released")
    return {name: write(root / name, FACTS[name]["config"], weights(name, golden["month"])) for name in NAMES}


def sample(model: PretrainedModel, patch: int, masks: dict[str, np.ndarray] | None, steps: int) -> GeoSample:
    samples = 1 if masks is None else SAMPLES
    bands = {}
    for spec in model.sensors:
        side = SIDE * patch * spec.pixels_per_cell
        shape = (samples, side, side, steps if spec.temporal else 1, len(spec.bands))
        bands[spec.name] = torch.from_numpy(noise.noise(f"pixels/{spec.name}", shape))
    return GeoSample(bands=bands, timestamps=noise.timestamps(samples, steps), visibility=masks, normalized=True)


def masks(model: PretrainedModel) -> dict[str, np.ndarray]:
    """Those of the goldens: a missing sensor, missing months, different numbers of tokens."""
    out = {}
    names = [spec.name for spec in sorted(model.sensors, key=lambda spec: spec.order)]
    for spec in model.sensors:
        shape = (SAMPLES, SIDE, SIDE, STEPS if spec.temporal else 1, len(spec.token_groups))
        out[spec.name] = noise.visibility(spec.name, shape, decoded_only=spec.name == "worldcover")
    out[names[0]][1, :, :, -1] = 3
    out[names[-1]][2] = 3
    out[names[-2]][0, :, :, 0] = 3
    return out


@pytest.mark.parametrize("name", NAMES)
def test_full_input_gives_the_tokens_of_the_oracle(
    name: str, released: dict[str, Path], golden: dict[str, np.ndarray]
) -> None:
    model = load_model(released[name])

    for patch in range(1, 9):
        tokens, visibility = model.encoder(sample(model, patch, None, FULL_STEPS), patch_size=patch)
        for sensor in model.sensors.names:
            expected = torch.from_numpy(golden[f"{name}/full/{patch}/{sensor}"])
            torch.testing.assert_close(tokens[sensor].detach(), expected, rtol=0, atol=TOLERANCE)
            assert visibility[sensor].shape == expected.shape[:-1]
            assert not visibility[sensor].any()


@pytest.mark.parametrize("name", [name for name in NAMES if name != "fine"])
def test_missing_sensors_months_and_masks_give_the_tokens_of_the_oracle_in_training(
    name: str, released: dict[str, Path], golden: dict[str, np.ndarray]
) -> None:
    model = load_model(released[name])
    given = masks(model)

    for patch in (2, 5):
        tokens, visibility = model.encoder(sample(model, patch, given, STEPS), patch_size=patch)
        for sensor in model.sensors.names:
            seen = visibility[sensor] == 0
            assert torch.equal(visibility[sensor], torch.from_numpy(given[sensor]))
            expected = torch.from_numpy(golden[f"{name}/train/{patch}/{sensor}"])
            torch.testing.assert_close(tokens[sensor].detach()[seen], expected, rtol=0, atol=TOLERANCE)
            assert not tokens[sensor][~seen].any()


@pytest.mark.parametrize("name", [name for name in NAMES if name != "fine"])
def test_without_masking_missing_tokens_the_numbers_are_those_of_the_oracle_in_evaluation(
    name: str, released: dict[str, Path], golden: dict[str, np.ndarray]
) -> None:
    model = load_model(released[name], mask_missing=False)
    given = masks(model)

    for patch in (2, 5):
        tokens, _ = model.encoder(sample(model, patch, given, STEPS), patch_size=patch)
        for sensor in model.sensors.names:
            expected = torch.from_numpy(golden[f"{name}/eval/{patch}/{sensor}"])
            ours = tokens[sensor].detach()[torch.from_numpy(given[sensor]) == 0]
            torch.testing.assert_close(ours, expected, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("name", ["v1", "v1_2"])
def test_cells_of_another_size_give_the_tokens_of_the_oracle(
    name: str, released: dict[str, Path], golden: dict[str, np.ndarray]
) -> None:
    model = load_model(released[name])
    tokens, _ = model.encoder(evolve(sample(model, 2, None, FULL_STEPS), grid_gsd=WIDE_CELLS), patch_size=2)
    for sensor in model.sensors.names:
        expected = torch.from_numpy(golden[f"{name}/wide/{sensor}"])
        torch.testing.assert_close(tokens[sensor].detach(), expected, rtol=0, atol=TOLERANCE)
        assert not np.allclose(expected, golden[f"{name}/full/2/{sensor}"], atol=0.01)


@pytest.mark.parametrize("name", ["v1", "v1_2"])
def test_more_steps_than_a_model_was_made_for_are_taken_where_they_are_asked_for(
    name: str, released: dict[str, Path], golden: dict[str, np.ndarray]
) -> None:
    model = load_model(released[name], max_sequence_length=LONG_STEPS)

    tokens, _ = model.encoder(sample(model, 2, None, LONG_STEPS), patch_size=2)
    for sensor in model.sensors.names:
        expected = torch.from_numpy(golden[f"{name}/long/{sensor}"])
        torch.testing.assert_close(tokens[sensor].detach(), expected, rtol=0, atol=TOLERANCE)

    with pytest.raises(UserError, match="14 steps were given to an encoder for at most 12"):
        load_model(released[name]).encoder(sample(model, 2, None, LONG_STEPS), patch_size=2)
    with pytest.raises(UserError, match="max_sequence_length must be a number of time steps"):
        load_model(released[name], max_sequence_length=1.5)  # type: ignore[arg-type]


def renamed(content: str) -> str:
    """A config as the package's former name wrote it."""
    content = content.replace("olmoearth_pretrain.nn.flexi_vit.", "helios.nn.flexihelios.")
    return content.replace("olmoearth_pretrain.", "helios.")


def changed(name: str, **fields: Any) -> dict[str, Any]:
    """A released config with other fields of encoder and decoder; None takes a field away."""
    config = json.loads(json.dumps(FACTS[name]["config"]))
    for part in ("encoder_config", "decoder_config"):
        for field, value in fields.items():
            config["model"][part][field] = value
            if value is None:
                del config["model"][part][field]
    return config


@pytest.mark.parametrize(
    "config",
    [
        json.loads(renamed(json.dumps(FACTS["v1"]["config"]))),
        changed("v1", use_linear_patch_embed=None),
        changed("v1", spatial_pos_encoding="absolute", position_encoding="rope"),
        changed("v1", a_field_of_former_days=False, use_flash_attn=True),
    ],
    ids=["helios", "before linear patches", "former position field", "fields without effect"],
)
def test_configs_of_all_times_are_read(
    config: dict[str, Any], tmp_path: Path, released: dict[str, Path], golden: dict[str, np.ndarray]
) -> None:
    state = weights("v1", golden["month"])
    state["encoder.composite_encodings.pos_embed"] = torch.zeros(12, 4)
    own, expected = load_model(write(tmp_path, config, state)), load_model(released["v1"])

    assert own.config == expected.config
    assert all(torch.equal(a, b) for a, b in zip(own.parameters(), expected.parameters(), strict=True))
    assert not own.training


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"init_seed": 1}, "describes no model"),
        (changed("v1", tomorrow="rope_5d", mirror=True), r"\.tomorrow = \"rope_5d\"(.|\n)*_config\.mirror"),
        (changed("v1", position_encoding="rope_5d"), "position_encoding"),
        (changed("v1", supported_modality_names=["sentinel2_l2a", "sentinel9"]), "sentinel9"),
        (changed("v1", _CLASS_="os.system"), r"os\.system"),
        (changed("v1", embedding_size=15), "embedding_size"),
        (changed("v1", depth="two"), "depth"),
        (changed("v1", encoder_embedding_size=64), "encoder_embedding_size"),
    ],
)  # fmt: skip
def test_configs_that_are_not_known_are_refused_with_what_differs(
    config: dict[str, Any], message: str, tmp_path: Path, golden: dict[str, np.ndarray]
) -> None:
    with pytest.raises(UserError, match=message):
        load_model(write(tmp_path, config, weights("v1", golden["month"])))


def leaves(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    keys = tree if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ()
    return [path, *(found for key in keys for found in leaves(tree[key], (*path, key)))]


@pytest.mark.parametrize("name", ["v1_2", "none"])
def test_whatever_stands_in_a_config_is_read_or_refused(name: str) -> None:
    config = FACTS[name]["config"]
    for path in leaves(config["model"])[1:]:
        for value in (None, "x", [], {}, [[1]], {"overrides": {"sentinel1": 1}}, -1, 1e9, True):
            odd = json.loads(json.dumps(config))
            place = odd["model"]
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = value
            with contextlib.suppress(SpaceNitError):
                translate(odd, "here")


def test_a_model_that_does_not_fit_its_weights_is_never_made(tmp_path: Path, golden: dict[str, np.ndarray]) -> None:
    config = changed("v1", embedding_size=2**24, encoder_embedding_size=2**24)
    del config["model"]["encoder_config"]["encoder_embedding_size"], config["model"]["decoder_config"]["embedding_size"]
    with pytest.raises(UserError, match=r"the config asks for \[16777216\]"):
        load_model(write(tmp_path, config, weights("v1", golden["month"])))


def test_weights_that_do_not_fit_are_refused_with_all_that_differs(
    tmp_path: Path, golden: dict[str, np.ndarray]
) -> None:
    state = weights("v1", golden["month"])
    del state["encoder.norm.weight"]
    state["encoder.surprise"] = torch.zeros(1)
    state["decoder.mask_token"] = torch.zeros(17)
    state["encoder.norm.bias"] = torch.zeros(16, dtype=torch.int64)

    with pytest.raises(UserError) as caught:
        load_model(write(tmp_path, FACTS["v1"]["config"], state))

    for line in (
        "encoder.norm.weight is missing",
        "encoder.surprise is not part of this model",
        "decoder.mask_token has shape [17], the config asks for [16]",
        "encoder.norm.bias holds torch.int64",
    ):
        assert line in str(caught.value)


def test_another_table_of_months_is_refused(tmp_path: Path, golden: dict[str, np.ndarray]) -> None:
    state = weights("v1", golden["month"] + 0.01)
    with pytest.raises(UserError, match=r"month_embed\.weight differs"):
        load_model(write(tmp_path, FACTS["v1"]["config"], state))


def test_weights_that_are_no_numbers_are_refused(tmp_path: Path, golden: dict[str, np.ndarray]) -> None:
    state = weights("v1", golden["month"])
    state["encoder.norm.bias"][3] = torch.nan
    with pytest.raises(UserError, match=r"encoder\.norm\.bias holds NaN"):
        load_model(write(tmp_path, FACTS["v1"]["config"], state))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_weights_in_half_precision_are_read(dtype: torch.dtype, tmp_path: Path, golden: dict[str, np.ndarray]) -> None:
    state = {name: tensor.to(dtype) for name, tensor in weights("v1", golden["month"]).items()}
    model = load_model(write(tmp_path, FACTS["v1"]["config"], state)).model
    assert torch.equal(model.encoder.norm.weight, state["encoder.norm.weight"].float())


class Hostile:
    """Unpickling it would make a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return open, (str(self.path), "w")


def test_nothing_in_a_weights_file_is_executed(tmp_path: Path) -> None:
    mark = tmp_path / "executed"
    folder = write(tmp_path / "model", FACTS["v1"]["config"], {"encoder.norm.weight": Hostile(mark)})

    with pytest.raises(DataError, match="nothing in it was executed"):
        load_model(folder)

    assert not mark.exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "weights"), (b"\x80\x04N.", "weights"), (b"PK\x03\x04 cut short", "damaged")],
    ids=["empty", "pickle of nothing", "cut short"],
)
def test_files_that_hold_no_weights_are_refused(content: bytes, message: str, tmp_path: Path) -> None:
    write(tmp_path, FACTS["v1"]["config"], {})
    (tmp_path / "weights.pth").write_bytes(content)
    with pytest.raises(DataError, match=message):
        load_model(tmp_path)


def test_missing_files_and_places_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(UserError, match="holds no model"):
        load_model(tmp_path)
    with pytest.raises(UserError, match="there is no folder"):
        load_model(tmp_path / "absent")
    with pytest.raises(SpaceNitError, match="'nobody/has-this' is no folder here"):
        load_model("nobody/has-this")
    (tmp_path / "config.json").write_text(json.dumps(FACTS["v1"]["config"]))
    with pytest.raises(DataError, match=r"weights\.pth cannot be read"):
        load_model(tmp_path)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(DataError, match=r"config\.json cannot be read"):
        load_model(tmp_path)


def test_a_run_of_ours_is_loaded(tmp_path: Path) -> None:
    config = LatentMIMConfig(
        encoder=OlmoEarthEncoderConfig(embedding_size=16, depth=1, num_heads=2),
        decoder=PredictorConfig(embedding_size=16, depth=1, num_heads=2),
    )
    model = config.build(SensorSet.of(["sentinel1"]))
    experiment = {"sensors": ["sentinel1"], "model": unstructure(config)}
    files = {"model.safetensors": pack(model.state_dict()), "config.yaml": dump_yaml(experiment).encode()}
    checkpoint.write(tmp_path, 3, files)

    for source in (tmp_path, str(tmp_path / "step3")):
        found = load_model(source)
        assert found.config == config and found.sensors.names == ("sentinel1",)
        assert all(torch.equal(value, found.model.state_dict()[name]) for name, value in model.state_dict().items())
