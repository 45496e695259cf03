"""Which losses of two cells may be compared."""

from spacenit_ablations.ablate.figures import judging_losses
from spacenit_ablations.ablate.plan import Cell, Request, make_plan
from spacenit_train.run import resolve_run


def cell(recipe: str, patch: str) -> Cell:
    request = Request(recipe=recipe, run_name="r", cluster="local", names=(patch,))
    return make_plan(request).cells[1]


def test_a_runner_with_a_loss_per_branch_is_judged_by_both() -> None:
    two = resolve_run("base", "r", overrides=["--train_module.type=galileo", "--model.type=galileo"])
    role, metrics = judging_losses(two.experiment.train_module)
    assert role == "tokens" and metrics == ("ModalityPatchDisc_a", "ModalityPatchDisc_b")
    one = cell("base", "no_contrastive")
    assert judging_losses(one.experiment.train_module) == ("tokens", ("ModalityPatchDisc",))


def test_a_runner_without_a_loss_of_tokens_is_judged_by_its_pixels() -> None:
    role, metrics = judging_losses(cell("base", "mae").experiment.train_module)
    assert role == "pixels" and metrics == ("MAE",)


def test_random_masking_changes_the_policy_alone() -> None:
    changes = {path: (old, new) for path, old, new in cell("nano+demo", "random_masking").changes}
    assert "train_module.masking.type" in changes
    assert not {"train_module.masking.encode_ratio", "train_module.masking.decode_ratio"} & set(changes)
