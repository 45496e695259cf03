"""Which runs have the callback, and which tasks it has."""

import pytest

from spacenit_core.cli.main import run as spacenit_run
from spacenit_core.config import structure, unstructure
from spacenit_core.kinds.callbacks import CALLBACKS, CallbackConfig
from spacenit_core.kinds.recipes import RECIPES
from spacenit_downstream.config import DownstreamEvaluatorConfig, DownstreamTask
from spacenit_evals.benchmarks.geobench_v1.m_eurosat import MEuroSat
from spacenit_evals.benchmarks.geobench_v1.m_so2sat import MSo2Sat
from spacenit_train.run import resolve_run
from spacenit_train.trainer.config import Duration

EVALUATOR = "--trainer.callbacks.downstream_evaluator"


def evaluator_of(*overrides: str) -> DownstreamEvaluatorConfig:
    return resolve_run("base", "r", overrides=overrides).experiment.trainer.callbacks["downstream_evaluator"]


@pytest.mark.parametrize("recipe", ["nano", "base", "v1_2_large", "spacenit_tiny"])
def test_official_recipes_have_it_and_are_otherwise_as_they_were(recipe):
    experiment = resolve_run(recipe, "r").experiment
    *others, last = experiment.trainer.callbacks
    assert last == "downstream_evaluator"
    assert others == list(RECIPES.get(recipe)().trainer.callbacks)


def test_other_experiments_do_not():
    assert "downstream_evaluator" not in resolve_run(RECIPES.get("nano")(), "r").experiment.trainer.callbacks


def test_tasks_and_intervals_are_those_of_the_reference():
    tasks = evaluator_of().tasks
    assert {name: task.eval_interval.value for name, task in tasks.items()} == {
        "m_eurosat": 4000,
        "mados": 4000,
        "m_so2sat": 20000,
        "pastis": 20000,
    }
    assert tasks["mados"].judged_by()[0] == tasks["pastis"].judged_by()[0] == "linear_probe"
    assert tasks["m_eurosat"].benchmark == MEuroSat() and tasks["m_so2sat"].benchmark == MSo2Sat()
    assert tasks["m_eurosat"].eval_interval == Duration(value=4000, unit="steps")
    assert tasks["m_so2sat"].eval_interval == Duration(value=20000, unit="steps")
    assert tasks["m_eurosat"].judged_by()[0] == "knn_20"


def test_its_settings_are_set_by_path():
    found = evaluator_of(
        f"{EVALUATOR}.tasks.m_eurosat.eval_interval.value=7",
        f"{EVALUATOR}.tasks.m_eurosat.benchmark.variant=as_published",
        f"{EVALUATOR}.run_on_test=true",
    )
    assert found.tasks["m_eurosat"].eval_interval.value == 7 and found.run_on_test
    assert found.tasks["m_eurosat"].benchmark.variant == "as_published"
    assert structure(unstructure(found) | {"type": "downstream_evaluator"}, CallbackConfig) == found


def test_tasks_to_run_are_tasks_or_benchmarks():
    assert list(evaluator_of(f"{EVALUATOR}.tasks_to_run=[m_so2sat]").chosen()) == ["m_so2sat"]
    assert list(evaluator_of(f"{EVALUATOR}.tasks_to_run=[m-eurosat]").chosen()) == ["m_eurosat"]
    assert list(evaluator_of(f"{EVALUATOR}.tasks_to_run=[mados,pastis_sentinel2]").chosen()) == ["mados", "pastis"]
    more = evaluator_of(f"{EVALUATOR}.tasks_to_run=[worldcereal_points]").chosen()
    assert list(more) == ["worldcereal_points"]
    named = DownstreamEvaluatorConfig(tasks={"towns": DownstreamTask(benchmark=MSo2Sat())}, tasks_to_run=("m_so2sat",))
    assert list(named.chosen()) == ["towns"]


def test_a_task_that_nobody_has_is_refused_with_the_nearest_name(capsys):
    assert spacenit_run(["dry_run", "base", "r", "local", f"{EVALUATOR}.tasks_to_run=[m_eurosta]"]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "no task is called m_eurosta; did you mean m_eurosat" in said and "evals list" in said


def test_it_can_be_switched_off(capsys):
    assert spacenit_run(["dry_run", "base", "r", "local", f"{EVALUATOR}.enabled=False"]) == 0


def test_intervals_are_no_tokens():
    with pytest.raises(ValueError, match="not in tokens"):
        DownstreamTask(benchmark=MEuroSat(), eval_interval=Duration(value=4, unit="tokens"))


def test_it_is_an_entry():
    assert CALLBACKS.get("downstream_evaluator") is DownstreamEvaluatorConfig
