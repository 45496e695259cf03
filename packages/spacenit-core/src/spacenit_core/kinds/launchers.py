"""Kind `launchers`: the CLUSTER of the command line, i.e. where a run executes and where its folders lie."""

from pathlib import Path

from spacenit_core.kinds.base import EntryConfig
from spacenit_core.plugins.registry import Registry


class LauncherConfig(EntryConfig):
    """Base of launcher entries."""

    __slots__ = ()

    def run_folder(self, run_name: str) -> Path:
        """The folder of a run, unless the user names one."""
        raise NotImplementedError


LAUNCHERS: Registry[type[LauncherConfig]] = Registry("launchers", LauncherConfig)
