"""Errors that come from a plugin's code, as one line that names it instead of a long traceback."""

from pathlib import Path
from types import CodeType, FrameType
from typing import NamedTuple

from spacenit_core.contracts.owner import OFFICIAL, Owner
from spacenit_core.errors import PluginError, SpaceNitError
from spacenit_core.plugins import discovery
from spacenit_core.plugins.discovery import Entry
from spacenit_core.plugins.registry import described


class _PluginLine(NamedTuple):
    """A line of a plugin: the entries of its distribution that are in the same package, and where it is."""

    entries: list[Entry]
    module: str
    code: CodeType
    number: int


def explained(error: Exception) -> Exception:
    """A plugin's fault as an error that names the plugin; any other error as it is.

    The innermost line of somebody else's plugin is to blame. Where the system refuses something, or memory runs out,
    nobody is.
    """
    if isinstance(error, SpaceNitError) or _is_the_machines(error):
        return error
    line = _innermost(error)
    if line is None:
        return error
    file = Path(line.code.co_filename).name
    return _failure(error, _named(line), f" ({file}, line {line.number}, in {line.code.co_name})")


def explained_as(error: Exception, owner: Owner) -> Exception:
    """The same for what a plugin had somebody else's code do: an optimizer of torch, say, that is of no use here."""
    failure = explained(error)
    if failure is not error or owner.official or isinstance(error, SpaceNitError) or _is_the_machines(error):
        return failure
    return _failure(error, owner.text)


def _failure(error: Exception, plugin: str, where: str = "") -> PluginError:
    cause = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    failure = PluginError(
        f"{plugin} failed: {cause.splitlines()[0]}{where}",
        "SPACENIT_TRACE=1 shows the traceback; tell the plugin's author, or mend it",
    )
    failure.__cause__ = error
    return failure


def _is_the_machines(error: Exception) -> bool:
    if isinstance(error, OSError):
        return error.errno is not None
    memory = isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"
    return memory or "can't allocate memory" in str(error)


def _innermost(error: BaseException) -> _PluginLine | None:
    found, trace = None, error.__traceback__
    while trace is not None:
        module = str(trace.tb_frame.f_globals.get("__name__", ""))
        entries = _entries_beside(module)
        if entries:
            found = _PluginLine(entries, module, _code(trace.tb_frame), trace.tb_lineno)
        trace = trace.tb_next
    return found


def _code(frame: FrameType) -> CodeType:
    return frame.f_code


def _entries_beside(module: str) -> list[Entry]:
    """The entries of others that are in the same top-level package as a module.

    Commands do not count: they call everything, and what fails below them need not be theirs.
    """
    package = module.partition(".")[0]
    return [
        entry
        for kind in discovery.declared_kinds()
        if kind != "commands"
        for entry in discovery.entries(kind)
        if entry.value.partition(":")[0].partition(".")[0] == package and entry.distribution not in OFFICIAL
    ]


def _named(line: _PluginLine) -> str:
    """The entry whose class or function it is, the only one of its module, or the distribution."""
    own = [entry for entry in line.entries if entry.value.partition(":")[0] == line.module]
    name = getattr(line.code, "co_qualname", line.code.co_name).partition(".")[0]
    exact = [entry for entry in own if entry.value.partition(":")[2] == name]
    for candidates in (exact, own, line.entries):
        if len(candidates) == 1:
            return described(candidates[0])
    entry = line.entries[0]
    return f"the plugin {entry.distribution} {entry.version}"
