"""What a launcher says: see `spacenit_core.kinds.launchers.LauncherConfig`."""

from pathlib import Path

from spacenit_core.contracts.owner import owner_of, shown_type
from spacenit_core.kinds.launchers import LauncherConfig


def run_folder(config: LauncherConfig, run_name: str) -> Path:
    """The folder of a run, from a launcher that is held to its contract.

    Raises:
        PluginError: for something else than a path.
    """
    folder = config.run_folder(run_name)
    if not isinstance(folder, Path):
        owner_of(config).breaks("run_folder returns the path of a run's folder", f"returned {shown_type(folder)}")
    return folder
