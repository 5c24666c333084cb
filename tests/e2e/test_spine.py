"""The main job over HTTP, on real documents: put files into SharePoint, sync, ask, change them, ask again."""

import re
import shutil
from pathlib import Path

import pypdf

from devstack.graph.client import GraphControl
from tests.e2e.conftest import Stack, ask

# Ten ordinary Office files of the set, chosen by nothing but their order.
OFFICE_FILES = 10


def real_files(data: Path, folder: Path) -> Path:
    for file in sorted((data / "azure-northwind" / "docs").glob("*.pdf")):
        shutil.copy(file, folder)
    office = [file for kind in ("docx", "xlsx", "pptx") for file in sorted((data / "office" / kind).iterdir())[:4]]
    for file in office[: OFFICE_FILES + 2]:
        shutil.copy(file, folder)
    shutil.copytree(data / "handbook" / "docs" / "departments" / "tech-ops", folder / "handbook")
    return folder


def stands_on_page(pdf: Path, page: int, snippet: str) -> bool:
    """Whether most words of the snippet are on that page (1-based), as another reader of the file sees it."""
    words = set(re.findall(r"\w{4,}", snippet.lower()))
    text = pypdf.PdfReader(pdf).pages[page - 1].extract_text().lower()
    return sum(word in text for word in words) >= 0.8 * len(words)


async def test_ask_about_real_files_rename_one_delete_one_and_ask_again(
    stack: Stack, graph: GraphControl, data: Path, tmp_path: Path
) -> None:
    library = await stack.add_library("Northwind", real_files(data, tmp_path))
    run = await stack.sync(library)
    documents = {document["path"]: document for document in await stack.documents(library)}
    assert run["status"] == "complete"
    assert run["seen"] == len(documents)
    assert run["added"] + run["skipped"] + run["failed"] == len(documents)
    assert all(d["status"] == "indexed" or d["reason"] for d in documents.values())
    assert sum(d["status"] == "indexed" for d in documents.values()) >= len(documents) - 2

    # "How much does PerksPlus reimburse": page 1 of PerksPlus.pdf, which nobody here wrote
    question = "PerksPlus: up to how many dollars are reimbursed for health and fitness activities?"
    text, done = await ask(stack, "dave", question)
    assert done["status"] == "complete"
    assert done["supported"] is True
    cited = [source for source in done["sources"] if source["file_name"] == "PerksPlus.pdf"]
    assert cited, done["sources"]
    for source in cited:
        assert stands_on_page(tmp_path / "PerksPlus.pdf", source["page"], source["snippet"][:300])
    assert f"[1] {done['sources'][0]['file_name']} - {done['sources'][0]['file_url']}" in text

    await graph.move("Northwind", "PerksPlus.pdf", "Perks 2027.pdf")
    await graph.remove("Northwind", "employee_handbook.pdf")
    before = stack.passages(library)
    run = await stack.sync(library)
    assert (run["moved"], run["deleted"], run["added"], run["changed"], run["passages"]) == (1, 1, 0, 0, 0)

    text, done = await ask(stack, "dave", question)
    names = {source["file_name"] for source in done["sources"]}
    assert "Perks 2027.pdf" in names
    assert "PerksPlus.pdf" not in names
    assert any("Perks%202027.pdf" in source["file_url"] for source in done["sources"])
    after = stack.passages(library)
    gone = {point["id"] for point in before} - {point["id"] for point in after}
    assert gone == {point["id"] for point in before if point["payload"]["file_name"] == "employee_handbook.pdf"}
    assert {point["id"] for point in after} <= {point["id"] for point in before}, "a rename embeds nothing again"
    found = await stack.search("dave", "employee handbook performance reviews workplace safety", limit=50)
    assert "employee_handbook.pdf" not in {passage["file_name"] for passage in found}


async def test_a_changed_file_is_answered_from_in_its_new_version_only(
    stack: Stack, graph: GraphControl, tmp_path: Path
) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    note = tmp_path / "deep" / "er" / "note.md"
    note.write_text("# Zeppelin hangar\n\nThe zeppelin hangar opens at 7 and closes at 19.\n")
    library = await stack.add_library("Hangar", tmp_path)
    await stack.sync(library)
    assert "opens at 7" in (await ask(stack, "dave", "When does the zeppelin hangar open?"))[0]
    await graph.put_file("Hangar", "deep/er/note.md", b"# Zeppelin hangar\n\nThe zeppelin hangar opens at 9.\n")
    run = await stack.sync(library)
    assert (run["changed"], run["added"]) == (1, 0)
    text, _ = await ask(stack, "dave", "When does the zeppelin hangar open?")
    assert "opens at 9" in text
    assert "opens at 7" not in text
    assert len(stack.passages(library)) == 1

    await graph.move("Hangar", "deep", "shallow")
    run = await stack.sync(library)
    assert run["moved"] == 1
    (document,) = await stack.documents(library)
    assert document["path"] == "shallow/er/note.md"
    assert document["file_url"].endswith("/shallow/er/note.md")
    assert stack.passages(library)[0]["payload"]["file_url"] == document["file_url"]

    await graph.remove("Hangar", "shallow")
    run = await stack.sync(library)
    assert run["deleted"] == 1
    assert await stack.documents(library) == []
    assert stack.passages(library) == []


async def test_a_sync_without_changes_reads_nothing(stack: Stack, graph: GraphControl, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A\n\nText that stays.\n")
    library = await stack.add_library("Still", tmp_path)
    await stack.sync(library)
    await graph.forget_requests()
    run = await stack.sync(library)
    assert (run["status"], run["seen"], run["passages"]) == ("complete", 0, 0)
    assert not [request for request in await graph.requests() if "/content" in request["path"]]


async def test_s10_nobody_is_shown_a_passage_of_another_department_or_country(stack: Stack) -> None:
    """The sample library: HR, Germany; Engineering; everyone."""
    canary = "Gehaltsbaender 2026 Gehaltsgruppe salary band"
    seen = {user: {p["file_name"] for p in await stack.search(user, canary, 50)} for user in ("alice", "bob", "dave")}
    assert "Gehaltsbaender_2026.xlsx" in seen["alice"]
    assert "Gehaltsbaender_2026.xlsx" not in seen["bob"] | seen["dave"]
    engineering = {p["file_name"] for p in await stack.search("bob", "OPX-40 specification", 50)}
    assert "OPX-40_Specification.pdf" in engineering
    assert "OPX-40_Specification.pdf" not in {
        p["file_name"] for p in await stack.search("alice", "OPX-40 specification", 50)
    }
