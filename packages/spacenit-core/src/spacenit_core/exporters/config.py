"""Configs of the exporters."""

from attrs import frozen

from spacenit_core.config.fields import at_least, setting
from spacenit_core.kinds.exporters import Exporter, ExporterConfig
from spacenit_core.kinds.sensors import SENSORS


def _names(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(SENSORS.canonical(name) for name in names)


@frozen(kw_only=True)
class SafetensorsConfig(ExporterConfig):
    """The encoder's weights and settings, for `spacenit_core.load_model`."""

    def build(self) -> Exporter:
        """Make the exporter."""
        from spacenit_core.exporters.safetensors import export_safetensors

        return export_safetensors


@frozen(kw_only=True)
class OlmoEarthConfig(ExporterConfig):
    """The whole model as OlmoEarth models are released, for `olmoearth_pretrain.model_loader.load_model_from_path`."""

    def build(self) -> Exporter:
        """Make the exporter."""
        from spacenit_core.exporters.olmoearth import export_olmoearth

        return export_olmoearth


# Without slots, so that a config may inherit from this and from its kind's base.
@frozen(kw_only=True, slots=False)
class FixedShape:
    """What a graph of an encoder is made for: it takes nothing else."""

    sensors: tuple[str, ...] = setting(
        "sensors that the graph takes; all of the model's if empty", (), converter=_names
    )
    batch_size: int = setting("samples at a time", 1, validator=at_least(1))
    patch_size: int = setting("cells along one side of a patch", 4, validator=at_least(1))
    height: int = setting("cells along the height of a window", 16, validator=at_least(1))
    width: int = setting("cells along the width of a window", 16, validator=at_least(1))
    steps: int = setting("time steps of a window", 12, validator=at_least(1))
    normalized: bool = setting("whether the graph takes normalised values, rather than stored ones", False)


@frozen(kw_only=True)
class TorchExportConfig(FixedShape, ExporterConfig):
    """The encoder as a program that `torch.export.load` reads, of one shape and without missing pixels."""

    def build(self) -> Exporter:
        """Make the exporter."""
        from spacenit_core.exporters.torch_export import TorchExport

        return TorchExport(self)


@frozen(kw_only=True)
class OnnxConfig(FixedShape, ExporterConfig):
    """The encoder as an ONNX graph, of one shape and without missing pixels."""

    def build(self) -> Exporter:
        """Make the exporter."""
        from spacenit_core.exporters.onnx import Onnx

        return Onnx(self)


@frozen(kw_only=True)
class ExportSettings:
    """What the command `export` can be told."""

    exporter: ExporterConfig = setting("what is written", factory=SafetensorsConfig)
