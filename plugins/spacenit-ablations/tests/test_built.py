"""What a patch names is what differs in the components that are built, and so it is with the guides' own settings."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache

import numpy as np
import pytest
import torch
from attrs import frozen
from torch import nn

from spacenit_core.kinds.losses import TokenPairs
from spacenit_core.kinds.patches import PATCHES
from spacenit_core.nn.band_dropout import enable_band_dropout
from spacenit_core.nn.encoder import Encoder
from spacenit_core.rng import Draws
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.visibility import DECODE, ENCODE
from spacenit_train.run import resolve_run
from spacenit_train.tile_experiment import TileExperiment

IMAGERY = {"sentinel2_l2a", "sentinel1", "landsat"}
AG_MAPS = {"cdl", "worldcereal"}
MAPS = {"worldcover", "openstreetmap_raster", "wri_canopy_height_map"} | AG_MAPS
EVERYTHING = IMAGERY | MAPS | {"srtm"}


def narrow(decoder: str) -> list[str]:
    """Settings that make a model of the base size fast to build; it keeps its twelve blocks."""
    sizes = [f"--model.{part}.{name}" for part in ("encoder", decoder) for name in ("embedding_size=48", "num_heads=4")]
    return [*sizes, "--model.encoder.drop_path=0", f"--model.{decoder}.depth=1"]


COUNT, STEPS = 6, 2


@frozen(kw_only=True, eq=False)
class Built:
    """The components of a run, built as the trainer does.

    Attributes:
        experiment: the run.
        layout: of a window of 2 x 2 patches.
        masks: of both views, uint8 ``[2, B, N]``; nothing is missing.
        runner: around the model.
    """

    experiment: TileExperiment
    layout: TokenLayout
    masks: np.ndarray
    runner: nn.Module

    @property
    def model(self) -> nn.Module:
        return self.runner.model

    @property
    def batch(self) -> Batch:
        """The same pixels of a sensor in every run."""
        pixels = {}
        for number, spec in enumerate(sorted(self.experiment.sensor_set, key=lambda spec: spec.name)):
            rng = np.random.default_rng([number, len(spec.name)])
            pixels[spec.name] = torch.from_numpy(rng.random((COUNT, *spec.shape(4, 4, STEPS)), dtype=np.float32))
        return Batch(
            pixels=pixels,
            timestamps=torch.tensor([[[1, 0, 2020], [1, 6, 2020]]]).expand(COUNT, -1, -1),
            layout=self.layout,
            visibility=torch.from_numpy(self.masks),
        )

    def share(self, sensor: str, state: int) -> np.ndarray:
        """Share of each sample's tokens of a sensor that are in a state, over both views."""
        return (self.masks[:, :, self.layout[sensor].tokens] == state).mean(axis=(0, 2))

    def ever(self, state: int) -> set[str]:
        """The sensors with tokens in a state."""
        return {name for name in self.layout.sensor_names if self.share(name, state).any()}

    def loss(self) -> dict[str, float]:
        """The metrics of a step."""
        torch.manual_seed(1)
        return {name: float(value) for name, value in self.runner(self.batch).metrics.items()}


Check = Callable[[Built, Built], None]
"""Compares the components of a reference with those of an ablation of it."""


@cache
def build(recipe: str, *overrides: str) -> Built:
    sizes = narrow("reconstructor.decoder" if "+mae" in recipe else "decoder")
    experiment = resolve_run(recipe, "r", overrides=[*sizes, *overrides]).experiment
    sensors = experiment.sensor_set
    layout = TokenLayout.of(sensors, rows=2, columns=2, timesteps=STEPS, patch_size=2)
    missing = np.zeros((COUNT, len(layout)), dtype=bool)
    policies = [masking.build() for masking in experiment.train_module.masking_of_views()]
    draws = [Draws(0, 0, f"masking view {view}", range(COUNT), COUNT) for view in range(len(policies))]
    masks = np.stack([policy(layout, missing, draw) for policy, draw in zip(policies, draws, strict=True)])
    torch.manual_seed(0)
    model = experiment.model.build(sensors)
    enable_band_dropout(model.encoder)
    return Built(experiment=experiment, layout=layout, masks=masks, runner=experiment.train_module.build(model).train())


