"""Trying an entry with its defaults on a toy: what `plugins doctor --deep` does beyond loading."""

from collections.abc import Callable
from typing import Any

import attrs
import numpy as np

from spacenit_core.contracts.build import build, contract_of
from spacenit_core.contracts.launchers import run_folder
from spacenit_core.contracts.masking import check_use
from spacenit_core.contracts.optimizers import first_step
from spacenit_core.contracts.owner import owner_of, shown_type
from spacenit_core.contracts.patches import check_patch
from spacenit_core.contracts.schedulers import learning_rate
from spacenit_core.contracts.strategies import try_strategy
from spacenit_core.errors import UserError
from spacenit_core.kinds.losses import EncodedView, PixelPairs, TokenPairs
from spacenit_core.kinds.protocols import EmbeddedPart, LabelledSplit, Prediction
from spacenit_core.plugins.registry import is_own, registry
from spacenit_core.rng import Draws
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.normalized_windows import NormalizedWindows
from spacenit_core.samples.visibility import DECODE, ENCODE, MISSING
from spacenit_core.sensors.selection import SensorSet

ROWS, SIDE, STEPS = 6, 4, 4


def is_tried(kind: str) -> bool:
    """Whether entries of a kind can be tried without data and without a trained model."""
    return _trial(kind) is not None


def try_out(kind: str, item: Any) -> None:
    """Try an entry.

    Args:
        kind: its kind.
        item: its config; of kinds that hold values or functions the value.

    Raises:
        PluginError: where it breaks its contract.
        Exception: whatever it raises.
    """
    trial = _trial(kind)
    assert trial is not None
    trial(item)


def _trial(kind: str) -> Callable[[Any], object] | None:
    """What tries entries of a kind, which of a plugin's kind is `try_out` of its contract; None where nothing does."""
    if is_own(kind):
        return _TRIALS.get(kind)
    found: Callable[[Any], object] | None = getattr(contract_of(registry(kind)), "try_out", None)
    return found


def _sensors() -> SensorSet:
    return SensorSet.of(["sentinel2_l2a", "sentinel1", "srtm"])


def _layout() -> TokenLayout:
    return TokenLayout.of(_sensors(), rows=SIDE, columns=SIDE, timesteps=STEPS, patch_size=1)


def _draws() -> Draws:
    return Draws(0, 0, "trial", range(ROWS), ROWS)


def _missing(layout: TokenLayout) -> np.ndarray:
    return np.random.default_rng(0).random((ROWS, len(layout))) < 0.2


def _masking(config: Any) -> None:
    layout, policy, owner = _layout(), build(config), owner_of(config)
    missing = _missing(layout)
    masks = [policy(layout, missing.copy(), _draws()) for _ in range(2)]
    if not np.array_equal(*masks):
        owner.breaks("the same draws give the same mask", "masks differently when it is called again")
    check_use(masks[0], owner)


def _windows() -> NormalizedWindows:
    layout, rng = _layout(), np.random.default_rng(0)
    pixels = {spec.name: rng.random((ROWS, *spec.shape(SIDE, SIDE, STEPS)), dtype=np.float32) for spec in _sensors()}
    missing = np.zeros((ROWS, len(layout)), dtype=bool)
    dates = np.tile([[1, month, 2020] for month in range(STEPS)], (ROWS, 1, 1))
    return NormalizedWindows(pixels=pixels, missing=missing, layout=layout, timestamps=dates)


def _transform(config: Any) -> None:
    transform, results = build(config), []
    for _ in range(2):
        windows = _windows()
        transform(windows, _draws())
        results.append(windows)
    first, second = results
    same = all(np.array_equal(first.pixels[name], second.pixels[name]) for name in first.pixels)
    if not same or not np.array_equal(first.missing, second.missing):
        owner_of(config).breaks(
            "the same draws change windows alike", "changes them differently when it is called again"
        )


def _loss(config: Any) -> None:
    import torch

    loss = build(config)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        for given in _LOSS_INPUTS[config.role]():
            result = loss(*given)
            if not bool(torch.isfinite(result)):
                owner_of(config).breaks("a loss is a finite number, 0 where nothing is compared", f"returned {result}")


def _token_pairs() -> list[tuple[TokenPairs]]:
    import torch

    pairs = []
    for count in (24, 0):
        predicted, target = torch.randn(2, count, 16)
        number = torch.arange(count)
        pairs.append(
            TokenPairs(
                predicted=predicted.requires_grad_(),
                target=target,
                sample=number // 8,
                sensor=number % 2,
                batch_size=3,
                sensors=("sentinel2_l2a", "sentinel1"),
            )
        )
    return [(pair,) for pair in pairs]


def _pooled() -> list[tuple[Any, Any]]:
    import torch

    first, second = torch.randn(2, ROWS, 16)
    return [(first.requires_grad_(), second.requires_grad_())]


