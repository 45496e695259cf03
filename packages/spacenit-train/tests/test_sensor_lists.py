"""Lists of sensors in anybody's configs are found by their declaration, checked, named and cut."""

from typing import Any

import pytest
from attrs import evolve, frozen

from spacenit_core.config.fields import setting
from spacenit_core.kinds.masking import MaskingConfig
from spacenit_train.masking.composed import ComposedMasking
from spacenit_train.masking.random import RandomMasking
from spacenit_train.recipes.v1 import nano
from spacenit_train.sensor_lists import sensor_lists
from spacenit_train.tile_checks import check_sensor_names, tile_problems
from spacenit_train.tile_experiment import TileExperiment


@frozen(kw_only=True)
class Hiding(MaskingConfig):
    """A policy of a third party."""

    hidden_sensors: tuple[str, ...] = setting("sensors that are hidden", ())
    gains: dict[str, float] = setting("factor by sensor", factory=dict, names="sensors")
    keep_modalities: list[str] | None = setting("what is kept", None)
    sensor_width: int = setting("a number", 3)
    colours: tuple[str, ...] = setting("texts of another kind", ())
    sensors_by: tuple[str, ...] = setting("declared as texts of another kind", (), names="colours")

    def never_encoded(self) -> frozenset[str]:
        """Those that are hidden."""
        return frozenset(self.hidden_sensors)


def with_masking(policy: Any) -> TileExperiment:
    base = nano()
    return evolve(base, sensors=("sentinel2_l2a", "sentinel1"), train_module=evolve(base.train_module, masking=policy))


def test_what_names_sensors_is_told_by_its_declaration() -> None:
    policy = Hiding(hidden_sensors=("a",), gains={"b": 1.0}, keep_modalities=["c"], colours=("d",), sensors_by=("e",))
    assert sensor_lists(policy) == {"hidden_sensors": ("a",), "gains": ("b",), "keep_modalities": ("c",)}


@pytest.mark.parametrize(
    "settings",
    [{"hidden_sensors": ("sentinel99",)}, {"gains": {"sentinel99": 1.0}}, {"keep_modalities": ["sentinel99"]}],
)
def test_unknown_names_are_refused_at_any_depth(settings: dict[str, Any]) -> None:
    policies = {"one": Hiding(**settings), "other": RandomMasking()}
    (problem,) = check_sensor_names(with_masking(ComposedMasking(policies=policies)))
    assert "unknown sensor 'sentinel99'" in problem.message
    assert ".".join(problem.path) == f"train_module.masking.policies.one.{next(iter(settings))}"


def test_they_are_brought_to_installed_names_and_cut_to_those_in_use() -> None:
    names = ("SENTINEL1", "landsat")
    policy = Hiding(hidden_sensors=names, gains=dict.fromkeys(names, 2.0), keep_modalities=list(names), colours=names)
    derived = with_masking(policy).derived().train_module.masking
    assert derived == evolve(
        policy, hidden_sensors=("sentinel1",), gains={"sentinel1": 2.0}, keep_modalities=["sentinel1"]
    )


def test_a_policy_that_hides_every_sensor_is_refused() -> None:
    hiding = with_masking(Hiding(hidden_sensors=("sentinel2_l2a", "sentinel1")))
    (problem,) = tile_problems(hiding.derived())
    assert problem.message == "no view encodes any of the sensors"
    assert tile_problems(with_masking(Hiding(hidden_sensors=("sentinel1",))).derived()) == []
