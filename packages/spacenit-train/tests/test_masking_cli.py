"""Every masking policy by name on the command line."""

import pytest

from spacenit_core.config import structure, unstructure
from spacenit_core.errors import UserError
from spacenit_core.kinds.masking import MASKING
from spacenit_train.run import resolve_run
from spacenit_train.tile_experiment import TileExperiment

AT = "--train_module.masking"
SELECTED = (f"{AT}.decodable_modalities=[worldcover]", f"{AT}.fully_mask_modalities=[landsat]", f"{AT}.max_to_mask=1")
TWO = (f"{AT}.policies.space.encode_ratio=0.25", f"{AT}.policies.late.type=time")
NEEDED = {
    "selectable_modality": SELECTED,
    "selectable_random_range_modality": SELECTED,
    "random_fixed_modality": (f"{AT}.decoded_modalities=[worldcover,srtm]",),
    "composed": (*TWO, f"{AT}.by=cascade"),
    "scheduled": (*TWO, f"{AT}.starts=[0,1000]"),
}
POLICIES = sorted(entry.name for entry in MASKING.entries() if entry.distribution == "spacenit-train")


def experiment_of(name: str, *overrides: str) -> TileExperiment:
    settings = (*NEEDED.get(name, ()), *overrides)
    return resolve_run("nano", "r", plugins=[f"masking={name}"], overrides=settings).experiment


@pytest.mark.parametrize("name", POLICIES)
def test_a_run_takes_every_policy_by_name(name: str) -> None:
    experiment = experiment_of(name)
    assert MASKING.name_of(type(experiment.train_module.masking)) == name
    assert structure(unstructure(experiment), TileExperiment) == experiment


@pytest.mark.parametrize("name", NEEDED)
def test_what_a_policy_needs_is_asked_for(name: str) -> None:
    with pytest.raises(UserError) as caught:
        resolve_run("nano", "r", plugins=[f"masking={name}"])
    missing = {word.partition("=")[0].removeprefix("--").split(".")[2] for word in NEEDED[name]} - {"by"}
    assert all(f"train_module.masking.{setting}: is required" in str(caught.value) for setting in missing)


def test_policies_are_composed_in_the_order_given() -> None:
    masking = experiment_of("composed").train_module.masking
    assert [MASKING.name_of(type(part)) for part in masking.policies.values()] == ["space", "time"]
    assert masking.policies["space"].encode_ratio == 0.25


def test_another_policy_takes_the_place_of_a_composition() -> None:
    composed = experiment_of("composed")
    plain = resolve_run(composed, "r", plugins=["masking=random"]).experiment
    assert MASKING.name_of(type(plain.train_module.masking)) == "random"
    inner = resolve_run(composed, "r", plugins=["train_module.masking.policies.late=random"]).experiment
    assert MASKING.name_of(type(inner.train_module.masking.policies["late"])) == "random"


def test_the_names_of_the_reference_are_taken() -> None:
    strategy = "--train_module.masking_config.strategy_config"
    overrides = (f"{strategy}.type=random_time_with_decode", f"{strategy}.random_ratio=0.25")
    masking = resolve_run("nano", "r", overrides=overrides).experiment.train_module.masking
    assert (MASKING.name_of(type(masking)), masking.random_ratio) == ("random_time_with_decode", 0.25)


def test_lists_of_sensors_are_checked_and_cut_to_those_in_use() -> None:
    sensors = "--sensors=[sentinel2_l2a,sentinel1,srtm]"
    cut = experiment_of("selectable_modality", sensors).train_module.masking
    assert cut.selectable == () and cut.max_to_mask == 1
    kept = experiment_of("random_fixed_modality", sensors, f"{AT}.randomize_missing_modalities=[SENTINEL1,cdl]")
    assert kept.train_module.masking.randomize_missing_modalities == ("sentinel1",)
    parts = (f"{AT}.policies.a.type=spectral", f"{AT}.policies.b.type=random")
    inner = f"{AT}.policies.a.only_decode_modalities=[srtm,cdl]"
    composed = resolve_run("nano", "r", plugins=["masking=composed"], overrides=[sensors, *parts, inner]).experiment
    assert composed.train_module.masking.policies["a"].only_decode_modalities == ("srtm",)
    for words, message in {
        f"{AT}.decoded_modalities=[srmt]": "did you mean srtm?",
        f"{AT}.decoded_modalities=[sentinel2_l2a,sentinel1,srtm]": "every sensor is decoded only",
    }.items():
        with pytest.raises(UserError, match=message.replace("?", r"\?")):
            resolve_run("nano", "r", plugins=["masking=random_fixed_modality"], overrides=[sensors, words])
