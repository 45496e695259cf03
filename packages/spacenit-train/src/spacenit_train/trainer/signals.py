"""Interruption: a signal sets a flag, the step ends, the state is saved, and the exit code says "again"."""

import os
import signal
import threading
from types import FrameType, TracebackType
from typing import Any

from spacenit_core.errors import SpaceNitError

EXIT_AGAIN = 75
"""EX_TEMPFAIL: the run is sound and unfinished; give the same command again."""

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)


class InterruptedRunError(SpaceNitError):
    """The run was asked to stop and did, after a whole step."""

    exit_code = EXIT_AGAIN


class StopRequest:
    """Within this context the first SIGTERM, SIGINT or SIGUSR1 sets a flag, the second one ends the process at once.

    Outside the main thread signals cannot be caught; the flag then stays unset.

    Attributes:
        received: the first signal's name, or None.
    """

    def __init__(self) -> None:
        self.received: str | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "StopRequest":
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._receive) for number in _SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if self.received is not None:
            os._exit(128 + number)
        self.received = signal.Signals(number).name
