"""The plugin manager behind `hookspecs`: one per process, filled at first use from the group `spacenit.hooks`."""

import logging
from functools import cache

import pluggy

from spacenit_core.plugins import discovery, hookspecs
from spacenit_core.plugins.discovery import Entry

log = logging.getLogger(__name__)

HOOKS_KIND = "hooks"


@cache
def hooks() -> pluggy.PluginManager:
    """The plugin manager: ``hooks().hook.spacenit_run_started(run_folder=..., config=...)``.

    A plugin that cannot be loaded is left out with a warning, and harms no other.
    """
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    # Sorted, because the order of entry points is that of the file system.
    for entry in sorted(discovery.entries(HOOKS_KIND), key=lambda entry: (entry.distribution, entry.name)):
        try:
            add(manager, entry)
        except Exception as error:
            log.warning("the hooks %s (%s) are left out: %s", entry.qualified, entry.value, error, exc_info=error)
    return manager


def add(manager: pluggy.PluginManager, entry: Entry) -> None:
    """Load one entry and register it.

    Raises:
        PluginValidationError: where it implements an event that does not exist or asks for arguments that it lacks.
        Exception: whatever its import raises.
    """
    plugin = entry.loaded
    manager.register(plugin, name=entry.qualified)
    try:
        manager.check_pending()
    except pluggy.PluginValidationError:
        manager.unregister(plugin)
        raise
