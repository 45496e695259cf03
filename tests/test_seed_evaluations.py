"""The commands of the guides' chapters on evaluation run as they are written there, on this machine and as previews.

`spacenit-run evals sweep` stands for `python3 helios/internal/full_eval_sweep.py`.
"""

import shlex

import pytest

from spacenit_core.cli.main import run as spacenit_run

SCRIPT = "python3 helios/internal/full_eval_sweep.py "

# "Running Eval Suite"
COMMANDS = [
    r"""python3 helios/internal/full_eval_sweep.py \
  --cluster=ai2/saturn-cirrascale \
  --checkpoint_path=/path/to/your/checkpoint/step450000 \
  --module_path=scripts/your_training_script.py""",
    r"""python3 helios/internal/full_eval_sweep.py \
  --cluster=ai2/saturn-cirrascale \
  --checkpoint_path=/path/to/your/checkpoint/step450000 \
  --module_path=scripts/your_training_script.py \
  --defaults_only""",
    r"""python3 helios/internal/full_eval_sweep.py \
  --cluster=ai2/saturn-cirrascale \
  --checkpoint_path=/path/to/checkpoint \
  --module_path=scripts/your_script.py \
  --model.decoder_config.depth=1 \
  --trainer.callbacks.downstream_evaluator.tasks_to_run=\[mados,pastis_sentinel2,breizhcrops,sen1floods11,"""
    r"""pastis_sentinel1_sentinel2\]""",
    r"""python3 helios/internal/full_eval_sweep.py \
  --cluster=ai2/saturn-cirrascale \
  --panopticon \
  --model_name=panopticon""",
    r"""python3 helios/internal/full_eval_sweep.py \
  --cluster=ai2/saturn-cirrascale \
  --dino_v3 \
  --model_name=dino_v3_large_sat \
  --model.model_name=DinoV3Models.LARGE_SATELLITE""",
    r"""python3 helios/internal/full_eval_sweep.py \
  --cluster=ai2/saturn-cirrascale \
  --galileo \
  --model_name=galileo_vit_base \
  --model.patch_size=4""",
]


def words(command: str, cluster: str) -> list[str]:
    text = command.replace("\\\n", " ")
    assert text.startswith(SCRIPT)
    return ["evals", "sweep", *shlex.split(text.removeprefix(SCRIPT).replace("ai2/saturn-cirrascale", cluster))]


@pytest.mark.parametrize("cluster", ["local", "ai2/saturn-cirrascale"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_guides_shows_its_cells(command, cluster, capsys):
    assert spacenit_run([*words(command, cluster), "--dry_run"]) == 0
    said = capsys.readouterr()
    *cells, last = said.out.splitlines()
    assert len(cells) > 3 and last.startswith(f"{len(cells)} cells; ")
    if "checkpoint_path" in command:
        assert "a sweep would end here: there is no" in said.err
    if "defaults_only" not in command:
        assert sum("learning_rate=0.0001" in cell for cell in cells) * 8 == sum(
            "learning_rate" in cell for cell in cells
        )


@pytest.mark.parametrize("command", COMMANDS)
def test_on_a_cluster_it_is_refused_in_one_sentence(command, capsys):
    assert spacenit_run(words(command, "ai2/saturn-cirrascale")) == 2
    assert "nothing is submitted to ai2/saturn-cirrascale from here" in capsys.readouterr().err


def test_settings_reach_the_models(capsys):
    assert spacenit_run([*words(COMMANDS[4], "local"), "--dry_run", "--defaults_only"]) == 0
    assert "dino_v3_large_sat" in capsys.readouterr().out
    assert spacenit_run([*words(COMMANDS[4], "local")[:-1], "--model.model_name=DinoV3Models.LARGE_SATELITE"]) == 2
    assert "did you mean LARGE_SATELLITE" in capsys.readouterr().err
    assert spacenit_run(["evals", "sweep", "--cluster=local", "--dino_v3", "--all_sizes", "--dry_run"]) == 0
    said = capsys.readouterr().out
    assert all(f"dino_v3_{size} " in said for size in ("small", "base", "large", "7b_satellite"))


SCRIPT_OF_A_USER = """
from attrs import evolve
from spacenit_train.recipes.v1 import nano

def experiment():
    return evolve(nano(), run_name="mine")
"""


def test_a_script_that_builds_an_experiment_is_what_the_checkpoint_is_held_to(tmp_path, capsys):
    from spacenit_core import checkpoint
    from spacenit_core.config import dump_yaml, unstructure
    from spacenit_train.recipes.v1 import nano

    (tmp_path / "mine.py").write_text(SCRIPT_OF_A_USER)
    run = tmp_path / "run"
    checkpoint.write(run, 5, {"config.yaml": dump_yaml(unstructure(nano())).encode()})
    line = ["evals", "sweep", "--cluster=local", f"--checkpoint_path={run}", f"--module_path={tmp_path / 'mine.py'}"]
    line += ["--task-names=m_eurosat", "--defaults_only"]
    assert spacenit_run([*line, "--dry_run"]) == 0
    assert "would end here" not in capsys.readouterr().err
    assert spacenit_run([*line, "--model.decoder_config.depth=1"]) == 2
    assert "model.decoder.depth: 4, not 1" in capsys.readouterr().err
    assert spacenit_run([*line, "--model.decoder_config.deepth=1"]) == 2
    assert "did you mean" in capsys.readouterr().err
    (tmp_path / "mine.py").write_text("x = 1")
    assert spacenit_run(line) == 2 and "has no function experiment" in capsys.readouterr().err
