"""Folds of groups and fewer labels, for any benchmark."""

import json
from pathlib import Path

import numpy as np
import pytest
from attrs import evolve

from spacenit_core.cli.main import run as spacenit_run
from spacenit_core.contracts.build import build
from spacenit_core.errors import UserError
from spacenit_evals.benchmarks.divided import divided
from spacenit_evals.division import Division

from .arrays_benchmark import ArraysBenchmark, optical

RARE = np.repeat([0, 1, 1, 1, 2, 1, 1, 1, 0, 1], 20)
"""Labels of 200 samples, in groups of ten that are of one class mostly."""


def benchmark(**changes: object) -> ArraysBenchmark:
    said = {"classes": ("water", "crops", "trees"), **changes.pop("said", {})}  # type: ignore[dict-item]
    labels = np.random.default_rng(0).permutation(RARE)
    settings = {"labels": labels, "groups": np.arange(200) // 10, **changes}
    return ArraysBenchmark({"sentinel2_l2a": optical(200, 1)[..., :12]}, said=said, **settings)  # type: ignore[arg-type]


def trained(found: object) -> list[np.ndarray]:
    return [split.train for draw in found.draws for split in draw]  # type: ignore[attr-defined]


def test_nothing_asked_is_the_benchmark_itself() -> None:
    whole = benchmark()
    assert divided(whole, Division()) is whole


@pytest.mark.parametrize("fraction", [0.013, 0.1, 0.37, 1.0])
def test_any_share_of_every_class_is_drawn(fraction: float) -> None:
    whole = benchmark()
    labels, own = whole.labels, whole.draws[0][0]
    found = divided(whole, Division(fraction=fraction, draws=4, folds=None if fraction < 1 else 2))
    assert len(found.draws) == 4
    if fraction == 1:
        return
    for split in (split for draw in found.draws for split in draw):
        np.testing.assert_array_equal(split.test, own.test)
        assert not (split.train & ~own.train).any()
        counts = np.bincount(labels[split.train], minlength=3)
        expected = [max(1, round(fraction * count)) for count in np.bincount(labels[own.train], minlength=3)]
        assert counts.tolist() == expected
    assert found.setup()["label_fraction"] == fraction and found.setup()["division_seed"] == 0


def test_draws_differ_are_repeatable_and_grow_into_one_another() -> None:
    whole = benchmark()
    few, same, more, other = (
        trained(divided(whole, division))
        for division in (
            Division(fraction=0.1),
            Division(fraction=0.1),
            Division(fraction=0.3),
            Division(fraction=0.1, seed=1),
        )
    )
    np.testing.assert_array_equal(few, same)
    assert len({side.tobytes() for side in [*few, *other]}) == 6
    assert all(not (one & ~larger).any() for one, larger in zip(few, more, strict=True))


def test_so_many_of_each_class_are_drawn() -> None:
    found = divided(benchmark(), Division(per_class=18))
    labels = np.asarray(found.labels)
    own = np.bincount(labels[benchmark().draws[0][0].train], minlength=3)
    assert own.min() < 18 < own.max()
    for side in trained(found):
        assert np.bincount(labels[side], minlength=3).tolist() == np.minimum(own, 18).tolist()
    assert found.setup()["labels_per_class"] == 18
    assert found.remarks()["fewer_labels_of"] == ", ".join(
        f"{name} {count}" for name, count in zip(("water", "crops", "trees"), own, strict=True) if count < 18
    )


def test_whole_groups_are_tested_in_turn() -> None:
    found = divided(benchmark(), Division(folds=4, draws=3))
    assert len(found.draws) == 3 and found.setup()["split"] == "4 folds of whole groups"
    for draw in found.draws:
        assert (np.sum([split.test for split in draw], axis=0) == 1).all()
        for split in draw:
            assert not {*found.groups[split.train]} & {*found.groups[split.test]} and split.validation is None


def test_labels_of_other_tasks_are_drawn_at_random() -> None:
    several = np.random.default_rng(1).random((200, 3)) < 0.3
    whole = benchmark(labels=several, said={"task": "multilabel"})
    assert [side.sum() for side in trained(divided(whole, Division(fraction=0.25)))] == [25] * 3
    assert len(divided(whole, Division(folds=5)).draws) == 3
    with pytest.raises(UserError, match="samples of multilabel have no class each"):
        divided(whole, Division(per_class=3))


def test_a_divided_benchmark_keeps_its_contract() -> None:
    class Config:
        def build(self, takes: object) -> object:
            return divided(benchmark(), Division(fraction=0.5))

    held = build(Config(), benchmark().inputs)
    assert len(held.draws) == 3
    assert len(divided(benchmark(), Division(folds=2)).settled(np.ones((200, 1), dtype=bool)).draws) == 3


def test_settings_that_mean_nothing_are_refused() -> None:
    for wrong in (0.0, 1.5, float("nan")):
        with pytest.raises(ValueError, match="fraction must"):
            Division(fraction=wrong)
    with pytest.raises(ValueError, match="fraction and per_class"):
        Division(fraction=0.5, per_class=3)
    assert set(Division().inactive()) == {"draws", "seed"} and not evolve(Division(), folds=3).inactive()


def test_the_command_divides(
    run_folder: Path, labels: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    usual = ["evaluate", str(run_folder), "--labels", str(labels), "--window", "4", "--block", "160", "--protocol"]
    usual += ["knn", "--embedder", "raw_pixels", "--out", str(tmp_path)]
    assert spacenit_run([*usual, "--division.fraction=0.2", "--benchmark.draws=2"]) == 0
    facts = json.loads((tmp_path / "results.json").read_text())["facts"]
    assert facts["label_fraction"] == 0.2 and facts["draws"] == 4
    assert spacenit_run([*usual, "--division.folds=3"]) == 2
    assert "labelled rasters have folds of their own (--folds)" in capsys.readouterr().err
