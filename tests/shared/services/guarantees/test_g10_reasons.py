"""G10: a file that is not indexed says why, with a code for programs and a sentence for people."""

import re

import pytest

from shared.domain.ledger import DocumentStatus
from tests.shared.services.guarantees.synced_library import SyncedLibrary
from tests.shared.services.guarantees.texts import pdf, scan

FILES: dict[str, tuple[str, bytes]] = {
    "secret.pdf": ("encrypted", pdf(password="open sesame")),
    "film.mp4": ("unsupported_type", b"\0\0\0\x18ftypmp42" + bytes(100)),
    "nothing.md": ("empty", b"  \n \n"),
    "scan.pdf": ("needs_ocr", scan()),
    "damaged.docx": ("corrupt", b"PK\3\4" + bytes(200)),
}


async def test_g10_every_file_that_is_left_out_has_its_reason(library: SyncedLibrary) -> None:
    for name, (_, content) in FILES.items():
        await library.put(name, content)
    await library.put("good.md", "Good.")
    run = await library.sync()
    documents = await library.documents()
    assert (run.status, run.added, run.skipped + run.failed) == ("complete", 1, len(FILES))
    assert {name: documents[name].reason_code for name in FILES} == {name: code for name, (code, _) in FILES.items()}
    for name in FILES:
        assert re.fullmatch(r"[A-Z].{10,}\.", documents[name].reason or "", re.DOTALL), documents[name].reason
    assert list(await library.readable()) == ["good.md"]
    assert (await library.drift()).differences == []


async def test_g10_packages_and_shortcuts_are_in_the_ledger_with_a_reason_and_are_not_read(
    library: SyncedLibrary,
) -> None:
    """R05: neither file nor folder, and an item of another drive."""
    name = library.remote.name
    other = await library.sharepoint.create_library(f"Other of {name}")
    target = await library.sharepoint.put_file(other.name, "there.md", b"Elsewhere.")
    await library.sharepoint.add_notebook(name, "f/Notes")
    await library.sharepoint.add_shortcut(name, "f/Link", other.drive_id, target.id)
    await library.put("f/good.md", "Good.")
    await library.sharepoint.forget_requests()
    run = await library.sync()
    documents = await library.documents()
    assert run.status == "complete"
    assert {path: document.reason_code for path, document in documents.items()} == {
        "f/Notes": "package",
        "f/Link": "shortcut",
        "f/good.md": None,
    }
    assert await library.downloads() == 1
    await library.move("f", "g")
    await library.sync()
    assert sorted(await library.documents()) == ["g/Link", "g/Notes", "g/good.md"]
    await library.remove("g/Notes")
    await library.sync()
    assert sorted(await library.documents()) == ["g/Link", "g/good.md"]
    assert (await library.drift()).differences == []


@pytest.mark.parametrize("place", ["delta", "content"])
async def test_g10_a_missing_permission_is_told_in_words(library: SyncedLibrary, place: str) -> None:
    await library.put("a.md", "Text.")
    if place == "delta":
        await library.sharepoint.script(deny_site="hub")
        run = await library.sync()
        assert (run.status, (await library.state()).status) == ("failed", "error")
        assert "Sites.Selected" in (run.error_message or "")
        await library.sharepoint.script(allow_site="hub")
    else:
        await library.sharepoint.add_faults({"match": {"path": "/content$"}, "then": {"status": 403}})
        run = await library.sync()
        document = (await library.documents())["a.md"]
        assert (run.status, document.status) == ("complete", DocumentStatus.FAILED)
        assert document.reason_code == "permission_missing"
        await library.sharepoint.clear_faults()
        await library.let_retries_come()
    assert (await library.sync()).status == "complete"
    assert list(await library.readable()) == ["a.md"]
