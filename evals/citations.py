"""Whether citations hold: `python -m evals.citations [--set azure-northwind] …`

Answers the questions of the sets that label pages end to end, with the product's own retrieval, gate, prompt and
citation filter and the chat model in use, and reports

citation precision   share of the cited passages that begin on a labelled page, over answers that cite anything
cites the evidence   share of the questions with at least one such citation
refused              share of the questions answered by "not covered" or without a citation, also for those that
                     the documents do not answer

and, without any model, how well the check of sentences tells a true citation from a wrong one: reference answers
against their own pages, against another page of the same and of another document, and with one digit changed;
translations (xquad) against the English paragraph. 95 % bootstrap intervals.
"""

import argparse
import asyncio
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from evals.baseline import page_texts
from evals.corpus import index
from evals.datasets import DATA, EvalSet, Evidence, Gold, Question, load_set, load_unanswerable
from evals.metrics import bootstrap
from evals.options import keep, parser, progress
from evals.product import Product, product
from evals.report import cell
from evals.retrieval import EVERYONE
from shared.domain import bm25
from shared.domain.chat import Mode
from shared.domain.sentences import sentences
from shared.domain.support import supported
from shared.services.answering import Answer

MODULE = "evals.citations"
SETS = ("azure-northwind", "financebench")
TRANSLATIONS = ("en", "de", "es", "ro", "tr", "ru", "el")
_LEAST_WORDS = 5
_NUMBER = re.compile(r"(?<!\w)\d+(?:[.,]\d+)*")
_TAG = re.compile(r"<[^>]+>")


async def run(options: argparse.Namespace) -> None:
    rows: list[str] = []
    for name in options.sets or SETS:
        evals = load_set(name, limit=options.limit)
        async with product(options.model) as parts:
            await index(evals, parts, report=progress)
            answers = [await _answered(parts, question) for question in evals.questions]
            strange = [await _answered(parts, question) for question in load_unanswerable(name)[: options.limit]]
        rows.append(_row(evals, answers, strange))
        print(rows[-1], flush=True)
    answered = "\n".join(
        [
            "### Answers end to end",
            "",
            "| set | citation precision | cites the evidence | refused, answerable | refused, unanswerable |",
            "|---|---|---|---|---|",
            *rows,
        ]
    )
    checked = _check_table()
    print(f"\n{answered}\n\n{checked}")
    chat = "the offline model, which quotes" if options.model != "settings" else "the settings' chat model"
    keep(MODULE, options, [f"embedding model {options.model}; answers by {chat}"], [answered, checked])


async def _answered(parts: Product, question: Question) -> Answer:
    answer = Answer()
    async for _ in parts.answering.answer(Mode.RAG, question.text, (), audience=EVERYONE, into=answer):
        pass
    return answer


