"""How Nexus does on what people complained of: `python -m evals.cases eval-cases.jsonl --docs FOLDER`

Reads the file that administrators download (`GET /api/admin/eval-cases/export`) and the documents that its cases
name, indexes those through the product's own pipeline, and asks each question. A `right` or `wrong` case holds when
its source (the page, where one is named) is among the first five passages; an `unanswerable` one when the sufficiency
gate refuses. Names every case that does not hold; exit code 1 if there is one, 2 when the cases cannot be asked.
Nothing is kept: the questions are a company's own.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from evals.corpus import found_in, index
from evals.datasets import DataMissing, EvalSet, Evidence, Gold, Question
from evals.metrics import Found, bootstrap, document_hit, page_hit
from evals.models import OFFLINE, SETTINGS, default_choice
from evals.options import progress
from evals.product import Product, product
from evals.report import cell
from evals.retrieval import DEPTH, EVERYONE
from evals.sufficiency import refusals

MODULE = "evals.cases"
FIRST = 5
_VERDICTS = ("right", "wrong", "unanswerable")


@dataclass(frozen=True, slots=True)
class Case:
    """`question.gold` is empty for an unanswerable one; the page of its one document may be None."""

    question: Question
    verdict: str
    note: str | None


@dataclass(frozen=True, slots=True)
class Outcome:
    case: Case
    holds: bool


def load_cases(file: Path, docs: Path) -> tuple[EvalSet, tuple[Case, ...]]:
    """The cases, and their documents as a set of files. Raises DataMissing for a line that is no case and for a
    document that is not below `docs`."""
    if not docs.is_dir():
        raise DataMissing(f"no folder at {docs}")
    by_name: dict[str, list[str]] = {}
    for path in sorted(path for path in docs.rglob("*") if path.is_file()):
        by_name.setdefault(path.name, []).append(path.relative_to(docs).as_posix())
    cases = tuple(
        _case(line, f"{file.name}, line {number}", by_name)
        for number, line in enumerate(file.read_text(encoding="utf-8").split("\n"), 1)
        if line.strip()
    )
    files = tuple(sorted(name for names in by_name.values() for name in names))
    questions = tuple(case.question for case in cases)
    return EvalSet("cases", Evidence.PAGE, docs, files, (), questions), cases


def _case(line: str, where: str, by_name: dict[str, list[str]]) -> Case:
    try:
        row = json.loads(line)
        identity, text, verdict, expected = row["id"], row["question"], row["verdict"], row["expected"]
        if verdict not in _VERDICTS or (verdict == "unanswerable") != (expected is None):
            raise ValueError(verdict)
        gold = frozenset[Gold]()
        if expected is not None:
            name, url, page = expected["file_name"], expected["file_url"], expected["page"]
            gold = frozenset({Gold(_file(name, url, where, by_name), page)})
    except (json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise DataMissing(f"{where} is not a case of Nexus' export") from error
    return Case(Question(identity, text, gold), verdict, row.get("note"))


def _file(name: str, url: str | None, where: str, by_name: dict[str, list[str]]) -> str:
    """Of several files with the same name the one whose folders are most like the document's address."""
    if name not in by_name:
        raise DataMissing(f"{where} names {name!r}, which the folder does not hold")
    address = unquote(urlsplit(url or "").path).split("/")
    return max(by_name[name], key=lambda path: _same_ending(path.split("/"), address))


def _same_ending(path: Sequence[str], address: Sequence[str]) -> int:
    same = 0
    for mine, theirs in zip(reversed(path), reversed(address), strict=False):
        if mine != theirs:
            break
        same += 1
    return same


async def evaluate(evals: EvalSet, cases: Sequence[Case], parts: Product) -> list[Outcome]:
    """Asks every question of the index that holds the set's documents."""
    outcomes: list[Outcome] = []
    for case in cases:
        if case.verdict == "unanswerable":
            (share,) = await refusals(parts, [case.question])
            outcomes.append(Outcome(case, share == 1.0))
            continue
        passages = await parts.retrieval.search([case.question.text], audience=EVERYONE, limit=DEPTH)
        outcomes.append(Outcome(case, _is_found(found_in(evals, passages), case.question.gold)))
    return outcomes


def _is_found(ranking: Sequence[Found], gold: frozenset[Gold]) -> bool:
    of_page = {one for one in gold if one.page is not None}
    return bool(page_hit(ranking, frozenset(of_page), FIRST) or document_hit(ranking, frozenset(gold - of_page), FIRST))


def table(outcomes: Sequence[Outcome]) -> str:
    rows = ["### Cases from feedback", "", "| verdict | cases | hold |", "|---|---|---|"]
    for verdict in _VERDICTS:
        held = [float(outcome.holds) for outcome in outcomes if outcome.case.verdict == verdict]
        if held:
            rows.append(f"| {verdict} | {len(held)} | {cell(bootstrap(held))} |")
    return "\n".join(rows)


async def run(options: argparse.Namespace) -> int:
    try:
        evals, cases = load_cases(options.file, options.docs)
    except (OSError, DataMissing) as error:
        print(error, file=sys.stderr)
        return 2
    if not cases:
        print(f"{options.file} holds no case.", file=sys.stderr)
        return 2
    async with product(options.model) as parts:
        await index(evals, parts, report=progress)
        outcomes = await evaluate(evals, cases[: options.limit], parts)
    print(f"\n{table(outcomes)}\n", flush=True)
    failed = [outcome.case for outcome in outcomes if not outcome.holds]
    for case in failed:
        print(f"does not hold ({case.verdict}): {case.question.text}  [{case.question.id}]")
    return 1 if failed else 0


def main() -> None:
    options = argparse.ArgumentParser(prog=f"python -m {MODULE}", description=__doc__)
    options.formatter_class = argparse.RawDescriptionHelpFormatter
    options.add_argument("file", type=Path, help="the exported cases")
    options.add_argument("--docs", type=Path, required=True, help="a folder with the documents that they name")
    options.add_argument("--limit", type=int, help="only the first cases, all documents")
    models = (*OFFLINE, SETTINGS)
    options.add_argument("--model", choices=models, default=default_choice(), help="as for the other evals")
    sys.exit(asyncio.run(run(options.parse_args())))


if __name__ == "__main__":
    main()
