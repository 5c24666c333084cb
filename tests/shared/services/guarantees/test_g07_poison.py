"""G7, R08, S12: a document that hangs, unfolds or never ends costs itself, within bounded memory and time."""

import json
from pathlib import Path

from shared.adapters.extract.protocol import Limits
from shared.adapters.extract.sandbox import ExtractionSandbox
from shared.domain.ledger import DocumentStatus
from tests.shared.services.guarantees.synced_library import SyncedLibrary
from tests.shared.services.guarantees.texts import pdf, zip_bomb


async def test_g7_r08_poison_beside_healthy_files(library: SyncedLibrary, data: Path) -> None:
    """A bomb, a hang, 10,000 pages, more text than allowed, damage: each has its reason; what stands beside is read."""
    await library.ports["extractor"].close()
    library.ports["extractor"] = ExtractionSandbox(workers=2, limits=Limits(wall_s=3.0, max_characters=2_000_000))
    library.restart()
    poison: dict[str, bytes] = {
        "hang.html": b"<table><tr><td>word<td>1</tr></table>" * 250_000,
        "bomb.docx": zip_bomb(900),
        "endless.txt": b"word " * 600_000,
        "pages.pdf": pdf(pages=10_000),
        "cut.pdf": pdf(pages=3)[:200],
        "liar.docx": b"MZ" + bytes(4_000),
        "empty.md": b"",
    }
    for row in (json.loads(line) for line in (data / "broken" / "FILES.jsonl").read_text().splitlines()):
        source = data / "broken" / row["file"]
        if source.is_file() and source.stat().st_size < 1_000_000 and row["file"].split("/")[0] in ("bomb", "xxe"):
            poison[f"broken/{source.name}"] = source.read_bytes()
    for name, content in poison.items():
        await library.put(name, content)
    for number in range(10):
        await library.put(f"healthy/{number}.md", f"Healthy text {number}.")
    run = await library.sync()
    documents = await library.documents()
    assert run.status == "complete"
    assert [documents[f"healthy/{number}.md"].status for number in range(10)] == [DocumentStatus.INDEXED] * 10
    for name in ("hang.html", "bomb.docx", "endless.txt", "pages.pdf", "cut.pdf", "liar.docx", "empty.md"):
        document = documents[name]
        assert document.status in (DocumentStatus.SKIPPED, DocumentStatus.FAILED), name
        assert document.reason_code not in (None, "internal_error"), name
        assert document.reason, name
        assert document.reason.endswith("."), name
    assert documents["hang.html"].reason_code == "limits_exceeded"
    assert documents["endless.txt"].reason_code == "limits_exceeded"
    assert documents["empty.md"].reason_code == "empty"
    for path, document in documents.items():
        assert document.status is not DocumentStatus.PENDING, path
    assert (await library.drift()).differences == []


async def test_g7_a_file_over_the_limit_is_never_downloaded(library: SyncedLibrary) -> None:
    limit = library.settings.graph.max_file_bytes
    await library.put("large.txt", b"x" * (limit + 1))
    await library.put("small.txt", "A small file.")
    await library.sharepoint.forget_requests()
    await library.sync()
    document = (await library.documents())["large.txt"]
    assert (document.status, document.reason_code) == (DocumentStatus.SKIPPED, "too_large")
    assert await library.downloads() == 1
