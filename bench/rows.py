"""What a row of the bench is, and how its result is written down."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.measure import Rounds, Spread


@dataclass(frozen=True, slots=True)
class Options:
    """`rounds` of measuring and the `seed` of their order; `quick` asks for the smallest sensible work. `items` is
    the size of a generated library and `messages` of a generated year of chats, for the rows that have one; None takes
    the row's own."""

    rounds: int
    seed: int
    quick: bool
    items: int | None = None
    messages: int | None = None


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


@dataclass(frozen=True, slots=True)
class Table:
    """Counts and shares rather than times: `lines` under `columns`, each already as it is to be read."""

    title: str
    columns: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    remarks: tuple[str, ...]
    versions: str


type Row = Callable[[Options], Sequence[Outcome | Table]]


def render(outcome: Outcome | Table) -> str:
    return _table(outcome) if isinstance(outcome, Table) else _outcome(outcome)


def _table(table: Table) -> str:
    if any(len(line) != len(table.columns) for line in table.lines):
        raise ValueError(f"{table.title}: a line does not fit the columns")
    lines = [f"### {table.title}", "", f"| {' | '.join(table.columns)} |", "|" + "---|" * len(table.columns)]
    lines += [f"| {' | '.join(line)} |" for line in table.lines]
    lines += ["", *(f"- {remark}" for remark in table.remarks), f"- {table.versions}"]
    return "\n".join(lines)


def _outcome(outcome: Outcome) -> str:
    rounds = outcome.rounds
    columns = ["variant", f"CPU, {outcome.unit}", f"clock, {outcome.unit}", *(["peak memory, MB"] * rounds.watched)]
    lines = [f"### {outcome.title}", "", f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)]
    for name in rounds.samples:
        cells = [name, _spread(rounds.cpu(name), outcome.scale), _spread(rounds.wall(name), outcome.scale)]
        if rounds.watched:
            cells.append(_spread(rounds.peak(name), 1 / 2**20))
        lines.append(f"| {' | '.join(cells)} |")
    count = len(next(iter(rounds.samples.values())))
    lines += ["", f"Median [lowest–highest] of {count} rounds. Ratios are taken within each round:", ""]
    for item in outcome.comparisons:
        target = f" (target ≤ {item.target:g})" if item.target is not None else ""
        lines.append(f"- {item.variant} / {item.reference}, {item.what}: **{_spread(item.ratio)}**{target}")
    lines += [f"- {remark}" for remark in outcome.remarks]
    lines.append(f"- {outcome.versions}")
    return "\n".join(lines)


def _spread(spread: Spread, scale: float = 1.0) -> str:
    return f"{figure(spread.median * scale)} [{figure(spread.low * scale)}–{figure(spread.high * scale)}]"


def figure(value: float) -> str:
    size = abs(value)
    return f"{value:,.{0 if size >= 100 else 1 if size >= 10 else 2 if size >= 0.1 or size == 0 else 4}f}"
