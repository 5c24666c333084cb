"""What a row of the bench is, and how its result is written down."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.measure import Rounds, Spread


@dataclass(frozen=True, slots=True)
class Options:
    """`rounds` of measuring and the `seed` of their order; `quick` asks for the smallest sensible work."""

    rounds: int
    seed: int
    quick: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """One variant against a reference: `ratio` is ours / theirs, `target` what the design promises, or None."""

    variant: str
    reference: str
    ratio: Spread
    what: str
    target: float | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """`rounds` in `unit` (scaled by `scale` from seconds); `remarks` say what was measured and what was not."""

    title: str
    rounds: Rounds
    unit: str
    scale: float
    comparisons: tuple[Comparison, ...]
    remarks: tuple[str, ...]
    versions: str


type Row = Callable[[Options], Sequence[Outcome]]


def render(outcome: Outcome) -> str:
    lines = [f"### {outcome.title}", "", f"| variant | CPU, {outcome.unit} | clock, {outcome.unit} |", "|---|---|---|"]
    for name in outcome.rounds.samples:
        cpu, wall = outcome.rounds.cpu(name), outcome.rounds.wall(name)
        lines.append(f"| {name} | {_spread(cpu, outcome.scale)} | {_spread(wall, outcome.scale)} |")
    count = len(next(iter(outcome.rounds.samples.values())))
    lines += ["", f"Median [lowest–highest] of {count} rounds. Ratios are taken within each round:", ""]
    for item in outcome.comparisons:
        target = f" (target ≤ {item.target:g})" if item.target is not None else ""
        lines.append(f"- {item.variant} / {item.reference}, {item.what}: **{_spread(item.ratio)}**{target}")
    lines += [f"- {remark}" for remark in outcome.remarks]
    lines.append(f"- {outcome.versions}")
    return "\n".join(lines)


def _spread(spread: Spread, scale: float = 1.0) -> str:
    return f"{_figure(spread.median * scale)} [{_figure(spread.low * scale)}–{_figure(spread.high * scale)}]"


def _figure(value: float) -> str:
    size = abs(value)
    return f"{value:,.{0 if size >= 100 else 1 if size >= 10 else 2 if size >= 0.1 or size == 0 else 4}f}"
