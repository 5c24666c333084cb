"""How well the sufficiency gate refuses: `python -m evals.sufficiency [--set financebench] …`

Every set's documents are asked the set's own questions, which must pass, its unanswerable ones, which must not, and
up to 100 questions of each other set, which the documents do not answer either. Reports the share refused of each
with 95 % bootstrap intervals, and precision and recall over all. The gate asks no model.
"""

import argparse
import asyncio
from collections.abc import Sequence

import numpy as np

from evals.corpus import index
from evals.datasets import SET_NAMES, EvalSet, Question, load_set, load_unanswerable
from evals.metrics import bootstrap
from evals.options import keep, parser, progress
from evals.product import Product, product
from evals.report import cell
from evals.retrieval import EVERYONE
from shared.domain.ranking import assemble
from shared.domain.sufficiency import unknown_names
from shared.services.answering import CANDIDATES, CONTEXT_TOKENS, WITNESSES

MODULE = "evals.sufficiency"
FOREIGN_QUESTIONS = 100
_SEED = 11


async def run(options: argparse.Namespace) -> None:
    rows: list[str] = []
    passed: list[float] = []
    refused: list[float] = []
    for name in options.sets or SET_NAMES:
        evals = load_set(name, limit=options.limit)
        async with product(options.model) as parts:
            await index(evals, parts, report=progress)
            own = await refusals(parts, evals.questions)
            strange = await refusals(parts, load_unanswerable(name))
            foreign = await refusals(parts, _foreign(evals, options.limit))
        passed += own
        refused += strange + foreign
        rows.append(f"| {name} | {_share(own)} | {_share(strange)} | {_share(foreign)} |")
        print(rows[-1], flush=True)
    false, right = sum(passed), sum(refused)
    table = "\n".join(
        [
            "### Sufficiency gate: share refused",
            "",
            "| documents | their own questions (false refusals) | unanswerable questions | other sets' questions |",
            "|---|---|---|---|",
            *rows,
            "",
            f"Over all: recall {cell(bootstrap(refused))}, precision {right / max(right + false, 1):.3f} "
            f"({right:.0f} of {right + false:.0f} refusals), false refusals {cell(bootstrap(passed))}.",
        ]
    )
    print(f"\n{table}")
    keep(
        MODULE, options, [f"embedding model {options.model}; {FOREIGN_QUESTIONS} questions of each other set"], [table]
    )


async def refusals(parts: Product, questions: Sequence[Question]) -> list[float]:
    """1.0 for each question that the gate refuses, as shared/services/answering.py asks it."""
    found: list[float] = []
    for question in questions:
        candidates = await parts.retrieval.search([question.text], audience=EVERYONE, limit=WITNESSES)
        given = assemble(candidates[:CANDIDATES], budget_tokens=CONTEXT_TOKENS, count_tokens=parts.tokenizer.count)
        found.append(float(bool(unknown_names([question.text], given, candidates)) or not given))
    return found


def _foreign(evals: EvalSet, limit: int | None) -> list[Question]:
    chosen: list[Question] = []
    random = np.random.default_rng(_SEED)
    for name in SET_NAMES:
        if name != evals.name:
            others = load_set(name).questions
            picks = random.permutation(len(others))[: min(limit or FOREIGN_QUESTIONS, FOREIGN_QUESTIONS)]
            chosen += [others[int(pick)] for pick in picks]
    return chosen


def _share(values: Sequence[float]) -> str:
    return f"{cell(bootstrap(values))} ({sum(values):.0f}/{len(values)})" if values else "–"


def main() -> None:
    asyncio.run(run(parser(MODULE, __doc__).parse_args()))


if __name__ == "__main__":
    main()
