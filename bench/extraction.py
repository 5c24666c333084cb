"""Row: reading files against the usual libraries, on the same files in the same run.

Real files come from ../shared/data where it is there; generated ones stand beside them.
"""

import asyncio
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import docx
import openpyxl
import pypdf

from bench.measure import here, interleave, versions
from bench.rows import Comparison, Options, Outcome
from shared.adapters.extract.docx import extract as extract_docx
from shared.adapters.extract.pdf import extract as extract_pdf
from shared.adapters.extract.sandbox import ExtractionSandbox
from shared.adapters.extract.xlsx import extract as extract_xlsx
from shared.domain.extracted import Extracted

OURS = "Nexus"
_NAMED = 5
_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
_REAL_PDFS = (
    "azure-northwind/docs/employee_handbook.pdf",
    "azure-northwind/docs/role_library.pdf",
    "azure-northwind/docs/Northwind_Standard_Benefits_Details.pdf",
    "sec-10q/docs/2022 Q3 AAPL.pdf",
)
_REAL_DOCX = ("office/docx/poi__stress011.docx", "office/docx/poi__drawing.docx", "office/docx/poi__bug59058.docx")
_REAL_XLSX = ("office/xlsx/poi__FormulaEvalTestData_Copy.xlsx", "broken/macro/poi__57181.xlsm")


@dataclass(frozen=True, slots=True)
class Contest:
    """`usual` and `ours` read all `paths` and return the characters they found; `target` is design 04's ratio."""

    title: str
    library: str
    paths: tuple[Path, ...]
    usual: Callable[[Path], int]
    ours: Callable[[Path], Extracted]
    target: float


def run(options: Options) -> Sequence[Outcome]:
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the files, not about us
        for contest in _contests(Path(folder), quick=options.quick):
            outcomes.append(_measure(contest, options))
        outcomes.append(_sandbox(Path(folder), options))
    return outcomes


def _measure(contest: Contest, options: Options) -> Outcome:
    def usual() -> int:
        return sum(contest.usual(path) for path in contest.paths)

    def ours() -> int:
        return sum(_count(contest.ours(path)) for path in contest.paths)

    rounds = interleave({OURS: here(ours), contest.library: here(usual)}, rounds=options.rounds, seed=options.seed)
    share = ours() / usual()
    return Outcome(
        contest.title,
        rounds,
        "ms for all files",
        1e3,
        (
            Comparison(OURS, contest.library, rounds.cpu_ratio(OURS, contest.library), "CPU", contest.target),
            Comparison(OURS, contest.library, rounds.wall_ratio(OURS, contest.library), "clock"),
        ),
        (
            f"files: {', '.join(path.name for path in contest.paths[:_NAMED])}"
            + (f" and {len(contest.paths) - _NAMED} more" if len(contest.paths) > _NAMED else ""),
            f"characters found: {share:.2f} of theirs; imports are outside the measurement, as is the sandbox",
        ),
        versions("pypdfium2", "pypdf", "lxml", "python-docx", "python-calamine", "openpyxl"),
    )


def _sandbox(folder: Path, options: Options) -> Outcome:
    """What the process boundary costs: a tiny file through a warm worker, and through a new one."""
    path = folder / "tiny.txt"
    path.write_text("A short text about leave.", encoding="utf-8")
    warm, cold = "warm worker", "new worker"

    with asyncio.Runner() as runner:
        kept = ExtractionSandbox(workers=1)

        async def through_new() -> None:
            sandbox = ExtractionSandbox(workers=1)
            await sandbox.extract(path, path.name)
            await sandbox.close()

        variants = {
            warm: here(lambda: runner.run(kept.extract(path, path.name))),
            cold: here(lambda: runner.run(through_new())),
        }
        rounds = interleave(variants, rounds=options.rounds, seed=options.seed)
        runner.run(kept.close())
    return Outcome(
        "A tiny text through the sandbox",
        rounds,
        "ms a document",
        1e3,
        (Comparison(warm, cold, rounds.wall_ratio(warm, cold), "clock"),),
        ("CPU is the parent's only",),
        versions("msgspec"),
    )