def sensors_of(built: Built) -> set[str]:
    """The sensors that the encoder has weights for."""
    return {name.split("__")[0] for name in built.model.encoder.patch_embedding.projections}


def only(expected: set[str]) -> Check:
    def check(reference: Built, other: Built) -> None:
        assert sensors_of(reference) == EVERYTHING and sensors_of(other) == expected
        assert set(other.layout.sensor_names) == set(other.batch.pixels) == expected
        assert np.isfinite(list(other.loss().values())).all()

    return check


def no_contrast(reference: Built, other: Built) -> None:
    assert reference.loss()["InfoNCE"] > 0 and other.loss()["InfoNCE"] == 0


def token_loss(built: Built, *, one_sensor: bool = False, equal_targets: bool = False) -> float:
    """The loss of random tokens of a sample's two sensors, which count as one or not."""
    random = torch.Generator().manual_seed(0)
    predicted, target = torch.randn(2, 8, 16, generator=random)
    if equal_targets:
        target[5:] = target[4]
    pairs = TokenPairs(
        predicted=predicted,
        target=target,
        sample=torch.zeros(8, dtype=torch.int64),
        sensor=torch.tensor([0 if one_sensor else int(number > 3) for number in range(8)]),
        batch_size=1,
        sensors=("sentinel2_l2a", "worldcover"),
    )
    return float(built.experiment.train_module.loss.build()(pairs))


def patch_disc(reference: Built, other: Built) -> None:
    assert token_loss(reference) != pytest.approx(token_loss(reference, one_sensor=True))
    assert token_loss(other) == pytest.approx(token_loss(other, one_sensor=True))


def pixels_alone(reference: Built, other: Built) -> None:
    assert set(reference.loss()) == {"ModalityPatchDisc", "InfoNCE"} and set(other.loss()) == {"MAE"}
    assert (len(reference.masks), len(other.masks)) == (2, 1)
    ours, theirs = other.experiment, reference.experiment
    assert ours.model.encoder == theirs.model.encoder
    assert ours.model.reconstructor.decoder == theirs.model.decoder and other.model.decoder is None
    for name in ("masking", "optim", "scheduler", "rank_microbatch_size", "max_grad_norm"):
        assert getattr(ours.train_module, name) == getattr(theirs.train_module, name)
    loss = ours.train_module.mae
    assert (loss.loss_function, loss.beta) == ("SmoothL1Loss", 0.1)


def same_loss(reference: Built, other: Built) -> None:
    assert token_loss(reference) == token_loss(other)


def tells_equal_targets(reference: Built, other: Built) -> None:
    assert token_loss(reference) == pytest.approx(token_loss(other))
    assert token_loss(reference, equal_targets=True) < 0.9 * token_loss(other, equal_targets=True)


def same_masking(reference: Built, other: Built) -> None:
    assert other.ever(ENCODE) == IMAGERY & sensors_of(other)
    assert type(other.experiment.train_module.masking) is type(reference.experiment.train_module.masking)


def half_of_everything(reference: Built, other: Built) -> None:
    assert reference.ever(ENCODE) == IMAGERY and other.ever(ENCODE) == sensors_of(other)
    for name in sensors_of(other):
        assert (other.share(name, ENCODE) == 0.5).all() and (other.share(name, DECODE) == 0.5).all()
    assert (reference.share("landsat", ENCODE) != 0.5).any()


def maps_as_a_whole(reference: Built, other: Built) -> None:
    for name in EVERYTHING - IMAGERY:
        assert (other.share(name, DECODE) == 1).all() and (reference.share(name, DECODE) < 1).any()
    for name in IMAGERY:
        assert (other.share(name, ENCODE) == 0.5).all()


def by_band_sets(reference: Built, other: Built) -> None:
    assert other.ever(ENCODE) == sensors_of(other)
    # Some band sets of some samples are not encoded at all.
    assert any((other.share(name, ENCODE) < 0.5).any() for name in sensors_of(other))


@contextmanager
def moved(weights: Iterable[torch.Tensor], by: float) -> Iterator[None]:
    """Other weights for a while."""
    before = [(weight, weight.detach().clone()) for weight in weights]
    for weight, _ in before:
        weight.data.add_(by)
    try:
        yield
    finally:
        for weight, old in before:
            weight.data.copy_(old)


