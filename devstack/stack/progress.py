"""Progress on a terminal, or in a log file: what is being done and for how long."""

import sys
import threading
import time
from types import TracebackType
from typing import Self, TextIO


class Step:
    """`with Step("Azurite") as step:` shows the name, the seconds, `step.note("3 of 10")`, and how it ended.

    On a terminal the line is redrawn in place; elsewhere one line says that it began to take long, every 5 s.
    """

    def __init__(self, what: str, *, sink: TextIO | None = None) -> None:
        self._what = what
        self._sink = sink or sys.stderr
        self._terminal = self._sink.isatty()
        self._note = ""
        self._result = "ok"
        self._over = threading.Event()
        self._ticker = threading.Thread(target=self._tick, daemon=True)

    def note(self, text: str) -> None:
        self._note = text

    def done(self, result: str) -> None:
        """What to show instead of "ok"."""
        self._result = result

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        self._ticker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._ticker.join()
        result = self._result
        if kind is not None:
            result = "FAILED" if issubclass(kind, Exception) else "interrupted"
        self._show(f"{result} ({time.monotonic() - self._began:.1f} s)", last=True)

    def _tick(self) -> None:
        interval_s = 0.2 if self._terminal else 5.0
        while not self._over.wait(interval_s):
            self._show(f"{self._note or '…'} ({time.monotonic() - self._began:.0f} s)", last=False)

    def _show(self, state: str, *, last: bool) -> None:
        line = f"  {self._what:<28} {state}"
        if self._terminal:
            self._sink.write(f"\r\x1b[K{line}" + ("\n" if last else ""))
        else:
            self._sink.write(line + "\n")
        self._sink.flush()
