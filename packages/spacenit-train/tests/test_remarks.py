"""What a run does that its settings may not mean is said, before it begins."""

import pytest

from spacenit_train.remarks import known_steps, rate_jump, remarks
from spacenit_train.run import resolve_run
from spacenit_train.trainer.config import Duration
from spacenit_train.trainer.duration import Progress

from .dry_runs import invoke

pytestmark = pytest.mark.usefixtures("one_process")

SHORT = "--trainer.max_duration.steps=2000"
ONE = "--train_module.rank_microbatch_size=1"
S2 = ("--sensors=[sentinel2_l2a]", "--train_module.masking.only_decode_modalities=[]")
TIME = "--plugin=masking=modality_cross_time"


def notes(*words: str) -> str:
    result = invoke("nano", "r", "local", *words)
    assert result.exit_code == 0, result.exception
    return " ".join(line for line in result.stdout.splitlines() if line.startswith("note: "))


@pytest.mark.parametrize(
    ("words", "note"),
    [
        ((SHORT,), "rises at the last of 2,000 steps: it comes to 0.00025 of 0.001"),
        ((ONE,), "train_module.contrastive compares the samples of a micro-batch"),
        (("--data_loader.global_batch_size=1",), "each has one sample"),
        (("--data_loader.global_batch_size=8", "--nproc_per_node=8"), "each has one sample"),
        ((SHORT, "--trainer.metrics_collect_interval=3000"), "metrics are written at its end alone"),
        (
            (SHORT, "--trainer.callbacks.checkpointer.save_interval=3000",
             "--trainer.callbacks.checkpointer.ephemeral_save_interval=none"),
            "its end alone is kept, and a run that is killed begins again",
        ),
        ((SHORT, "--trainer.callbacks.checkpointer.save_interval=3000"), "its end alone is kept"),
        ((SHORT, "--trainer.callbacks.checkpointer.ephemeral_save_interval=3000"), "it never ends"),
        ((SHORT, "--plugin=masking=random_increasing", "--train_module.masking.steps=4000"), "go 50% of the way"),
        ((TIME, "--data_loader.global_batch_size=64", "--nproc_per_node=2"), "2 processes share it"),
        (("--train_module.masking.decode_ratio=0.00001",), "less than one token"),
        (("--trainer.callbacks={}",), "nothing is saved"),
        (("--plugin=transform=cutmix", "--data_loader.global_batch_size=1"), "which is one sample: it does nothing"),
        (("--plugin=transform=cutmix", "--data_loader.sampled_hw_p_list=[1]"), "have one patch: it does nothing"),
        (("--plugin=transform=sensor_dropout", *S2), "there is one: it does nothing"),
        (("--plugin=masking=time", "--sensors=[srtm,worldcover]", S2[1]), "no sensor has any"),
        (("--sensors=[srtm,sentinel2_l2a]", "--train_module.masking.only_decode_modalities=[srtm]",
          "--model.encoder.band_dropout_rate=0.5", "--model.encoder.band_dropout_modalities=[srtm]"), "there is none"),
    ],
)  # fmt: skip
def test_it_is_said(words: tuple[str, ...], note: str) -> None:
    assert note in notes(*words)


@pytest.mark.parametrize(
    "words",
    [
        (),
        (SHORT, "--train_module.scheduler.warmup_steps=200"),
        (ONE, "--train_module.contrastive.weight=0"),
        (ONE, "--train_module.contrastive=none"),
        (TIME, "--train_module.masking.valid_steps=sample", "--data_loader.global_batch_size=64", "--nproc_per_node=2"),
    ],
)
def test_nothing_is_said_where_all_is_meant(words: tuple[str, ...]) -> None:
    assert notes(*words) == ""


def test_a_longer_run_says_that_its_rate_rises_again() -> None:
    settings = ["--train_module.scheduler.warmup_steps=10", "--trainer.max_duration.steps=400"]
    experiment = resolve_run("nano", "r", overrides=settings).experiment
    before, done = Duration(value=200, unit="steps"), Progress(step=200, tokens=9)
    (note,) = rate_jump(experiment, before, done, 7)
    assert "begun for 200 steps and goes on for 400 steps" in note and "from 0.0001 to 0.00056" in note
    assert rate_jump(experiment, experiment.trainer.max_duration, done, 7) == []
    assert rate_jump(experiment, before, Progress(), 7) == []
    # In the warm-up the rate does not depend on the duration.
    assert rate_jump(experiment, before, Progress(step=5, tokens=9), 7) == []


def test_a_run_that_goes_on_with_fewer_processes_is_told_too() -> None:
    experiment = resolve_run("nano", "r", plugins=["masking=time"]).experiment
    found = remarks(experiment, steps=None, world_size=1, before=2)
    assert any("2 processes share it" in note for note in found) and not remarks(experiment, steps=None)


def test_steps_are_known_where_data_are_or_are_not_needed() -> None:
    assert known_steps(Duration(value=9, unit="steps"), None) == 9
    assert known_steps(Duration(value=9, unit="epochs"), None) is None
    assert known_steps(Duration(value=9, unit="epochs"), 3) == 27
    assert known_steps(Duration(value=9, unit="tokens"), 3) is None
