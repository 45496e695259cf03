"""What a plugin returns is held to its kind's contract, by an error that names plugin and contract."""

import sys
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from spacenit_core.contracts.build import build
from spacenit_core.contracts.launchers import run_folder
from spacenit_core.contracts.patches import check_patch
from spacenit_core.contracts.runners import masking_of
from spacenit_core.contracts.schedulers import learning_rate
from spacenit_core.contracts.strategies import try_strategy
from spacenit_core.contracts.trial import try_out
from spacenit_core.errors import PluginError
from spacenit_core.kinds.launchers import LauncherConfig
from spacenit_core.kinds.losses import TokenPairs
from spacenit_core.kinds.patches import PATCHES
from spacenit_core.rng import Draws
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.normalized_windows import NormalizedWindows
from spacenit_core.sensors.selection import SensorSet

SOURCE = (Path(__file__).parent / "data" / "acme_faults.py").read_text()
KINDS = {
    "masking": "Masking",
    "losses": "Loss",
    "transforms": "Transform",
    "optimizers": "Optimizer",
    "schedulers": "Scheduler",
    "callbacks": "Bell",
    "encoders": "Encoder",
    "models": "Model",
    "runners": "Runner",
    "strategies": "Strategy",
    "datasets": "Dataset",
    "exporters": "Exporter",
    "attention": "Attention",
}
SENSORS = SensorSet.of(["sentinel1"])
LAYOUT = TokenLayout.of(SENSORS, rows=2, columns=2, timesteps=3, patch_size=2)


@pytest.fixture
def acme(install_plugin) -> Any:
    """The module of a plugin that can be told to do wrong."""
    entries = {kind: {"bad": f"acme_faults:{name}"} for kind, name in KINDS.items()}
    install_plugin("acme-faults", entries, {"acme_faults": SOURCE})
    __import__("acme_faults")
    return sys.modules["acme_faults"]


def missing() -> np.ndarray:
    tokens = np.zeros((4, len(LAYOUT)), dtype=bool)
    tokens[1, :5] = True
    return tokens


def batch() -> Batch:
    return Batch(
        pixels={"sentinel1": torch.randn(4, 4, 4, 3, 2)},
        timestamps=torch.ones(4, 3, 3, dtype=torch.int64),
        layout=LAYOUT,
        visibility=torch.zeros(1, 4, len(LAYOUT), dtype=torch.uint8),
    )


def masking(config: Any) -> None:
    build(config)(LAYOUT, missing(), Draws(0, 0, "test", range(4), 4))


def losses(config: Any) -> None:
    predicted, target = torch.randn(2, 6, 8)
    index = torch.zeros(6, dtype=torch.int64)
    names = SENSORS.names
    predicted.requires_grad_()
    loss = build(config)(
        TokenPairs(predicted=predicted, target=target, sample=index, sensor=index, batch_size=1, sensors=names)
    )
    loss.backward()
    assert predicted.grad is not None


def transforms(config: Any) -> None:
    pixels = {"sentinel1": np.ones((4, 4, 4, 3, 2), np.float32)}
    windows = NormalizedWindows(
        pixels=pixels, missing=missing(), layout=LAYOUT, timestamps=np.ones((4, 3, 3), np.int64)
    )
    build(config)(windows, Draws(0, 0, "test", range(4), 4))


def optimizers(config: Any) -> None:
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 2, bias=False))
    model[0].weight.requires_grad_(False)
    build(config, model)


def encoders(config: Any) -> None:
    encoder = build(config, SensorSet.of(["sentinel1", "sentinel2_l2a"]))
    given = batch()
    assert len(encoder(given, given.visibility[0]).packed) == 4 * len(LAYOUT)


def models(config: Any) -> None:
    build(config, SENSORS)


def runners(config: Any) -> None:
    build(config, torch.nn.Linear(2, 2))(torch.ones(2))


def strategies(config: Any) -> None:
    try_strategy(config)


def datasets(config: Any) -> None:
    dataset = build(config, SENSORS)
    assert (len(dataset), dataset.tile_size, dataset.sensors) == (3, 8, SENSORS)
    dataset.read(0, cells=4, max_timesteps=2, rng=np.random.default_rng(0))
    dataset.read_window(0, row=0, column=0, cells=4)


def attention(config: Any) -> None:
    query, key, value = torch.randn(3, 6, 2, 4, requires_grad=True)
    build(config)(query, key, value, None, None)


TRIALS = {trial.__name__: trial for trial in (masking, losses, transforms, optimizers, encoders, models, runners)}
TRIALS |= {trial.__name__: trial for trial in (strategies, datasets, attention)}

