"""What pypdf is good at: outline, page labels, title and encryption of a PDF, without its text.

pypdf is plain Python and reads what strangers wrote. So it gets a limit of CPU time of its own, and whatever it
raises costs these facts only: the text comes from pdfium, which opens far more damaged files.
"""

import logging
import re
import signal
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from types import FrameType
from typing import cast

from pypdf import PasswordType, PdfReader
from pypdf.generic import Destination

from shared.adapters.extract.characters import clean
from shared.adapters.extract.pdf_outline import OutlineEntry

_log = logging.getLogger(__name__)
CPU_S = 5.0  # an ordinary file of thousands of pages takes a fraction of one
_MAX_OUTLINE_ENTRIES = 5_000
_DEEPEST_OUTLINE = 6
_COUNTED = re.compile(r"(.*?)(\d+)")


@dataclass(frozen=True, slots=True)
class Catalog:
    """`page_labels` tells what is printed on the pages, by position: "1-4: i-iv, 5-96: 1-92"; None where pages are
    labelled by their position or not at all."""

    title: str | None = None
    outline: tuple[OutlineEntry, ...] = ()
    page_labels: str | None = None


class _OutOfTime(BaseException):
    """Not an Exception: pypdf catches those in many places and goes on."""


def read_catalog(path: Path, *, outline: bool, page_labels: bool) -> Catalog:
    """Never raises for what the file is. The two flags say what is worth looking for: the root of a PDF may hold a
    hundred thousand named destinations, which pypdf reads on the way to either."""

    def read(reader: PdfReader) -> Catalog:
        return Catalog(
            title=_line(reader.metadata.title) or None if reader.metadata is not None else None,
            outline=tuple(_entries(reader)) if outline else (),
            page_labels=_labels_by_position(reader.page_labels) if page_labels else None,
        )

    return _ask(path, read, otherwise=Catalog())


def needs_password(path: Path) -> bool:
    """Whether the file cannot be read without a password. False also where its encryption cannot be made out."""

    def read(reader: PdfReader) -> bool:
        return reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED

    return _ask(path, read, otherwise=False)


def _ask[T](path: Path, read: Callable[[PdfReader], T], *, otherwise: T) -> T:
    try:
        with _cpu_time(CPU_S), path.open("rb") as file:
            return read(PdfReader(file, strict=False))
    except _OutOfTime:
        _log.warning("pypdf took more than %s s of CPU time and was stopped", CPU_S)
    except Exception as error:  # noqa: BLE001  damaged files make pypdf raise whatever there is; pdfium may read them
        _log.info("pypdf cannot read the catalog: %s", type(error).__name__)
    return otherwise


def _entries(reader: PdfReader) -> Iterator[OutlineEntry]:
    """In the order of the outline. Entries that lead to no page of this file are left out."""
    count = 0
    for destination, level in _flattened(reader.outline, 1):
        page = destination.page
        # By the standard a page is referred to as an object; some programs write its index instead.
        index = int(page) if isinstance(page, int) else reader.get_destination_page_number(destination)
        title = _line(destination.title)
        if index is None or index < 0 or not title:
            continue
        yield OutlineEntry(title, level, index + 1)
        count += 1
        if count >= _MAX_OUTLINE_ENTRIES:
            return


def _flattened(outline: object, level: int) -> Iterator[tuple[Destination, int]]:
    """pypdf puts the children of an entry into a list behind it."""
    for item in cast("list[object]", outline):
        if isinstance(item, Destination):
            yield item, level
        elif level < _DEEPEST_OUTLINE:
            yield from _flattened(item, level + 1)


def _labels_by_position(labels: list[str]) -> str | None:
    """Runs of pages whose labels count on, or are of one kind without figures (i, ii, iii)."""
    if all(label == str(position) for position, label in enumerate(labels, start=1)):
        return None
    runs: list[str] = []
    for _, run in groupby(enumerate(labels, start=1), _run_of):
        pages = list(run)
        (first, first_label), (last, last_label) = pages[0], pages[-1]
        runs.append(f"{first}: {first_label}" if first == last else f"{first}-{last}: {first_label}-{last_label}")
    return _line(", ".join(runs)) or None


def _run_of(page: tuple[int, str]) -> tuple[str, int] | None:
    """The same for all pages of a run: what stands before the figures, and how far they are from the position."""
    position, label = page
    counted = _COUNTED.fullmatch(label)
    return (counted[1], int(counted[2]) - position) if counted else None


def _line(text: object) -> str:
    """Texts that cannot be decoded come as bytes; those say nothing."""
    return clean(text).replace("\n", " ") if isinstance(text, str) else ""


@contextmanager
def _cpu_time(seconds: float) -> Generator[None]:
    """Raises _OutOfTime within the block. Signals reach the main thread only, where a worker reads its files;
    elsewhere there is no limit."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise _OutOfTime

    before = signal.signal(signal.SIGPROF, stop)
    try:
        signal.setitimer(signal.ITIMER_PROF, seconds)
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
