"""Words of the pretraining guides that are called otherwise here are answered with what to type."""

import pytest

from spacenit_core.cli.main import run


def told(capsys: pytest.CaptureFixture, command: str) -> str:
    """What a command line that is refused says."""
    assert run(command.split()) == 2
    err: str = capsys.readouterr().err
    assert err.startswith("error: ") and "Usage:" not in err
    return err


LINES = [
    ("launch base my_run ai2/saturn", "write: spacenit-run train base my_run local\n"),
    ("launch_prep base my_run ai2/saturn", "write: spacenit-run prep base my_run local\n"),
    ("base train my_run local --seed=3", "write: spacenit-run train base my_run local --seed=3\n"),
    ("base+s2_only dry_run my_run local", "write: spacenit-run dry_run base+s2_only my_run local\n"),
    ("latent_mim launch my_run ai2/saturn-cirrascale", "write: spacenit-run train latent_mim my_run local\n"),
    ("scripts/official/nano.py train r local", "write: spacenit-run train nano r local\n"),
    ("scripts/official/large.py launch r ai2/saturn --x.y=3", "write: spacenit-run train large r local\n"),
    ("scripts/official/ablations/base_launch_ablations.sh", "write: spacenit-run ablate base --all"),
    ("helios/internal/full_eval_sweep.py --cluster=x", "write: spacenit-run evals sweep --cluster=local"),
    ("full_eval_sweep", "write: spacenit-run evals sweep --cluster=local"),
    ("run_h5_conversion", "write: spacenit-run data convert ROOT"),
    ("convert /data", "write: spacenit-run data convert /data\n"),
    ("doctor", "write: spacenit-run plugins doctor\n"),
    ("train base r ai2/saturn", "let its scheduler run the command with local"),
    ("dry_run base r local --launch.num_gpus=8", "--nproc_per_node=N"),
    ("dry_run base r local --launch.clusters=[ai2/saturn,ai2/jupiter]", "the cluster's scheduler"),
    (
        "dry_run base r local --trainer.callbacks.downstream_evaluator.tasks_to_run=[m_eurosta]",
        "did you mean m_eurosat",
    ),
    ("train base r local --config x.json", "--set-from FILE.yaml"),
    ("train base r local --config=x.json", "--set-from FILE.yaml"),
    ("train base r local --resume_from_checkpoint=x", "--trainer.load_path=FOLDER"),
    ("train base r local --resume_from_checkpoint x", "resumes it"),
    ("dry_run base r local --data_loader.transforms=[dihedral]", "--plugin transforms="),
]


@pytest.mark.parametrize(("command", "said"), LINES, ids=[command for command, _ in LINES])
def test_a_line_of_a_guide_is_answered_with_ours(command, said, capsys):
    assert said in told(capsys, command)


def test_what_is_missing_is_explained(capsys):
    assert "RUN_NAME: a name of your choice" in told(capsys, "train base")
    assert "RECIPE: what is trained" in told(capsys, "ablate")


def test_messages_do_not_list_dozens_of_names(capsys):
    said = told(capsys, "dry_run base r local --patch nothing_like_it")

    assert max(map(len, said.splitlines())) < 320
    assert "which `spacenit-run plugins list patches` shows" in said


def test_a_folder_without_runs_or_sets_is_refused_without_a_walk_through_the_disk(tmp_path, capsys, monkeypatch):
    deep = tmp_path.joinpath(*"abcdefgh")
    deep.mkdir(parents=True)
    (deep / "sample_metadata.csv").touch()
    monkeypatch.setattr("spacenit_data.h5.below.ENTRIES", 3)

    assert "has no usable checkpoint" in told(capsys, f"evaluate {tmp_path} --labels x.tif")
    assert "holds no samples" in told(capsys, f"data stats {tmp_path}")
    assert "holds no samples" in told(capsys, f"data validate {tmp_path}")
