"""What does not fit is refused before any work, with what would."""

import pytest

from spacenit_train.distributed.rank_environment import started_as
from spacenit_train.distributed.world import World

from .dry_runs import refused

pytestmark = pytest.mark.usefixtures("one_process")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "RECIPE, RUN_NAME, CLUSTER are missing"),
        (("nano", "r"), "CLUSTER is missing"),
        (("nano", "r", "local", "extra"), "extra: one word too many"),
        (("nan", "r", "local"), "did you mean nano?"),
        (("nano", "local", "r"), "did you mean `r local`?"),
        (("nano", "r", "lokal"), "did you mean local?"),
        (("nano", "../r", "local"), "cannot be a run's name"),
        (("nano", "a/b", "local"), "cannot be a run's name"),
        (("nano", "..", "local"), "cannot be a run's name"),
        (("nano", "", "local"), "cannot be a run's name"),
        (("nano", "r", "local", "--run_name=../x"), "cannot be a run's name"),
        (("nano+no_such_patch", "r", "local"), "no_such_patch"),
        (("nano", "r", "local", "--patch", "no_such_patch"), "no_such_patch"),
        (("nano", "r", "local", "--data_loader.seed", "5"), "write --data_loader.seed=5"),
        (("nano", "r", "local", "--data_loader.seed"), "write --data_loader.seed=VALUE"),
        (("nano", "r", "local", "--plugn=masking=random"), "did you mean --plugin?"),
        (("nano", "r", "local", "--plugn", "masking=random"), "did you mean --plugin?"),
        (("nano", "r", "local", "--snsors=[landsat]"), "did you mean --sensors?"),
        (("nano", "r", "local", "--trainr.device=cpu"), "did you mean --trainer.device?"),
        (("nano", "r", "local", "--qqq=1"), "settings begin with run_name"),
        (("nano", "r", "local", "-x"), "-x: is no option"),
        (("nano", "r", "local", "--set-from", "absent.yaml"), "absent.yaml: No such file"),
        (("nano", "r", "local", "--common.seed=1"), "unknown key 'seed' in common; it takes run_name"),
        (("nano", "r", "local", "--common.tokenization_config=x"), "no component reads this"),
        (("nano", "r", "local", "--common.tokenization_config.overrides.landsat.bands=[[B8]]"), "no component reads"),
        (("nano", "r", "local", "--band_groups.landsat=[[B8,B99]]"), "no band 'B99'; did you mean B9?"),
        (("nano", "r", "local", "--band_groups.landst=[[B8]]"), "did you mean landsat?"),
        (("nano", "r", "local", "--common.nccl_debug=maybe"), "expected true or false"),
        (("nano", "r", "local", "--train_module.transform_config.transform_type=x"), "unknown key 'transform_config'"),
        (("nano", "r", "local", "--model.decoder_config.encoder_embedding_size=64"), "model.encoder.embedding_size"),
        (
            ("nano", "r", "local", "--trainer.max_duration.epochs=1", "--trainer.max_duration.steps=1"),
            "two different values",
        ),
        (("nano", "r", "local", "--trainer.max_duration.unit=weeks"), "steps or epochs or tokens"),
    ],
)
def test_a_wrong_command_line_is_answered_with_the_right_one(words, message):
    assert message in refused(*words)


def test_everything_wrong_is_told_at_once():
    message = refused(
        "nano", "r", "local", "--seed=x", "--plugin", "masking=randm", "--data_loader.sed=1", "--model.q=1"
    )

    assert message.startswith("4 problems")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--sensors=[]",), "no sensor is chosen"),
        (("--sensors=[landsat,landsat]",), "listed more than once"),
        (("--sensors=[landsatt]",), "did you mean landsat"),
        (("--sensors=[landsat,era5l_day_10]",), "spacenit-run data stats DIR --sensor era5l_day_10"),
        (("--train_module.masking.only_decode_modalities=[worldcovr]",), "did you mean worldcover?"),
        (("--sensors=[srtm]",), "every sensor is decoded only"),
        (("--data_loader.token_budget=5",), "token_budget=5 is too small"),
        (("--data_loader.max_patch_size=9",), "larger than the encoder's largest, 8"),
        (("--model.encoder.min_patch_size=2",), "smaller than the encoder's smallest, 2"),
        (("--data_loader.max_patch_size=2", "--data_loader.min_patch_size=3"), "must be at least min_patch_size=3"),
        (("--model.encoder.max_sequence_length=6",), "up to 12 time steps, the encoder takes 6"),
        (("--model.encoder.num_heads=3",), "must divide embedding_size"),
        (("--model.encoder.embedding_size=24",), "multiple of 16"),
        (
            ("--train_module.loss=info_nce",),
            "train_module.loss: takes a loss of tokens, not info_nce (a loss of pooled): ",
        ),
        (("--train_module.contrastive=modality_patch_discrimination",), "(a loss of tokens): info_nce"),
        (('--train_module.loss.modality_weights={"landst": 1}',), "did you mean landsat?"),
        (("--sensors=[srtm,landsat]", '--train_module.loss.modality_weights={"srtm": 1}'), "no weight for landsat"),
        (("--data_loader.global_batch_size=100",), "cannot be cut into equal micro-batches"),
        (("--nproc_per_node=3",), "for 3 processes"),
        (("--nproc_per_node=4", "--nnodes=5"), "for 20 processes"),
    ],
)
def test_what_does_not_fit_together_is_refused_before_any_work(words, message):
    assert message in refused("nano", "r", "local", *words)


def test_the_global_batch_is_divided_among_a_running_torchrun(monkeypatch):
    for name, value in {**PLACE, "WORLD_SIZE": "3"}.items():
        monkeypatch.setenv(name, value)

    assert "for 3 processes" in refused("nano", "r", "local")


PLACE = {"WORLD_SIZE": "2", "RANK": "0", "LOCAL_RANK": "0", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"WORLD_SIZE": "abc"}, "WORLD_SIZE is no number"),
        ({"WORLD_SIZE": "-2"}, "WORLD_SIZE is no number"),
        ({"WORLD_SIZE": "0"}, "there is no process"),
        ({"RANK": "one", "LOCAL_RANK": "x"}, "RANK and LOCAL_RANK are no numbers"),
        ({"MASTER_PORT": "abc"}, "MASTER_PORT=abc is no number"),
        ({"RANK": "2"}, "ranks of 2 processes go from 0 to 1"),
        ({"RANK": ""}, "WORLD_SIZE=2, LOCAL_RANK=0, but RANK is not set"),
        (dict.fromkeys(list(PLACE)[1:], ""), "RANK, LOCAL_RANK, MASTER_ADDR and MASTER_PORT are not set"),
    ],
)
def test_an_environment_that_names_no_place_is_refused(monkeypatch, changes, message):
    for name, value in {**PLACE, **changes}.items():
        monkeypatch.setenv(name, value)

    assert message in refused("nano", "r", "local")


@pytest.mark.parametrize("changes", [{"WORLD_SIZE": ""}, {"WORLD_SIZE": " "}, {"WORLD_SIZE": "1", "RANK": ""}])
def test_a_variable_without_a_value_is_none(monkeypatch, changes):
    for name, value in {**PLACE, **changes}.items():
        monkeypatch.setenv(name, value)

    assert started_as() is None and World.join("cpu").size == 1