def _view() -> list[tuple[EncodedView]]:
    import torch

    pooled, tokens = torch.randn(4, 16, requires_grad=True), torch.randn(24, 16, requires_grad=True)
    return [(EncodedView(pooled=pooled, tokens=tokens, sample=torch.arange(24) // 6),)]


def _pixel_pairs() -> list[tuple[PixelPairs]]:
    import torch

    layout, windows = _layout(), _windows()
    true = {name: torch.from_numpy(values) for name, values in windows.pixels.items()}
    made = {spec.name: torch.rand_like(true[spec.name]).requires_grad_() for spec in _sensors() if spec.spatial}
    visibility = np.where(np.arange(len(layout)) % 2, np.uint8(DECODE), np.uint8(ENCODE))
    rows = np.where(_missing(layout), np.uint8(MISSING), visibility)
    return [(PixelPairs(reconstructed=made, true=true, visibility=torch.from_numpy(rows), layout=layout),)]


_LOSS_INPUTS: dict[str, Callable[[], list[Any]]] = {
    "tokens": _token_pairs,
    "pooled": _pooled,
    "regularizer": _view,
    "pixels": _pixel_pairs,
}


def _optimizer(config: Any) -> None:
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(0)
        first = torch.nn.Linear(4, 4)
        first.bias.requires_grad_(False)
        model = torch.nn.Sequential(first, torch.nn.LayerNorm(4), torch.nn.Linear(4, 1))
        optimizer = build(config, model)
        model(torch.randn(8, 4)).square().sum().backward()
        first_step(optimizer, owner_of(config))


def _scheduler(config: Any) -> None:
    for step in (1, 2, 10, 50, 99, 100):
        learning_rate(config, 1e-3, step, 100)


def _encoder(config: Any) -> None:
    import torch

    from spacenit_core.samples.batch import Batch

    windows, sensors = _windows(), _sensors()
    encoder = build(config, sensors)
    batch = Batch(
        pixels={name: torch.from_numpy(values[:2]) for name, values in windows.pixels.items()},
        timestamps=torch.from_numpy(windows.timestamps[:2]),
        layout=TokenLayout.of(sensors, rows=SIDE, columns=SIDE, timesteps=STEPS, patch_size=1),
        visibility=torch.zeros(1, 2, len(windows.layout), dtype=torch.uint8),
    )
    encoder(batch, batch.visibility[0], project="projection" in config.provides)
    if "targets" in config.provides:
        none = dict.fromkeys(sensors.names, 0)
        encoder.target_projection()(batch, batch.visibility, encoder.patches(batch), none)


def _attention(config: Any) -> None:
    import torch

    from spacenit_core.nn.attention.packed import looped_attention
    from spacenit_core.nn.sequences import Sequences

    sequences = Sequences(torch.tensor([3, 5, 1]))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        query, key, value = torch.randn(3, 9, 2, 8, requires_grad=True)
    result = build(config)(query, key, value, sequences, sequences)
    if not torch.allclose(result, looped_attention(query, key, value, sequences, sequences), atol=1e-4):
        owner_of(config).breaks("backends differ in speed, not in the result", "gives another result than `packed`")


def _protocol(config: Any) -> None:
    if config.needs_samples or "classification" not in config.tasks:
        return
    rng = np.random.default_rng(0)
    labels, groups = np.repeat([0, 1], 24), np.arange(48) // 2 % 6
    vectors = (rng.normal(size=(48, 4)) + 5.0 * (labels == 1)[:, None]).astype(np.float32)
    train, test = (
        EmbeddedPart(labels=labels[start::2], groups=groups[start::2], vectors=vectors[start::2]) for start in (0, 1)
    )
    found = build(config).predict(_NoEmbedder(), LabelledSplit(train=train, test=test, classes=2))
    parts = [found] if isinstance(found, np.ndarray | Prediction) else found
    predicted = np.concatenate([part.values if isinstance(part, Prediction) else part for part in parts])
    if (predicted == test.labels).mean() < 0.75:
        owner_of(config).breaks("a protocol tells classes apart that lie far apart", "takes two distant clouds for one")


class _NoEmbedder:
    """Stands for an embedder whose vectors are at hand."""

    def pooled(self, samples: Any) -> np.ndarray:
        raise UserError("this protocol needs samples, and is tried on vectors alone")

    grid = pooled


def _launcher(config: Any) -> None:
    run_folder(config, "trial")


def _recipe(recipe: Any) -> None:
    made = recipe()
    if not attrs.has(type(made)):
        raise TypeError(f"a recipe returns an experiment, not {shown_type(made)}")


_TRIALS: dict[str, Callable[[Any], None]] = {
    "attention": _attention,
    "callbacks": build,
    "encoders": _encoder,
    "launchers": _launcher,
    "losses": _loss,
    "masking": _masking,
    "models": lambda config: build(config, _sensors()) and None,
    "optimizers": _optimizer,
    "patches": check_patch,
    "protocols": _protocol,
    "recipes": _recipe,
    "schedulers": _scheduler,
    "strategies": try_strategy,
    "transforms": _transform,
}