def fixed(built: Built) -> bool:
    """Whether the target stays as it is while the encoder learns."""
    own = list(built.model.target.parameters())
    before = [weight.clone() for weight in own]
    with moved(built.model.encoder.parameters(), 0.5), moved(own, 0.0):
        built.runner.on_step_start(1, 10)
        return all(torch.equal(old, new) for old, new in zip(before, own, strict=True))


def target_of_blocks(built: Built) -> bool:
    """Whether the targets come from the target's last block, and not from its patches alone."""
    batch, exits = built.batch, built.experiment.train_module.token_exit_cfg
    before = built.model(batch, exits).target
    blocks = [weight for name, weight in built.model.target.named_parameters() if name.startswith("blocks.11.")]
    with moved(blocks, 0.5):
        return not torch.equal(before, built.model(batch, exits).target)


def follows(reference: Built, other: Built) -> None:
    assert fixed(reference) and not fixed(other)
    assert not target_of_blocks(other)


def follows_whole(reference: Built, other: Built) -> None:
    assert fixed(reference) and not fixed(other)
    assert target_of_blocks(other) and not target_of_blocks(reference)


def stays(reference: Built, other: Built) -> None:
    assert fixed(other) and not target_of_blocks(other)


def begins_anew(reference: Built, other: Built) -> None:
    for built, same in ((reference, True), (other, False)):
        own = dict(built.model.target.named_parameters())
        online = dict(built.model.encoder.named_parameters())
        matrices = [name for name, weight in own.items() if weight.ndim > 1]
        assert len(matrices) >= 9
        assert [torch.equal(own[name], online[name]) for name in matrices] == [same] * len(matrices)


def no_pixel_layers(reference: Built, other: Built) -> None:
    assert len(reference.model.encoder.patch_embedding.pixel_projections) > 0
    assert len(other.model.encoder.patch_embedding.pixel_projections) == 0
    assert np.isfinite(list(other.loss().values())).all()