def _contests(folder: Path, *, quick: bool) -> Iterator[Contest]:
    if pdfs := _there(_REAL_PDFS[:1] if quick else _REAL_PDFS):
        yield Contest("PDF", "pypdf", pdfs, _pypdf, extract_pdf, 0.15)
    yield Contest("DOCX, generated", "python-docx", (_generated_docx(folder),), _python_docx, extract_docx, 0.2)
    if documents := _there(_REAL_DOCX):
        yield Contest("DOCX, real", "python-docx", documents, _python_docx, extract_docx, 0.2)
    rows = 2_000 if quick else 20_000
    yield Contest("XLSX, generated", "openpyxl", (_generated_xlsx(folder, rows),), _openpyxl, extract_xlsx, 0.1)
    if workbooks := _there(_REAL_XLSX):
        yield Contest("XLSX, real", "openpyxl", workbooks, _openpyxl, extract_xlsx, 0.1)
    if not quick:
        yield from _whole_sets()


def _whole_sets() -> Iterator[Contest]:
    """All of ../shared/data/office that both can read: small files mostly, where opening costs more than reading."""
    for kind, library, usual, ours, target in (
        ("pdf", "pypdf", _pypdf, extract_pdf, 0.15),
        ("docx", "python-docx", _python_docx, extract_docx, 0.2),
        ("xlsx", "openpyxl", _openpyxl, extract_xlsx, 0.1),
    ):
        folder = _DATA / "office" / kind
        paths = sorted(folder.iterdir()) if folder.is_dir() else []
        if both := tuple(path for path in paths if _reads(usual, path) and _reads(ours, path)):
            yield Contest(f"{kind.upper()}, office set", library, both, usual, ours, target)


def _reads(read: Callable[[Path], object], path: Path) -> bool:
    try:
        read(path)
    except Exception:  # noqa: BLE001  whatever a library raises, it has not read the file
        return False
    return True


def _there(names: Sequence[str]) -> tuple[Path, ...]:
    return tuple(path for name in names if (path := _DATA / name).exists())


def _count(extracted: Extracted) -> int:
    return sum(len(block.text) for block in extracted.blocks)


def _pypdf(path: Path) -> int:
    return sum(len(page.extract_text()) for page in pypdf.PdfReader(path).pages)


def _python_docx(path: Path) -> int:
    """The loop that everybody writes: paragraphs with their styles, then the cells of the tables."""
    document = docx.Document(str(path))
    characters = 0
    for paragraph in document.paragraphs:
        if paragraph.style is not None and paragraph.style.name is not None:
            characters += len(paragraph.text)
    for table in document.tables:
        for row in table.rows:
            characters += sum(len(cell.text) for cell in row.cells)
    return characters


def _openpyxl(path: Path) -> int:
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    rows = (row for sheet in book.worksheets for row in sheet.iter_rows(values_only=True))
    characters = sum(len(str(value)) for row in rows for value in row if value is not None)
    book.close()
    return characters


def _generated_docx(folder: Path) -> Path:
    document = docx.Document()
    for number in range(1_500):
        if number % 20 == 0:
            document.add_heading(f"Chapter {number // 20}", level=1 + number % 3)
        document.add_paragraph(f"Paragraph {number} tells of the leave that employees may take, and when. " * 3)
    table = document.add_table(rows=150, cols=4)
    for number, row in enumerate(table.rows):
        for place, cell in enumerate(row.cells):
            cell.text = f"{number} × {place}"
    path = folder / "generated.docx"
    document.save(str(path))
    return path


def _generated_xlsx(folder: Path, rows: int) -> Path:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Sales")
    sheet.append(["Number", "Name", "City", "Amount", "Paid"])
    for number in range(rows):
        sheet.append([number, f"Customer {number}", "Bonn", number * 1.25, number % 2 == 0])
    path = folder / "generated.xlsx"
    book.save(path)
    return path
