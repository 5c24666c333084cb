"""Files that nobody here wrote: the usual ones read as completely as by the usual libraries, the broken ones
refused for the right reason, and not one of them harms the sandbox."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from shared.adapters.extract.markdown import inline
from shared.adapters.extract.sandbox import ExtractionSandbox
from shared.domain.extracted import Extracted, ReasonCode
from shared.errors import ExtractionFailed

_WORDS = re.compile(r"\w+")
_REASONS = frozenset(get_args(ReasonCode.__value__))
# Files of the usual set that truly hold no text: pictures, charts, a video, an empty file; pages that are scans;
# and one page in EBCDIC, an encoding that no web page of this century is in.
_NO_TEXT = frozenset({"empty", "needs_ocr"})
_REFUSED = {"html/tika__test_ignore_IBM420.html": "unsupported_type"}

type Outcome = Extracted | ExtractionFailed


@pytest.fixture
async def sandbox() -> AsyncIterator[ExtractionSandbox]:
    sandbox = ExtractionSandbox(workers=1, documents_per_worker=10_000)
    yield sandbox
    await sandbox.close()


def _listed(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for line in (folder / "FILES.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        yield entry["file"], entry


async def _outcome(sandbox: ExtractionSandbox, path: Path) -> Outcome:
    try:
        return await sandbox.extract(path, path.name)
    except ExtractionFailed as error:
        failure = error
    assert failure.reason_code in _REASONS
    assert re.fullmatch(r"[A-Z].+\.", failure.detail), "a sentence for administrators"
    return failure


def _characters(outcome: Outcome) -> int:
    return sum(len(block.text) for block in outcome.blocks) if isinstance(outcome, Extracted) else 0


async def test_ordinary_files_are_read_as_completely_as_by_the_usual_libraries(
    real_data: Path, sandbox: ExtractionSandbox
) -> None:
    office = real_data / "office"
    ours: dict[str, int] = defaultdict(int)
    theirs: dict[str, int] = defaultdict(int)
    read = 0
    for name, entry in _listed(office):
        outcome = await _outcome(sandbox, office / name)
        kind = name.partition("/")[0]
        if isinstance(outcome, ExtractionFailed):
            expected = _REFUSED.get(name)
            assert outcome.reason_code == expected or (expected is None and outcome.reason_code in _NO_TEXT), name
        else:
            assert outcome.file_type == kind, name
            read += 1
        observed = entry["observed"].get("chars", entry["observed"].get("chars_first30", 0))
        theirs[kind] += observed
        ours[kind] += min(observed, _characters(outcome))
    assert read > 250
    for kind in ("docx", "pptx", "pdf"):
        assert ours[kind] >= 0.95 * theirs[kind], kind
    # openpyxl counts formulas and error values where we take what the cell shows.
    assert ours["xlsx"] >= 0.93 * theirs["xlsx"]


async def test_samples_hold_the_words_that_docling_finds_in_them(real_data: Path, sandbox: ExtractionSandbox) -> None:
    office = real_data / "office"
    shares: dict[str, float] = {}
    for expected in sorted((office / "expected_md").iterdir()):
        name = expected.name.removesuffix(".md")
        path = office / name.rpartition(".")[2] / name
        extracted = await sandbox.extract(path, name)
        markdown = inline(re.sub(r"<!--.*?-->", "", expected.read_text(encoding="utf-8")))
        wanted = Counter(_WORDS.findall(markdown.lower()))
        found = Counter(_WORDS.findall("\n".join(block.text for block in extracted.blocks).lower()))
        shares[name] = 1 - (wanted - found).total() / wanted.total()
    assert len(shares) > 40
    # The rest is what docling adds: tables drawn from charts, authors of comments, formulas as LaTeX, and merged
    # cells said once for every column.
    assert sum(share > 0.95 for share in shares.values()) > 0.6 * len(shares)
    assert sum(share > 0.75 for share in shares.values()) > 0.9 * len(shares)


async def test_broken_files_are_refused_for_the_right_reason_and_the_sandbox_goes_on(
    real_data: Path, sandbox: ExtractionSandbox
) -> None:
    broken = real_data / "broken"
    outcomes: dict[str, list[str]] = defaultdict(list)
    for name, entry in _listed(broken):
        outcome = await _outcome(sandbox, broken / name)
        outcomes[entry["class"]].append("read" if isinstance(outcome, Extracted) else outcome.reason_code)
    assert set(outcomes["encrypted-or-ole"]) == {"encrypted"}
    assert set(outcomes["encrypted-pdf"]) == {"encrypted"}
    assert set(outcomes["encrypted-pdf-empty-user-password"]) == {"read"}
    assert set(outcomes["legacy"]) == {"unsupported_type"}
    assert set(outcomes["bomb"]) == {"corrupt"}
    assert set(outcomes["xxe"]) == {"corrupt"}
    assert set(outcomes["macro"]) <= {"read", "empty"}
    assert set(outcomes["fuzz"]) <= {"read", "corrupt"}
    assert set(outcomes["malformed"]) <= {"read", "corrupt", "unsupported_type"}


async def test_no_text_of_another_file_gets_into_a_document(real_data: Path, sandbox: ExtractionSandbox) -> None:
    outcome = await _outcome(sandbox, real_data / "broken" / "xxe" / "poi__ExternalEntityInText.docx")
    assert isinstance(outcome, ExtractionFailed)


async def test_a_page_of_a_report_keeps_its_number(real_data: Path, sandbox: ExtractionSandbox) -> None:
    """Evidence of the ground truth is found on the very page it cites."""
    folder = real_data / "financebench"
    rows = [json.loads(line) for line in (folder / "ground_truth.jsonl").read_text(encoding="utf-8").splitlines()]
    name = "NIKE_2021_10K.pdf"
    extracted = await sandbox.extract(folder / "docs" / name, name)
    pages: dict[int, set[str]] = defaultdict(set)
    for block in extracted.blocks:
        pages[block.page or 0].update(_WORDS.findall(block.text.lower()))
    cited = [evidence for row in rows for evidence in row["evidence"] if evidence["doc"] == name]
    assert cited
    for evidence in cited:
        words = set(_WORDS.findall(evidence["passage"].lower()))
        assert len(words & pages[evidence["page"]]) > 0.9 * len(words), evidence["page"]
