"""Measuring variants side by side: interleaved rounds in a seeded random order, medians with ranges, ratios.

Absolute figures of one machine say little, and one machine drifts while it is measured. So each round runs every
variant once, in an order of its own, and a ratio is taken within the round before the rounds are summed up.
CPU time is user + system time of whatever did the work: this process, a child, or a server that keeps running.
"""

import contextlib
import os
import platform
import random
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import psutil

MIN_ROUNDS = 10
_WATCH_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Sample:
    """One run of one variant: seconds of CPU and of the clock, divided by `units` where it has units of work.
    `peak_bytes` is the most memory that its processes held together at one time, where that was watched."""

    cpu_s: float
    wall_s: float
    peak_bytes: int | None = None

    def per(self, units: int) -> "Sample":
        return Sample(self.cpu_s / units, self.wall_s / units, self.peak_bytes)


@dataclass(frozen=True, slots=True)
class Spread:
    """A median with its range over the rounds."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        return cls(statistics.median(values), min(values), max(values))


@dataclass(frozen=True, slots=True)
class Rounds:
    """The samples of each variant, index by index from the same round."""

    samples: Mapping[str, tuple[Sample, ...]]

    def cpu(self, variant: str) -> Spread:
        return Spread.of([sample.cpu_s for sample in self.samples[variant]])

    def wall(self, variant: str) -> Spread:
        return Spread.of([sample.wall_s for sample in self.samples[variant]])

    def peak(self, variant: str) -> Spread:
        return Spread.of([sample.peak_bytes or 0 for sample in self.samples[variant]])

    def cpu_ratio(self, variant: str, reference: str) -> Spread:
        pairs = zip(self.samples[variant], self.samples[reference], strict=True)
        return Spread.of([ours.cpu_s / theirs.cpu_s for ours, theirs in pairs])

    def wall_ratio(self, variant: str, reference: str) -> Spread:
        pairs = zip(self.samples[variant], self.samples[reference], strict=True)
        return Spread.of([ours.wall_s / theirs.wall_s for ours, theirs in pairs])

    def peak_ratio(self, variant: str, reference: str) -> Spread:
        pairs = zip(self.samples[variant], self.samples[reference], strict=True)
        return Spread.of([(ours.peak_bytes or 0) / (theirs.peak_bytes or 1) for ours, theirs in pairs])

    @property
    def watched(self) -> bool:
        return all(sample.peak_bytes is not None for taken in self.samples.values() for sample in taken)


def interleave(
    variants: Mapping[str, Callable[[], Sample]], *, rounds: int = MIN_ROUNDS, seed: int, warm_up: int = 1
) -> Rounds:
    """Runs every variant once a round, in an order drawn anew. `warm_up` rounds are run first and not counted."""
    order = random.Random(seed)
    samples: dict[str, list[Sample]] = {name: [] for name in variants}
    for number in range(warm_up + rounds):
        names = list(variants)
        order.shuffle(names)
        for name in names:
            sample = variants[name]()
            if number >= warm_up:
                samples[name].append(sample)
    return Rounds({name: tuple(taken) for name, taken in samples.items()})


def here(work: Callable[[], object]) -> Callable[[], Sample]:
    """Measures a function in this process (all its threads)."""

    def run() -> Sample:
        cpu, wall = time.process_time(), time.perf_counter()
        work()
        return Sample(time.process_time() - cpu, time.perf_counter() - wall)

    return run


def child(
    argv: Sequence[str], *, env: Mapping[str, str] | None = None, cwd: Path | None = None, watched: bool = False
) -> Callable[[], Sample]:
    """Measures a command as its own process, with the children that it waits for; `watched` also sums the memory of
    all of them ten times a second, which costs a few hundredths of a core. Raises ChildFailed."""

    def run() -> Sample:
        before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        with tempfile.TemporaryFile("w+") as said:
            process = subprocess.Popen(argv, env=env, cwd=cwd, stdout=subprocess.DEVNULL, stderr=said)
            peak = _watch(process) if watched else None
            process.wait()
            elapsed, after = time.perf_counter() - wall, resource.getrusage(resource.RUSAGE_CHILDREN)
            if process.returncode:
                said.seek(0)
                raise ChildFailed(f"{' '.join(argv)} ended with {process.returncode}:\n{said.read()[-2000:]}")
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Sample(cpu, elapsed, peak)

    return run


def _watch(process: subprocess.Popen[bytes]) -> int:
    """Until the process ends: the most resident memory that it and all below it had together. Pages that they share
    count once for each, as in any sum of RSS."""
    peak, top = 0, psutil.Process(process.pid)
    while process.poll() is None:
        peak = max(peak, resident_bytes(top))
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_WATCH_EVERY_S)
    return peak


def resident_bytes(top: psutil.Process) -> int:
    """Of a process and all that it has started, without those that end meanwhile."""
    total = 0
    with contextlib.suppress(psutil.NoSuchProcess):
        for process in (top, *top.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                total += process.memory_info().rss
    return total


class ChildFailed(RuntimeError):
    """A measured command failed; the message has the end of what it said."""


def of_process(pid: int, work: Callable[[], object]) -> Callable[[], Sample]:
    """Measures what `work` costs a server that keeps running. The kernel counts in ticks of 10 ms: give it work
    of at least a second."""
    process = psutil.Process(pid)

    def run() -> Sample:
        before, wall = process.cpu_times(), time.perf_counter()
        work()
        elapsed, after = time.perf_counter() - wall, process.cpu_times()
        return Sample(after.user + after.system - before.user - before.system, elapsed)

    return run


def machine() -> str:
    """One line: system, processor count, memory, load, Python."""
    memory = psutil.virtual_memory().total / 2**30
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GB, load {load} at the "
        f"start, Python {platform.python_version()}"
    )


def versions(*packages: str) -> str:
    return ", ".join(f"{package} {metadata.version(package)}" for package in packages)