def _row(evals: EvalSet, answers: Sequence[Answer], strange: Sequence[Answer]) -> str:
    right = [
        [Gold(source.file_url, source.page) in question.gold for source in answer.cited]
        for question, answer in zip(evals.questions, answers, strict=True)
    ]
    precision = [sum(each) / len(each) for each in right if each]
    cells = [
        cell(bootstrap(precision)) if precision else "–",
        cell(bootstrap([float(any(each)) for each in right])),
        cell(bootstrap([float(not answer.supported) for answer in answers])),
        cell(bootstrap([float(not answer.supported) for answer in strange])) if strange else "–",
    ]
    return f"| {evals.name} | {' | '.join(cells)} |"


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence with what it is from, and with two texts that it is not from."""

    sentence: str
    question: str
    language: str | None
    evidence: str
    near: str
    far: str


def _check_table() -> str:
    lines = [
        "### The check of cited sentences: share flagged",
        "",
        "| sentences | own passage (false alarms) | another of the document | another document's | a digit changed |",
        "|---|---|---|---|---|",
    ]
    groups = {"reference answers, azure-northwind": list(reference_pairs("azure-northwind"))}
    groups |= {f"xquad, {language} from en": list(translated_pairs(language)) for language in TRANSLATIONS}
    for title, pairs in groups.items():
        altered = [(changed, pair) for pair in pairs if (changed := with_a_digit_changed(pair.sentence)) is not None]
        columns = [
            [_flagged(pair.sentence, pair.evidence, pair) for pair in pairs],
            [_flagged(pair.sentence, pair.near, pair) for pair in pairs],
            [_flagged(pair.sentence, pair.far, pair) for pair in pairs],
            [_flagged(changed, pair.evidence, pair) for changed, pair in altered],
        ]
        cells = [f"{cell(bootstrap(values))}" if values else "–" for values in columns]
        lines.append(f"| {title} ({len(pairs)}, {len(altered)} with numbers) | {' | '.join(cells)} |")
    return "\n".join(lines)


def _flagged(sentence: str, evidence: str, pair: Pair) -> float:
    return float(not supported(sentence, evidence, asked=pair.question, language=pair.language))


def reference_pairs(name: str, *, data: Path = DATA) -> Iterator[Pair]:
    evals = load_set(name, data=data)
    if evals.evidence is not Evidence.PAGE:
        raise ValueError(f"{name} does not label pages")
    chance = random.Random(name)
    pages = [Gold(file, number) for file in evals.files for number in range(1, len(_pages(evals.folder / file)) + 1)]

    def text(gold: Gold) -> str:
        return f"{gold.doc}\n{_pages(evals.folder / gold.doc)[(gold.page or 1) - 1]}"

    for question in evals.questions:
        doc = sorted(question.gold, key=str)[0].doc
        near = chance.choice([page for page in pages if page.doc == doc and page not in question.gold])
        far = chance.choice([page for page in pages if page.doc != doc])
        evidence = "\n".join(map(text, sorted(question.gold, key=str)))
        for sentence in _whole_sentences(question.answer or ""):
            yield Pair(sentence, question.text, bm25.spoken(question.answer or ""), evidence, text(near), text(far))


def translated_pairs(language: str, *, data: Path = DATA) -> Iterator[Pair]:
    """The first two sentences of each paragraph of a translation with the English paragraph."""
    docs = data / "xquad" / "docs"
    english, translated = _paragraphs(docs / "en"), _paragraphs(docs / language)
    chance = random.Random(language)
    for place, paragraph in translated.items():
        if place not in english:
            continue
        others = [other for other in english if other != place]
        near = chance.choice([other for other in others if other[0] == place[0]] or others)
        far = chance.choice([other for other in others if other[0] != place[0]])
        for sentence in list(_whole_sentences(paragraph))[:2]:
            yield Pair(sentence, "", bm25.spoken(paragraph), english[place], english[near], english[far])


def with_a_digit_changed(sentence: str) -> str | None:
    """None without a number that stands alone. The same sentence is always changed in the same way."""
    numbers = list(_NUMBER.finditer(sentence))
    if not numbers:
        return None
    chance = random.Random(sentence)
    number = chance.choice(numbers)
    place = chance.choice([at for at in range(*number.span()) if sentence[at].isdigit()])
    digit = chance.choice([digit for digit in "123456789" if digit != sentence[place]])
    return sentence[:place] + digit + sentence[place + 1 :]


def _whole_sentences(text: str) -> Iterator[str]:
    return (piece.strip() for piece in sentences(text) if len(piece.split()) >= _LEAST_WORDS)


@cache
def _pages(file: Path) -> tuple[str, ...]:
    return tuple(page_texts(file))


def _paragraphs(folder: Path) -> dict[tuple[str, int], str]:
    """By article and paragraph. Markdown and HTML begin with the article's title."""
    found: dict[tuple[str, int], str] = {}
    for file in sorted(folder.iterdir()):
        text = file.read_text(encoding="utf-8-sig")
        if file.suffix == ".html":
            parts = [_TAG.sub("", part) for part in re.findall(r"<p>(.*?)</p>", text, re.DOTALL)]
        else:
            parts = [part for part in text.split("\n\n") if not part.startswith("# ")]
        found.update({(file.stem, number): part for number, part in enumerate(parts)})
    return found


def main() -> None:
    asyncio.run(run(parser(MODULE, __doc__, SETS).parse_args()))


if __name__ == "__main__":
    main()
