from pathlib import Path

import httpx
import pytest

from devstack.graph.client import ControlFailed, GraphControl, Library


async def test_a_library_asked_for_twice_is_the_same_one(control: GraphControl, library: Library) -> None:
    assert await control.create_library("handbook") == library
    assert await control.libraries() == [library]
    assert await control.library("Handbook") == library


async def test_a_name_in_two_sites_is_refused(control: GraphControl, library: Library) -> None:
    with pytest.raises(ControlFailed) as failure:
        await control.create_library("Handbook", site="elsewhere")
    assert failure.value.status == 409


async def test_a_folder_is_put_with_its_tree(control: GraphControl, library: Library, tmp_path: Path) -> None:
    local = tmp_path / "local"
    (local / "a" / "b").mkdir(parents=True)
    (local / "a" / "b" / "one.md").write_bytes(b"one")
    (local / "two words.md").write_bytes(b"two")
    (local / "~$two words.md").write_bytes(b"a lock file")
    (local / ".DS_Store").write_bytes(b"junk")
    put = await control.put_folder("Handbook", local, below="hr")
    assert [item.path for item in put] == ["hr/a/b/one.md", "hr/two words.md"]
    kinds = {item.path: item.kind for item in await control.items("Handbook")}
    assert kinds == {
        "hr": "folder",
        "hr/a": "folder",
        "hr/a/b": "folder",
        "hr/a/b/one.md": "file",
        "hr/two words.md": "file",
    }


async def test_the_same_bytes_again_are_a_new_version(control: GraphControl, library: Library) -> None:
    first = await control.put_file("Handbook", "a.md", b"text")
    again = await control.put_file("Handbook", "A.MD", b"text")
    assert again.id == first.id
    assert again.quick_xor_hash == first.quick_xor_hash
    assert (first.content_version, again.content_version) == (1, 2)


async def test_what_sharepoint_would_refuse_is_refused(control: GraphControl, library: Library) -> None:
    await control.put_file("Handbook", "hr/a.md", b"text")
    await control.put_file("Handbook", "b.md", b"text")
    refused = [
        (control.put_file("Handbook", "a:b.md", b"text"), 400),
        (control.put_file("Handbook", "~$lock.docx", b"text"), 400),
        (control.put_file("Handbook", "hr", b"text"), 409),
        (control.put_file("Handbook", "b.md/c.md", b"text"), 409),
        (control.mkdir("Handbook", "b.md"), 409),
        (control.move("Handbook", "b.md", "hr/a.md"), 409),
        (control.move("Handbook", "hr", "hr/deeper/hr"), 400),
        (control.move("Handbook", "", "x"), 400),
        (control.move("Handbook", "none.md", "x.md"), 404),
        (control.remove("Handbook", "none.md"), 404),
        (control.put_file("None", "a.md", b"text"), 404),
        (control.script(resync="sometime"), 400),
        (control.script(page_size=0), 400),
        (control.script(deny_site="none"), 400),
    ]
    for request, status in refused:
        with pytest.raises(ControlFailed) as failure:
            await request
        assert failure.value.status == status
    paths = [item.path for item in await control.items("Handbook")]
    assert sorted(paths) == ["b.md", "hr", "hr/a.md"], "a refused change left something behind"


async def test_a_script_with_one_unknown_step_does_nothing(
    control: GraphControl, library: Library, graph: httpx.AsyncClient
) -> None:
    with pytest.raises(ControlFailed):
        await control.script(page_size=1, nonsense=True)
    await control.put_file("Handbook", "a.md", b"text")
    page = await graph.get(f"/drives/{library.drive_id}/root/delta")
    assert len(page.json()["value"]) == 2


async def test_faults_reach_graph_and_not_the_control(
    control: GraphControl, library: Library, graph: httpx.AsyncClient
) -> None:
    await control.add_faults({"match": {}, "then": {"status": 429, "headers": {"Retry-After": "7"}}})
    throttled = await graph.get(f"/drives/{library.drive_id}")
    assert (throttled.status_code, throttled.headers["Retry-After"]) == (429, "7")
    assert await control.libraries() == [library]
    await control.clear_faults()
    assert (await graph.get(f"/drives/{library.drive_id}")).status_code == 200
