"""What every embedder of other people's encoders owes, whoever wrote the encoder: scores would not show a breach."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import torch
from attrs import evolve, frozen

from spacenit_core.cli.main import run as spacenit_run
from spacenit_core.contracts.build import build
from spacenit_core.errors import UserError
from spacenit_core.kinds.embedders import EMBEDDERS, Embedder, Trainable
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import NODATA, SensorSpec
from spacenit_dinov3 import network as dinov3_network

PIXELS: dict[str, Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]] = {
    "dB": lambda rng, shape: rng.normal(-14, 3, shape).astype(np.float32),
    "digital number": lambda rng, shape: rng.integers(6000, 14_000, shape).astype(np.uint16),
    "reflectance x 10,000": lambda rng, shape: rng.integers(300, 2500, shape).astype(np.uint16),
}
OTHER_UNITS = {
    "dB": lambda values: 10 ** (values / 10),
    "digital number": lambda values: values / 65_536,
    "reflectance x 10,000": lambda values: values / 10_000,
}


@frozen(kw_only=True)
class Baseline:
    """An embedder, and what it does.

    Attributes:
        name: of its entry.
        sensors: what it takes at once.
        refused: a sensor that it cannot take.
        months: whether months move vectors.
        patches: patch size that is asked for -> patches along 16 cells.
        settings: so that it is small and needs no weights.
    """

    name: str
    sensors: tuple[str, ...]
    refused: str
    months: bool
    patches: dict[int, int]
    settings: dict[str, object]

    def build(self, sensors: SensorSet | None = None, patch_size: int = 4, **settings: object) -> Embedder:
        """Made, with weights of which all count."""
        config = EMBEDDERS.get(self.name)(**{"random_init": True, **self.settings, **settings})
        inputs = ModelInputs(sensors=sensors or SensorSet.of(self.sensors), patch_size=patch_size)
        embedder: Embedder = build(config, None, inputs)
        for name, weight in getattr(embedder, "network", torch.nn.Module()).named_parameters():
            if name.endswith("gamma"):
                weight.fill_(1.0)
        return embedder

    def sample(self, seed: int = 0, side: int = 16, dates: int = 2, first_month: int = 3) -> SampleWindow:
        """A window of random pixels in stored units."""
        rng, sensors = np.random.default_rng(seed), SensorSet.of(self.sensors)
        return SampleWindow(
            index=seed,
            bands={spec.name: PIXELS[spec.units](rng, spec.shape(side, side, dates)) for spec in sensors},
            present={spec.name: np.ones(dates, bool) for spec in sensors},
            timestamps=np.array([(1, first_month + date, 2020) for date in range(dates)]),
            latlon=np.array([50.0, 4.0], np.float32),
        )


BOTH = ("sentinel2_l2a", "sentinel1")
BASELINES = (
    Baseline(
        name="galileo",
        sensors=BOTH,
        refused="landsat",
        months=True,
        patches={1: 16, 2: 8, 4: 4, 8: 2},
        settings={},
    ),
    Baseline(name="presto", sensors=BOTH, refused="landsat", months=True, patches={1: 16, 4: 4, 16: 1}, settings={}),
    Baseline(
        name="dinov3",
        sensors=("sentinel2_l2a",),
        refused="sentinel1",
        months=False,
        patches={1: 2, 4: 2},
        settings={"side": 32, "size": "vits16"},
    ),
    Baseline(
        name="panopticon",
        sensors=(*BOTH, "landsat"),
        refused="naip_10",
        months=False,
        patches={1: 2, 4: 2},
        settings={"size": 28},
    ),
)


@pytest.fixture(
    params=[pytest.param(each, marks=[pytest.mark.extras] * (each.name == "panopticon")) for each in BASELINES],
    ids=lambda each: each.name,
)
def baseline(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Baseline:
    small = partial(dinov3_network.create, embed_dim=32, depth=2, num_heads=2, init_values=1.0)
    monkeypatch.setattr(dinov3_network, "create", small)
    found: Baseline = request.param
    return found


def spiked(window: SampleWindow, spec: SensorSpec, band: str) -> SampleWindow:
    values = window.bands[spec.name].astype(np.float32)
    values[3:6, 2:5, 1, spec.bands.index(band)] *= 1.5
    return evolve(window, bands={**window.bands, spec.name: values})


def apart(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one - other).max())


def test_the_bands_that_its_facts_name_move_its_vectors_and_no_others(baseline: Baseline) -> None:
    embedder, window = baseline.build(), baseline.sample()
    config = EMBEDDERS.get(baseline.name)(random_init=True, **baseline.settings)
    sensors = SensorSet.of(baseline.sensors)
    facts = config.facts(None, ModelInputs(sensors=sensors, patch_size=4))
    told = {(each.name, band) for each in facts.sensors for band in each.bands}
    here = embedder.pooled([window])
    moved = {
        (spec.name, band)
        for spec in sensors
        for band in spec.bands
        if apart(embedder.pooled([spiked(window, spec, band)]), here) > 1e-6
    }
    assert moved == told
    assert [each.units for each in facts.sensors] == [sensors[each.name].units for each in facts.sensors]


def test_bands_are_found_by_name_in_whatever_order_they_lie(baseline: Baseline) -> None:
    spec = SensorSet.of(baseline.sensors)["sentinel2_l2a"]
    turned = evolve(
        spec,
        band_groups=tuple(evolve(group, bands=group.bands[::-1]) for group in reversed(spec.band_groups)),
        normalization=None
        if spec.normalization is None
        else evolve(
            spec.normalization,
            mean=tuple(spec.normalization.mean[spec.bands.index(band)] for band in _turned(spec)),
            std=tuple(spec.normalization.std[spec.bands.index(band)] for band in _turned(spec)),
        ),
    )
    others = tuple(each for each in SensorSet.of(baseline.sensors) if each.name != spec.name)
    window = baseline.sample()
    order = [spec.bands.index(band) for band in turned.bands]
    bands = {**window.bands, spec.name: window.bands[spec.name][..., order]}
    found = baseline.build(SensorSet((turned, *others))).pooled([evolve(window, bands=bands)])
    np.testing.assert_allclose(found, baseline.build().pooled([window]), atol=1e-5)


def _turned(spec: SensorSpec) -> list[str]:
    return [band for group in reversed(spec.band_groups) for band in group.bands[::-1]]


def test_other_units_are_refused_by_what_is_stated_and_by_the_numbers(baseline: Baseline) -> None:
    for spec in SensorSet.of(baseline.sensors):
        stated = SensorSet(tuple(evolve(each, units="metres") if each == spec else each for each in _all(baseline)))
        with pytest.raises(UserError, match=f"{baseline.name} takes {spec.name} in {spec.units}, not in metres"):
            baseline.build(stated)
        window = baseline.sample()
        window.bands[spec.name] = OTHER_UNITS[spec.units](window.bands[spec.name].astype(np.float32))
        with pytest.raises(UserError, match=f"{baseline.name} takes {spec.name} in {spec.units}, but its pixels"):
            baseline.build().pooled([window])


def _all(baseline: Baseline) -> SensorSet:
    return SensorSet.of(baseline.sensors)


def test_what_it_cannot_take_is_refused_before_anything_is_computed(baseline: Baseline) -> None:
    with pytest.raises(UserError, match=f"{baseline.name} takes .*not {baseline.refused}"):
        baseline.build(SensorSet.of([*baseline.sensors, baseline.refused]))
    left_out = baseline.build(SensorSet.of([*baseline.sensors, baseline.refused]), leave_out=True)
    window = baseline.sample()
    np.testing.assert_array_equal(left_out.pooled([window]), baseline.build().pooled([window]))


def test_months_move_vectors_where_the_encoder_knows_months(baseline: Baseline) -> None:
    embedder = baseline.build()
    moved = apart(embedder.pooled([baseline.sample(first_month=9)]), embedder.pooled([baseline.sample()]))
    assert (moved > 1e-3) == baseline.months and (baseline.months or moved == 0)


def test_patches_are_as_its_facts_say(baseline: Baseline) -> None:
    config = EMBEDDERS.get(baseline.name)(random_init=True, **baseline.settings)
    for asked, along in baseline.patches.items():
        grid = baseline.build(patch_size=asked).grid([baseline.sample(dates=1)])
        assert grid.shape[:3] == (1, along, along) and np.isfinite(grid).all()
    single = baseline.build().grid([baseline.sample(side=1)])
    assert single.shape[:3] == (1, 1, 1) and np.isfinite(single).all()
    assert config.facts(None, None).input_size


def test_a_batch_of_one_is_a_batch_of_many(baseline: Baseline) -> None:
    windows = [baseline.sample(seed, dates=2 if seed else 1) for seed in range(3)]
    last = baseline.sensors[-1]
    if len(baseline.sensors) > 1:
        del windows[1].bands[last], windows[1].present[last]
    embedder = baseline.build()
    for of in (embedder.pooled, embedder.grid):
        alone = np.concatenate([of([window]) for window in windows])
        np.testing.assert_allclose(of(windows), alone, atol=2e-5)
        np.testing.assert_allclose(of(windows[::-1]), alone[::-1], atol=2e-5)


def test_an_absent_sensor_is_absent_and_not_zeros(baseline: Baseline) -> None:
    window, embedder, last = baseline.sample(), baseline.build(), baseline.sensors[-1]
    without = evolve(window, bands={name: values for name, values in window.bands.items() if name != last})
    nodata = {**window.bands, last: np.full(window.bands[last].shape, NODATA, np.float32)}
    missing = embedder.pooled([evolve(window, bands=nodata)])
    if not without.bands:
        assert np.isnan(missing).all() and np.isnan(embedder.pooled([without])).all()
        return
    others = SensorSet.of(baseline.sensors[:-1])
    alone = baseline.build(others).pooled([without])
    low = np.full(window.bands[last].shape, -20 if last == "sentinel1" else 6000, np.float32)
    np.testing.assert_allclose(embedder.pooled([without]), alone, atol=1e-5)
    np.testing.assert_allclose(missing, alone, atol=1e-5)
    assert apart(embedder.pooled([evolve(window, bands={**window.bands, last: low})]), alone) > 1e-3


def test_it_is_trained_further_by_what_is_seen(baseline: Baseline) -> None:
    embedder, window = baseline.build(), baseline.sample()
    for name, values in window.bands.items():
        window.bands[name] = values.astype(np.float32)
        window.bands[name][-8:, -8:] = NODATA
    assert isinstance(embedder, Trainable)
    module = embedder.trainable()
    tokens = module([window])
    np.testing.assert_allclose(tokens.detach().numpy(), embedder.grid([window]), atol=1e-5)
    assert tokens.isnan().any() and not tokens.isnan().all()
    torch.where(tokens.isnan(), 0, tokens).square().mean().backward()
    gradients = [weight.grad for weight in module.parameters() if weight.grad is not None]
    assert gradients and all(gradient.isfinite().all() for gradient in gradients)


def test_its_identity_holds_its_settings_and_not_where_it_computes(baseline: Baseline) -> None:
    entry, inputs = EMBEDDERS.get(baseline.name), ModelInputs(sensors=_all(baseline), patch_size=4)
    config = entry(random_init=True, **baseline.settings)
    here = config.identity(None, inputs)
    assert here is not None and evolve(config, device="cuda").identity(None, inputs) == here
    assert evolve(config, seed=1).identity(None, inputs) != here
    assert config.identity(None, evolve(inputs, patch_size=2)) != here
    variable = {"dinov3": "DINOV3_CHECKPOINT_DIR"}.get(baseline.name, f"{baseline.name.upper()}_DIR")
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv(variable, raising=False)
        assert entry(**baseline.settings).identity(None, inputs) is None


def test_the_command_tells_what_a_baseline_is(
    baseline: Baseline, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for variable in ("GALILEO_DIR", "PRESTO_DIR", "DINOV3_CHECKPOINT_DIR", "PANOPTICON_DIR"):
        monkeypatch.delenv(variable, raising=False)
    assert spacenit_run(["evals", "model", baseline.name]) == 0
    told = capsys.readouterr().out
    assert "not here" in told and "https://" in told and "sentinel2_l2a in reflectance x 10,000" in told
    assert spacenit_run(["evals", "model", baseline.name, f"--embedder.{baseline.name}.random_init=true"]) == 0
    assert "none are read" in capsys.readouterr().out


@pytest.mark.extras
def test_the_orbit_moves_the_vectors_of_panopticon() -> None:
    panopticon = BASELINES[-1]
    window = panopticon.sample()
    vectors = [
        _learned(panopticon.build(orbit=orbit)).pooled([window]) for orbit in ("unknown", "ascending", "descending")
    ]
    assert min(apart(vectors[first], vectors[first - 1]) for first in range(3)) > 1e-3


def _learned(embedder: Embedder) -> Embedder:
    """With numbers for polarisations and orbits, which begin at 0."""
    generator = torch.Generator().manual_seed(0)
    for name, weight in embedder.network.named_parameters():  # type: ignore[attr-defined]
        if "chnemb.embed_" in name:
            weight.copy_(torch.randn(weight.shape, generator=generator))
    return embedder