def all_bands(reference: Built, other: Built) -> None:
    def tokens(built: Built, seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        encoder: Encoder = built.model.encoder
        return encoder(built.batch, built.batch.visibility).packed

    assert not torch.equal(tokens(reference, 0), tokens(reference, 1))
    assert torch.equal(tokens(other, 0), tokens(other, 1))


def random_tokens_within_band_sets(reference: Built, other: Built) -> None:
    """v1.1 masks a map as a whole, v1 masks tokens of it at random."""
    assert all((reference.share(name, DECODE) == 1).all() for name in EVERYTHING - IMAGERY)
    assert any((other.share(name, DECODE) == 0.5).any() for name in EVERYTHING - IMAGERY)


SENSORS = {
    "no_ag_maps": EVERYTHING - AG_MAPS,
    "no_maps": EVERYTHING - MAPS,
    "no_decode_modalities": IMAGERY,
    "no_landsat": {"sentinel2_l2a", "sentinel1"},
    "s2_only": {"sentinel2_l2a"},
}

EXPECTED: dict[str, tuple[str, list[Check]]] = {
    **{name: ("base", [only(sensors), same_masking]) for name, sensors in SENSORS.items()},
    "no_contrastive": ("base", [no_contrast, same_masking, same_loss]),
    "mae": ("base", [pixels_alone, same_masking]),
    "original_patch_disc": ("base", [patch_disc, same_masking]),
    "random_masking": ("base", [half_of_everything, same_loss]),
    "random_fixed_modality": ("base", [maps_as_a_whole, same_loss]),
    "random_target_init": ("base", [begins_anew, stays]),
    "ema_active": ("base", [follows, same_masking, same_loss]),
    "no_nonlinear": ("v1_1_base", [no_pixel_layers, same_loss]),
    "no_band_dropout": ("v1_1_base", [all_bands]),
    "v1_loss": ("v1_1_base", [tells_equal_targets]),
    "v1_masking": ("v1_1_base", [random_tokens_within_band_sets, same_loss]),
    **{
        f"{masking}_{loss}_disc_{target}": ("base", [only(IMAGERY), no_contrast, of_masking, of_loss, of_target])
        for masking, of_masking in {"random": half_of_everything, "cross_random": by_band_sets}.items()
        for loss, of_loss in {"patch": patch_disc, "modality_patch": same_loss}.items()
        for target, of_target in {"no_ema": stays, "ema_exit_zero": follows, "ema_exit_full": follows_whole}.items()
    },
}
"""Ablation -> the recipe that it is for, and what must hold of the components."""

PATCH = "--train_module.loss_config.loss_config.type=patch_discrimination_new"
EMA = "--train_module.ema_decay=[0.996,1.0]"
FULL = '--train_module.token_exit_cfg={"sentinel2_l2a": 12, "sentinel1": 12, "landsat": 12}'
ALONE = [
    "--train_module.contrastive_config.loss_config.weight=0.0",
    "--common.training_modalities=[sentinel2_l2a,sentinel1,landsat]",
]


def sensors_of_the_guide(sensors: str, only_decode: str) -> list[str]:
    return [
        f"--common.training_modalities=[{sensors}]",
        f"--train_module.masking_config.strategy_config.only_decode_modalities=[{only_decode}]",
    ]


# The settings that the guides' ablations give, with the patch that does the same.
GUIDE: list[tuple[str, list[str]]] = [
    ("no_contrastive", ["--train_module.contrastive_config.loss_config.weight=0.0"]),
    ("random_target_init", ["--train_module.reinit_targets=True"]),
    ("original_patch_disc", [PATCH]),
    (
        "no_ag_maps",
        sensors_of_the_guide(
            "sentinel2_l2a,sentinel1,landsat,worldcover,srtm,openstreetmap_raster,wri_canopy_height_map",
            "worldcover,srtm,openstreetmap_raster,wri_canopy_height_map",
        ),
    ),
    ("no_maps", sensors_of_the_guide("sentinel2_l2a,sentinel1,landsat,srtm", "srtm")),
    ("no_decode_modalities", sensors_of_the_guide("sentinel2_l2a,sentinel1,landsat", "")),
    ("no_landsat", sensors_of_the_guide("sentinel2_l2a,sentinel1", "")),
    ("s2_only", sensors_of_the_guide("sentinel2_l2a", "")),
    ("ema_active", [EMA]),
    ("random_patch_disc_ema_exit_full", ["--train_module.masking.type=random", *ALONE, PATCH, EMA, FULL]),
    ("random_patch_disc_ema_exit_zero", ["--train_module.masking.type=random", *ALONE, PATCH, EMA]),
    ("random_patch_disc_no_ema", ["--train_module.masking.type=random", *ALONE, PATCH]),
    ("cross_random_patch_disc_no_ema", [*ALONE, PATCH]),
    ("cross_random_modality_patch_disc_no_ema", ALONE),
]


def test_every_ablation_is_looked_at():
    ours = {entry.name for entry in PATCHES.entries() if entry.value.startswith("spacenit_ablations.")}

    assert ours == EXPECTED.keys()


@pytest.mark.parametrize("name", EXPECTED)
def test_what_a_patch_names_is_what_differs(name):
    recipe, checks = EXPECTED[name]

    for check in checks:
        check(build(recipe), build(f"{recipe}+{name}"))


@pytest.mark.parametrize("name", EXPECTED)
def test_every_ablation_learns_from_a_batch(name):
    built = build(f"{EXPECTED[name][0]}+{name}")
    loss = built.runner(built.batch).loss
    gradients = torch.autograd.grad(loss, [weight for weight in built.model.parameters() if weight.requires_grad])

    assert np.isfinite(loss.item()) and loss > 0
    assert all(gradient.isfinite().all() for gradient in gradients)
    assert sum(float(gradient.abs().sum()) for gradient in gradients) > 0


@pytest.mark.parametrize(("name", "settings"), GUIDE, ids=lambda value: value if isinstance(value, str) else "")
def test_settings_of_the_guides_build_what_the_patch_builds(name, settings):
    recipe, checks = EXPECTED[name]
    written = build(recipe, *settings)

    for check in checks:
        check(build(recipe), written)
    assert written.experiment == build(f"{recipe}+{name}").experiment


def test_patches_are_laid_one_upon_the_other():
    both = build("base+no_maps+no_contrastive")

    only(EVERYTHING - MAPS)(build("base"), both)
    no_contrast(build("base"), both)