FAULTS = {
    "masking": {
        "uncallable": "is called with (layout, missing, draws)",
        "two arguments": "cannot be called so: too many positional arguments",
        "None": "returned None",
        "floats": "returned a ndarray float64 [4, 12]",
        "list": "returned list",
        "shape": "here [4, 12]",
        "value": "returned the value 9",
        "masked": "returned a MaskedArray uint8",
        "seen": "gave 5 missing tokens another value",
        "no predictions": "predicts nothing",
        "no inputs": "encodes nothing",
        "all missing": "encodes nothing",
    },
    "losses": {
        "None": "returned None",
        "float": "returned float",
        "vector": "returned a Tensor float32 [6]",
        "one": "returned a Tensor float32 [1]",
        "double": "float64",
        "whole": "int64",
        "detached": "without a gradient",
        "NaN": "returned nan",
        "constant": "does not reach",
        "elsewhere": "does not reach",
        "meta": "on the device meta",
        "in place": "in place; a loss leaves what it is given",
    },
    "transforms": {
        "returns": "returned NormalizedWindows",
        "double": "left float64 [4, 4, 4, 3, 2] where pixels of sentinel1 were float32",
        "shape": "left float32 [4, 1, 4, 3, 2]",
        "gone": "left nothing where pixels of sentinel1",
        "NaN": "infinite pixels or NaN of sentinel1",
        "layout": "changed the layout",
        "found": "took missing tokens of sentinel1 for present",
        "more": "left float32 [4, 4, 4, 3, 2] where pixels of landsat were nothing",
        "month": "left another month",
        "masked array": "left a MaskedArray float32",
        "lost pixels": "left pixels in lost tokens",
        "missing as numbers": "left int64 [4, 12] where missing tokens were bool",
    },
    "optimizers": {
        "half": "leaves out 1.weight",
        "frozen": "1 parameters that are not to be trained",
        "foreign": "1 parameters that are not to be trained",
        "other": "built str",
        "closure": "missing a required argument: 'closure'",
    },
    "encoders": {
        "linear": "without config, sensors, embedding_size and patches",
        "sensors": "is of other sensors",
        "padded": "returned a Tensor",
        "narrow": "here [48, 16]",
        "NaN": "NaN or infinite values",
    },
    "models": {"no encoder": "has None there", "weightless": "has weights to train"},
    "runners": {
        "own weights": "has parameters of its own: head.weight",
        "tensor": "returned a Tensor",
        "detached": "without a gradient",
        "metric": "returned float as the metric 'a'",
    },
    "strategies": {
        "runner": "without share_weights, accumulating, backward and total_norm",
        "narrow": "it is called with (loss)",
        "double": "gradients add up",
        "zeros": "a parameter that takes no part has none",
        "norm": "total_norm is the norm of all gradients",
    },
    "datasets": {
        "list": "without sensors, tile_size",
        "mapping": "returned dict for sample 0",
        "wide": "has the shape [4, 4, 2, 2]",
        "present": "bool [2]",
        "long": "timestamps are [T, 3]",
        "other sensor": "returned 'landsat' in sample 0",
    },
    "attention": {"flat": "[6, 8]", "NaN": "NaN or infinite", "none": "returned None", "cut": "without a gradient"},
}


@pytest.mark.parametrize("kind", TRIALS)
def test_what_keeps_the_contract_is_used(acme, kind):
    TRIALS[kind](getattr(acme, KINDS[kind])())


@pytest.mark.parametrize(("kind", "fault"), [(kind, fault) for kind, faults in FAULTS.items() for fault in faults])
@pytest.mark.filterwarnings("ignore")
def test_what_breaks_the_contract_is_named(acme, kind, fault):
    with pytest.raises(PluginError) as caught:
        TRIALS[kind](getattr(acme, KINDS[kind])(fault=fault))

    assert f"'bad' of acme-faults 1.0 (acme_faults:{KINDS[kind]})" in caught.value.message
    assert FAULTS[kind][fault] in caught.value.message
    assert f"spacenit_core.kinds.{kind}" in str(caught.value)


@pytest.mark.parametrize("value", [None, "0.1", float("nan"), -1.0, True, torch.ones(1)])
def test_a_schedule_returns_numbers(acme, value):
    with pytest.raises(PluginError, match="scheduler 'bad' of acme-faults"):
        learning_rate(acme.Scheduler(value=value), 1.0, 1, 10)
    assert learning_rate(acme.Scheduler(), 1.0, 1, 10) == 0.5

    class Short(acme.Scheduler):
        def lr(self, peak, step):
            return peak

    with pytest.raises(PluginError, match=r"Short\.lr that cannot be called so"):
        learning_rate(Short(), 1.0, 1, 10)


