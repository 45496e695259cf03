"""What a model says of itself, and the text by which its vectors are known again."""

import json
from pathlib import Path

import pytest
import torch
from attrs import evolve, frozen

from spacenit_core.cli.main import run as spacenit_run
from spacenit_core.contracts.embedders import facts_of, identity_of
from spacenit_core.errors import PluginError
from spacenit_core.kinds.embedders import EMBEDDERS, EmbedderConfig, EvaluatedModel, ModelFacts, TakenSensor
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.selection import SensorSet
from spacenit_evals.checkpoint import TrainedRun, load_run
from spacenit_evals.embedders.encoder import ModelEncoder
from spacenit_evals.embedders.image_statistics import ImageStatistics
from spacenit_evals.embedders.random_init import RandomInit
from spacenit_evals.embedders.raw_pixels import RawPixels

SENSORS = SensorSet.of(["sentinel2_l2a", "sentinel1"])
INPUTS = ModelInputs(sensors=SENSORS, patch_size=4, max_timesteps=12)


@frozen(kw_only=True)
class Strange(EmbedderConfig):
    """An embedder of others that says nothing of itself."""


@frozen(kw_only=True)
class Known(EmbedderConfig):
    """One whose author keeps count of changes."""

    adapter = "1"
    size: int = 3
    device: str = "cpu"


def test_the_facts_of_a_run_are_those_of_its_encoder_and_its_data(trained: TrainedRun, h5py_dir: Path) -> None:
    facts = ModelEncoder().facts(trained, INPUTS)
    encoder = trained.model.encoder

    assert [each.name for each in facts.sensors] == ["sentinel2_l2a", "sentinel1"]
    assert facts.sensors[1] == TakenSensor(name="sentinel1", bands=("vv", "vh"), units="dB")
    assert facts.patch_sizes == (encoder.config.min_patch_size, encoder.config.max_patch_size)
    assert facts.parameters == sum(weight.numel() for weight in encoder.parameters())
    assert facts.weights == str(trained.path) and facts.pretrained_on == str(h5py_dir)
    assert len(facts.sha256) == 64 and facts.seen is None


def test_weights_are_known_by_their_numbers_alone(trained: TrainedRun, run_folder: Path) -> None:
    again, before = load_run(run_folder), load_run(run_folder / "step3")
    here = ModelEncoder().identity(trained, INPUTS)

    assert ModelEncoder().identity(again, INPUTS) == here
    assert ModelEncoder().identity(before, INPUTS) != here
    with torch.no_grad():
        again.model.encoder.norm.bias[0] += 1e-6
    assert ModelEncoder().identity(again, INPUTS) != here


@pytest.mark.parametrize("config", [ModelEncoder(), RandomInit(), RawPixels(), ImageStatistics(), Known()])
def test_other_inputs_and_settings_are_another_identity(config: EmbedderConfig, trained: TrainedRun) -> None:
    here = config.identity(trained, INPUTS)
    spec = SENSORS["sentinel1"]
    units = SensorSet((SENSORS["sentinel2_l2a"], evolve(spec, units="linear power")))
    others = [
        config.identity(trained, evolve(INPUTS, patch_size=2)),
        config.identity(trained, evolve(INPUTS, max_timesteps=6)),
        config.identity(trained, evolve(INPUTS, sensors=units)),
        config.identity(trained, evolve(INPUTS, sensors=SensorSet.of(["sentinel1"]))),
    ]
    assert here is not None and json.loads(here)["adapter"] == "1"
    assert len({here, *others}) == 5


def test_where_it_is_computed_is_no_part_of_an_identity_and_a_seed_is(trained: TrainedRun) -> None:
    assert Known(device="cuda").identity(None, INPUTS) == Known().identity(None, INPUTS)
    assert Known(size=4).identity(None, INPUTS) != Known().identity(None, INPUTS)
    assert RandomInit(seed=1).identity(trained, INPUTS) != RandomInit().identity(trained, INPUTS)


def test_what_says_nothing_of_itself_is_never_known_again() -> None:
    assert Strange().facts(None, INPUTS).seen is None
    assert Strange().identity(None, INPUTS) is None
    assert ModelEncoder().identity(None, INPUTS) is None and RandomInit().identity(None, INPUTS) is None


@frozen(kw_only=True)
class Absent(Known):
    """One whose weights are elsewhere."""

    def facts(self, model: EvaluatedModel | None, inputs: ModelInputs | None) -> ModelFacts:
        return ModelFacts(weights="https://example.org")


@frozen(kw_only=True)
class Wrong(EmbedderConfig):
    """One that breaks the contract."""

    def facts(self, model: EvaluatedModel | None, inputs: ModelInputs | None) -> ModelFacts:
        return None  # type: ignore[return-value]

    def identity(self, model: EvaluatedModel | None, inputs: ModelInputs) -> str | None:
        return ""


def test_absent_weights_have_no_identity() -> None:
    assert Absent().identity(None, INPUTS) is None


def test_what_is_no_fact_and_no_identity_is_its_authors_fault() -> None:
    with pytest.raises(PluginError, match=r"Wrong returned None; an embedder's facts\(model, inputs\) are ModelFacts"):
        facts_of(Wrong(), None, INPUTS)
    with pytest.raises(PluginError, match="Wrong returned str; an embedder's identity"):
        identity_of(Wrong(), None, INPUTS)


@pytest.mark.parametrize("name", EMBEDDERS.names())
def test_every_installed_embedder_says_what_it_is(name: str, trained: TrainedRun) -> None:
    facts = EMBEDDERS.get(name).for_trial().facts(trained, INPUTS)
    assert isinstance(facts, ModelFacts)
    assert facts.code_licence and facts.normalisation and facts.time and facts.input_size


def test_the_command_tells_the_facts(run_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert spacenit_run(["evals", "model", "raw-pixels"]) == 0
    told = capsys.readouterr().out
    assert "none are read" in told and "whatever there is" in told
    assert spacenit_run(["evals", "model", str(run_folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["weights"].endswith("step7")
    assert spacenit_run(["evals", "model", "raw_pixel"]) == 2
    assert "did you mean raw_pixels" in capsys.readouterr().err
