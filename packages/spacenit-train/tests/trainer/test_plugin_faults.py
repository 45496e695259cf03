"""A plugin that fails in a run ends it with one error that names the plugin; the traceback is there when asked for."""

import sys
from typing import Any

import pytest
from attrs import evolve

from spacenit_core.cli.main import run as command_line
from spacenit_core.errors import PluginError
from spacenit_core.plugins import discovery

from .runs import fit

SOURCE = """
import numpy as np
from attrs import frozen
from spacenit_core.config.fields import setting
from spacenit_core.kinds.callbacks import Callback, CallbackConfig
from spacenit_core.kinds.losses import LossConfig
from spacenit_core.kinds.masking import MaskingConfig
from spacenit_core.kinds.optimizers import OptimizerConfig
from spacenit_core.kinds.transforms import TransformConfig

@frozen(kw_only=True)
class Masking(MaskingConfig):
    def build(self):
        return self.mask
    def mask(self, layout, missing, draws):
        return missing[len(missing) + 1]

@frozen(kw_only=True)
class Loss(LossConfig):
    def build(self):
        return lambda pairs: (pairs.predicted @ pairs.target).mean()

@frozen(kw_only=True)
class Still(LossConfig):
    def build(self):
        return lambda pairs: (pairs.predicted - pairs.target).square().mean().detach()

@frozen(kw_only=True)
class Sound(LossConfig):
    def build(self):
        return lambda pairs: (pairs.predicted - pairs.target).square().sum() / max(len(pairs.target), 1)

@frozen(kw_only=True)
class Transform(TransformConfig):
    def build(self):
        return Doubles()

class Doubles:
    def __call__(self, windows, draws):
        for name, values in windows.pixels.items():
            windows.pixels[name] = values * np.float64(2)

@frozen(kw_only=True)
class Bell(CallbackConfig):
    enabled: bool = setting("whether it is used", True)
    def build(self):
        return Rings()

class Rings(Callback):
    def on_step_end(self, trainer, metrics):
        raise KeyError("no bell")

@frozen(kw_only=True)
class Half(OptimizerConfig):
    lr: float = setting("peak", 0.1)
    def build(self, model):
        import torch
        return torch.optim.SGD(list(model.parameters())[:2], lr=self.lr)
"""
ENTRIES = {
    "masking": {"broken": "Masking"},
    "losses": {"broken": "Loss", "still": "Still", "sound": "Sound"},
    "transforms": {"doubles": "Transform"},
    "callbacks": {"bell": "Bell"},
    "optimizers": {"half": "Half"},
}


@pytest.fixture
def broken(tmp_path, monkeypatch):
    """The module of a plugin whose entries all do wrong."""
    site = tmp_path / "site"
    info = site / "acme_broken-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-broken\nVersion: 1.0\n")
    groups = [
        f"[spacenit.{kind}]\n" + "".join(f"{name} = acme_broken:{cls}\n" for name, cls in entries.items())
        for kind, entries in ENTRIES.items()
    ]
    (info / "entry_points.txt").write_text("".join(groups))
    (site / "acme_broken.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(site)
    monkeypatch.setenv("PYTHONPATH", str(site))
    discovery.refresh()
    __import__("acme_broken")
    yield sys.modules["acme_broken"]
    monkeypatch.undo()
    sys.modules.pop("acme_broken", None)
    discovery.refresh()


CASES = [
    ("masking", "Masking", "masking 'broken' of acme-broken 1.0", "IndexError"),
    ("loss", "Loss", "loss 'broken' of acme-broken 1.0", "RuntimeError"),
    ("loss", "Still", "loss 'still' of acme-broken 1.0", "without a gradient"),
    ("optim", "Half", "optimizer 'half' of acme-broken 1.0", "leaves out"),
    ("callbacks", "Bell", "acme-broken 1.0", "KeyError: 'no bell'"),
    ("transforms", "Transform", "transform 'doubles' of acme-broken 1.0", "left float64"),
]


@pytest.mark.parametrize(("part", "name", "plugin", "fault"), CASES)
def test_a_run_names_the_plugin_that_fails(broken, data, tiny, tmp_path, part, name, plugin, fault):
    config: Any = getattr(broken, name)()
    experiment = tiny.experiment(data, tmp_path / "run", value=1)
    if part == "callbacks":
        experiment = evolve(experiment, trainer=evolve(experiment.trainer, callbacks={"bell": config}))
    elif part == "transforms":
        loader = evolve(experiment.data_loader, transforms={"doubles": config})
        experiment = evolve(experiment, data_loader=loader)
    else:
        experiment = evolve(experiment, train_module=evolve(experiment.train_module, **{part: config}))

    with pytest.raises(PluginError) as caught:
        fit(experiment)

    assert plugin in caught.value.message and fault in caught.value.message
    # The traceback is kept for who asks for it.
    if "Error" in fault:
        assert caught.value.__cause__ is not None


def words(data):
    found = [f"--dataset.h5py_dir={data}", "--sensors=[sentinel1]", "--data_loader.global_batch_size=4"]
    found += ["--train_module.rank_microbatch_size=4", "--data_loader.num_workers=0"]
    found += ["--data_loader.sampled_hw_p_list=[1,2]", "--data_loader.max_patch_size=4"]
    return [*found, "--trainer.max_duration.steps=1"]


@pytest.mark.parametrize("memory", ["together", "views", "checkpoint"])
def test_a_sound_plugin_trains_however_memory_is_spent(broken, data, tiny, tmp_path, memory):
    module = {"loss": broken.Sound(), "memory": memory}

    trainer = fit(tiny.experiment(data, tmp_path / "run", value=1, module=module))

    assert trainer.is_complete


@pytest.mark.parametrize(
    ("plugin", "said"), [("train_module.loss=still", "without a gradient"), ("optimizer=half", "leaves out")]
)
def test_prep_tries_what_others_bring(broken, data, tmp_path, monkeypatch, capfd, plugin, said):
    monkeypatch.chdir(tmp_path)

    code = command_line(["prep", "nano", "r", "local", *words(data), f"--plugin={plugin}"])

    assert code == 1
    assert "of acme-broken 1.0" in (err := capfd.readouterr().err) and said in err


def test_the_command_says_it_in_one_error(broken, data, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    code = command_line(["train", "nano", "r", "local", *words(data), "--plugin=masking=broken"])

    err = capfd.readouterr().err
    assert code == 1 and "Traceback" not in err
    assert "error: masking 'broken' of acme-broken 1.0 (acme_broken:Masking) failed: IndexError" in err
    assert "(acme_broken.py, line " in err
