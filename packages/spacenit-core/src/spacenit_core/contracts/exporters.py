"""What an exporter writes: see `spacenit_core.kinds.exporters.Exporter`."""

from pathlib import Path
from typing import Any

from attrs import define

from spacenit_core.contracts.owner import Owner, shown_type

CONTRACT = "an exporter returns the paths of what it wrote into the folder"


def hold(component: Any, owner: Owner) -> "HeldExporter":
    """An exporter whose files are checked."""
    if not callable(component):
        owner.breaks("an exporter is called with (model, folder)", f"built {shown_type(component)}")
    owner.takes(component, "model, folder")
    return HeldExporter(component, owner)


@define(eq=False)
class HeldExporter:
    """An exporter and the check that it wrote what it says.

    Attributes:
        exporter: what `build` made.
        owner: whose it is.
    """

    exporter: Any
    owner: Owner

    def __call__(self, model: Any, folder: Path) -> list[Path]:
        """Hand a model on, and hold what was written.

        Raises:
            PluginError: where it wrote nothing, something else than it says, or elsewhere.
        """
        written: Any = self.exporter(model, folder)
        if not isinstance(written, list | tuple) or not written or not all(isinstance(path, Path) for path in written):
            found = f"{written!r}" if isinstance(written, list | tuple) else shown_type(written)
            self.owner.breaks(CONTRACT, f"returned {found}")
        for path in written:
            if not path.exists() or not path.resolve().is_relative_to(folder.resolve()):
                self.owner.breaks(CONTRACT, f"says that it wrote {path}")
        return list(written)
