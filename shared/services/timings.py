"""How long a file's stations took, for the sync run that it belongs to."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from shared import tracing

type Station = Literal["download_s", "extract_s", "embed_s", "store_s"]


@dataclass(slots=True)
class Timings:
    """Seconds, under the names of the run's counters. Stations that broke off count, too."""

    download_s: float = 0.0
    extract_s: float = 0.0
    embed_s: float = 0.0
    store_s: float = 0.0

    @contextmanager
    def station(self, name: Station) -> Generator[None]:
        begun = time.perf_counter()
        try:
            with tracing.begin(f"ingest {name.removesuffix('_s')}"):
                yield
        finally:
            setattr(self, name, getattr(self, name) + time.perf_counter() - begun)

    def counted(self) -> dict[str, float]:
        return {
            "download_s": self.download_s,
            "extract_s": self.extract_s,
            "embed_s": self.embed_s,
            "store_s": self.store_s,
        }
