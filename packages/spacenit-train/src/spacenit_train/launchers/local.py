"""Launcher `local`: this machine, in this process (or under torchrun)."""

import getpass
from pathlib import Path

from attrs import frozen

from spacenit_core.config.fields import setting
from spacenit_core.kinds.launchers import LauncherConfig


@frozen(kw_only=True)
class LocalLauncher(LauncherConfig):
    """Runs on this machine; folders lie under `<root>/checkpoints/<login name>/<run name>`."""

    root: Path = setting("the folder of all output", Path("./local_output"))

    def run_folder(self, run_name: str) -> Path:
        """The folder of a run, unless the user names one."""
        return self.root / "checkpoints" / login_name() / run_name


def login_name() -> str:
    """The user's login name, "anonymous" where the system knows none (a container's bare user id)."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "anonymous"
