"""A plugin for the tests of contracts: an entry of every kind that is built, each of which can be told to do wrong."""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from attrs import evolve, frozen

from spacenit_core.config.fields import setting
from spacenit_core.kinds.attention import AttentionConfig
from spacenit_core.kinds.callbacks import Callback, CallbackConfig
from spacenit_core.kinds.datasets import DatasetConfig
from spacenit_core.kinds.encoders import EncoderConfig
from spacenit_core.kinds.exporters import ExporterConfig
from spacenit_core.kinds.losses import LossConfig
from spacenit_core.kinds.masking import MaskingConfig
from spacenit_core.kinds.models import ModelConfig
from spacenit_core.kinds.optimizers import OptimizerConfig
from spacenit_core.kinds.runners import RunnerConfig, StepLoss
from spacenit_core.kinds.schedulers import SchedulerConfig
from spacenit_core.kinds.strategies import StrategyConfig
from spacenit_core.kinds.transforms import TransformConfig
from spacenit_core.samples.sample_window import SampleWindow


@frozen(kw_only=True)
class Masking(MaskingConfig):
    fault: str = setting("what is wrong", "")

    def build(self) -> Any:
        if self.fault == "two arguments":
            return lambda layout, missing: missing
        return 3 if self.fault == "uncallable" else self.mask

    def mask(self, layout, missing, draws):
        good = np.where(draws.uniform(len(layout)) < 0.5, np.uint8(0), np.uint8(2))
        good = np.where(missing, np.uint8(3), good)
        wrong = {
            "None": lambda: None,
            "floats": lambda: good.astype(float),
            "list": lambda: good.tolist(),
            "shape": lambda: good[:, :3],
            "value": lambda: np.where(good == 2, np.uint8(9), good),
            "seen": lambda: np.where(missing, np.uint8(0), good),
            "no predictions": lambda: np.where(good == 2, np.uint8(1), good),
            "no inputs": lambda: np.where(good == 0, np.uint8(1), good),
            "all missing": lambda: np.full_like(good, 3),
            "masked": lambda: np.ma.masked_array(good, good == 2),
            "raises": lambda: good[len(good) + 1],
        }
        return wrong.get(self.fault, lambda: good)()


@frozen(kw_only=True)
class Loss(LossConfig):
    fault: str = setting("what is wrong", "")

    def build(self) -> Any:
        return self.distance

    def distance(self, pairs):
        import torch

        good = (pairs.predicted - pairs.target).square().sum() / max(len(pairs.target), 1)
        wrong = {
            "None": lambda: None,
            "float": lambda: 1.0,
            "vector": lambda: (pairs.predicted - pairs.target).square().mean(1),
            "one": lambda: good[None],
            "double": lambda: good.double(),
            "whole": lambda: good.long(),
            "detached": lambda: good.detach(),
            "NaN": lambda: good / 0 * 0,
            "constant": lambda: torch.ones((), requires_grad=True),
            "elsewhere": lambda: torch.ones((), requires_grad=True) * 2,
            "meta": lambda: good.to("meta"),
            "in place": lambda: (pairs.target.zero_(), good)[1],
        }
        return wrong.get(self.fault, lambda: good)()


@frozen(kw_only=True)
class Transform(TransformConfig):
    fault: str = setting("what is wrong", "")

    def build(self) -> Any:
        return self.change

    def change(self, windows, draws):
        pixels = windows.pixels["sentinel1"]
        if self.fault == "returns":
            return windows
        if self.fault == "double":
            windows.pixels["sentinel1"] = pixels.astype(np.float64)
        elif self.fault == "shape":
            windows.pixels["sentinel1"] = pixels[:, :1]
        elif self.fault == "gone":
            del windows.pixels["sentinel1"]
        elif self.fault == "NaN":
            pixels[0] = np.nan
        elif self.fault == "layout":
            windows.layout = evolve(windows.layout)
        elif self.fault == "found":
            pixels[windows.missing.any(1)] = 0
            windows.missing[:] = False
        elif self.fault == "more":
            windows.pixels["landsat"] = pixels
        elif self.fault == "month":
            windows.timestamps[..., 1] += 11
        elif self.fault == "masked array":
            windows.pixels["sentinel1"] = np.ma.masked_array(pixels, pixels > 0)
        elif self.fault == "lost pixels":
            windows.missing[:] = True
        elif self.fault == "missing as numbers":
            windows.missing = windows.missing.astype(int)
        else:
            pixels *= 2
        return None


@frozen(kw_only=True)
class Optimizer(OptimizerConfig):
    lr: float = setting("peak", 0.1)
    fault: str = setting("what is wrong", "")

    def build(self, model: Any) -> Any:
        import torch

        every = list(model.parameters())
        trained = [parameter for parameter in every if parameter.requires_grad]
        wrong = {"half": trained[:1], "frozen": every, "foreign": [*trained, torch.nn.Parameter(torch.ones(2))]}
        if self.fault == "other":
            return "sgd"
        if self.fault == "closure":
            return torch.optim.LBFGS(trained)
        return torch.optim.SGD(wrong.get(self.fault, trained), lr=self.lr)


@frozen(kw_only=True)
class Scheduler(SchedulerConfig):
    value: Any = setting("what it returns", 0.5)

    def lr(self, peak: float, step: int, max_steps: int) -> Any:
        return self.value


@frozen(kw_only=True)
class Bell(CallbackConfig):
    enabled: bool = setting("whether it is used", True)
    fault: str = setting("what is wrong", "")

    def build(self) -> Any:
        if self.fault == "narrow":
            return Narrow()
        if self.fault == "generator":
            return Generates()
        return print if self.fault == "print" else Rings(self.fault)