def test_a_launcher_names_a_path_and_a_patch_holds_texts(acme, install_plugin, monkeypatch):
    class Here(LauncherConfig):
        def run_folder(self, run_name):
            return f"runs/{run_name}"

    with pytest.raises(PluginError, match=r"launcher .*Here returned str; run_folder returns the path"):
        run_folder(Here(), "r")
    source = "from spacenit_core.kinds.patches import Patch\nFAST = Patch(summary='s', overrides={'seed': 3})\n"
    install_plugin("acme-patch", {"patches": {"fast": "acme_patch:FAST"}}, {"acme_patch": source})
    with pytest.raises(PluginError, match=r"patch 'fast' of acme-patch 1.0 .* overrides 'seed' with 3"):
        check_patch(PATCHES.get("fast"))


def test_a_callback_hears_every_event(acme):
    assert build(acme.Bell())
    with pytest.raises(PluginError, match="without on_run_start, on_step_end"):
        build(acme.Bell(fault="print"))
    with pytest.raises(PluginError, match=r"is called with \(trainer, metrics\)"):
        build(acme.Bell(fault="narrow"))
    with pytest.raises(PluginError, match="a generator or coroutine, which would never run"):
        build(acme.Bell(fault="generator"))


def test_build_takes_what_its_kind_is_given(acme):
    class Strange(acme.Model):
        def build(self):
            return None

    with pytest.raises(PluginError, match=r"Strange.build that cannot be called so.* it is called with \(sensors\)"):
        build(Strange(), SENSORS)


def test_a_policy_cannot_change_what_is_missing(acme):
    class Hides(acme.Masking):
        def mask(self, layout, missing, draws):
            missing[:] = False
            return missing.astype(np.uint8)

    before = missing()
    with pytest.raises(ValueError, match="read-only"):
        build(Hides())(LAYOUT, before, Draws(0, 0, "test", range(4), 4))
    np.testing.assert_array_equal(before, missing())


@pytest.mark.parametrize("views", [None, (), [3]])
def test_a_runner_has_a_masking_for_each_view(acme, views):
    class Blind(acme.Runner):
        def masking_of_views(self):
            return views

    with pytest.raises(PluginError, match="masking_of_views returns the masking of each view"):
        masking_of(Blind())


def test_an_exporter_says_what_it_wrote(acme, tmp_path):
    assert build(acme.Exporter())(None, tmp_path) == [tmp_path / "model.txt"]
    for fault in ("nothing", "none", "text", "absent", "elsewhere"):
        with pytest.raises(PluginError, match="returns the paths of what it wrote"):
            build(acme.Exporter(fault=fault))(None, tmp_path)


def test_the_doctor_tries_what_loads_and_names_what_fails(acme, monkeypatch):
    from spacenit_core.cli.checks import check_distribution

    good, bad_masking = acme.Masking(), acme.Masking(fault="seen")
    assert not [finding for finding in check_distribution("acme-faults") if finding.level == "error"]
    monkeypatch.setattr(acme.Masking, "build", lambda self: bad_masking.mask if self == good else self.mask)
    monkeypatch.setattr(acme.Optimizer, "build", lambda self, model: acme.absent)

    said = {found.subject: (found.level, found.message) for found in check_distribution("acme-faults", deep=True)}

    assert said["masking/bad"][0] == "error" and "missing tokens another value" in said["masking/bad"][1]
    assert (
        said["optimizers/bad"][0] == "error" and "fails when it is tried: AttributeError" in said["optimizers/bad"][1]
    )
    assert said["attention/bad"][0] == "error" and "another result than `packed`" in said["attention/bad"][1]
    assert said["datasets/bad"][0] == said["exporters/bad"][0] == "note"
    assert not {f"{kind}/bad" for kind in ("losses", "transforms", "schedulers", "callbacks", "encoders")} & set(said)


@pytest.mark.parametrize("fault", ["no predictions", "no inputs"])
def test_a_policy_that_is_tried_must_be_of_use(acme, fault):
    with pytest.raises(PluginError, match="nothing"):
        try_out("masking", acme.Masking(fault=fault))
    try_out("masking", acme.Masking())


def test_held_components_reach_the_processes_that_read(acme):
    for kind in ("masking", "transforms", "datasets"):
        config = getattr(acme, KINDS[kind])()
        held = build(config, *((SENSORS,) if kind == "datasets" else ()))
        assert ForkingPickler.loads(ForkingPickler.dumps(held)).owner == held.owner