class Rings(Callback):
    def __init__(self, fault):
        self.fault = fault

    def on_step_end(self, trainer, metrics):
        if self.fault == "raises":
            raise KeyError("bell")


class Generates(Callback):
    def on_step_end(self, trainer, metrics):
        yield metrics


class Narrow(Callback):
    def on_step_end(self, metrics):
        pass


@frozen(kw_only=True)
class Encoder(EncoderConfig):
    embedding_size: int = setting("width", 8)
    min_patch_size: int = setting("smallest", 1)
    max_patch_size: int = setting("largest", 4)
    max_sequence_length: int = setting("steps", 12)
    attention: AttentionConfig | None = setting("none", None)
    fault: str = setting("what is wrong", "")

    def build(self, sensors: Any) -> Any:
        import torch

        from spacenit_core.nn.encoder import Encoder
        from spacenit_core.nn.encoder_config import OlmoEarthEncoderConfig

        fault = self.fault

        class Own(Encoder):
            def forward(self, *given, **named):
                encoded = super().forward(*given, **named)
                if fault == "padded":
                    return encoded.values
                if fault == "NaN":
                    encoded.packed = encoded.packed / 0
                if fault == "narrow":
                    encoded.packed = encoded.packed[:, :4]
                return encoded

        if fault == "linear":
            return torch.nn.Linear(2, 2)
        settings = OlmoEarthEncoderConfig(embedding_size=16, depth=1, num_heads=2, max_patch_size=4)
        return Own(settings, sensors if fault != "sensors" else type(sensors)(sensors.specs[:1]))


@frozen(kw_only=True)
class Model(ModelConfig):
    fault: str = setting("what is wrong", "")

    def build(self, sensors: Any) -> Any:
        import torch

        model = torch.nn.Linear(2, 2) if self.fault != "weightless" else torch.nn.ReLU()
        if self.fault != "no encoder":
            model.encoder = torch.nn.ReLU() if self.fault == "weightless" else torch.nn.Linear(2, 2)
        return model


@frozen(kw_only=True)
class Runner(RunnerConfig):
    fault: str = setting("what is wrong", "")

    def masking_of_views(self) -> tuple[MaskingConfig, ...]:
        return (Masking(),)

    def build(self, model: Any) -> Any:
        import torch

        fault = self.fault

        class Own(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.model = model
                if fault == "own weights":
                    self.head = torch.nn.Linear(2, 2)

            def forward(self, batch):
                loss = self.model(batch).sum()
                if fault == "tensor":
                    return loss
                metrics = {"a": 1.0} if fault == "metric" else {"a": loss.detach()}
                return StepLoss(loss=loss.detach() if fault == "detached" else loss, metrics=metrics)

        return Own()


@frozen(kw_only=True)
class Strategy(StrategyConfig):
    fault: str = setting("what is wrong", "")

    def build(self, runner: Any, ranks: Any) -> Any:
        return runner if self.fault == "runner" else Sharing(runner, self.fault)


class Sharing:
    def __init__(self, runner, fault):
        self.runner, self.fault = runner, fault
        self.forward = runner
        if fault == "narrow":
            self.backward = lambda: None

    def share_weights(self):
        pass

    def accumulating(self):
        return nullcontext()

    def backward(self, loss):
        (2 * loss if self.fault == "double" else loss).backward()
        if self.fault == "zeros":
            for parameter in self.runner.parameters():
                parameter.grad = parameter * 0 if parameter.grad is None else parameter.grad

    def total_norm(self, gradients):
        norms = [gradient.norm() for gradient in gradients]
        return sum(norms) + 1 if self.fault == "norm" else sum(norms)


@frozen(kw_only=True)
class Dataset(DatasetConfig):
    fault: str = setting("what is wrong", "")

    def build(self, sensors: Any) -> Any:
        return [] if self.fault == "list" else Squares(sensors, self.fault)


class Squares:
    tile_size = 8

    def __init__(self, sensors, fault):
        self.sensors, self.fault = sensors, fault

    def __len__(self):
        return 3

    def read(self, index, *, cells, max_timesteps, rng):
        return self.read_window(index, row=0, column=0, cells=cells, steps=max_timesteps)

    def read_window(self, index, *, row, column, cells, start=0, steps=None):
        count = steps or 2
        name = "landsat" if self.fault == "other sensor" else "sentinel1"
        tile = SampleWindow(
            index=index,
            bands={name: np.zeros((cells, cells + (self.fault == "wide"), count, 2), np.float32)},
            present={name: np.ones(count + (self.fault == "present"), bool)},
            timestamps=np.ones((count + 9 * (self.fault == "long"), 3), int),
            latlon=np.zeros(2, np.float32),
        )
        return {"sentinel1": 0} if self.fault == "mapping" else tile


@frozen(kw_only=True)
class Exporter(ExporterConfig):
    fault: str = setting("what is wrong", "")

    def build(self) -> Any:
        return self.write

    def write(self, model, folder):
        (folder / "model.txt").write_text("model")
        wrong = {"nothing": [], "none": None, "text": "model.txt", "absent": [folder / "x"], "elsewhere": [Path("/")]}
        return wrong.get(self.fault, [folder / "model.txt"])


@frozen(kw_only=True)
class Attention(AttentionConfig):
    fault: str = setting("what is wrong", "")

    def build(self) -> Any:
        return self.attend

    def attend(self, query, key, value, queries, keys):
        return {"flat": query.flatten(1), "NaN": query / 0, "none": None, "cut": query.detach()}.get(self.fault, query)
