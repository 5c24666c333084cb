"""Libraries administered over the API, with everything running: changes at once, removal, preflight, runs watched."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.functions.nexus import Nexus, eventually
from tests.functions.person import Person, Stream
from tests.functions.test_documents import in_hr


@dataclass
class Kept:
    """A library of HR in Germany whose one file is in a folder; `word` is in no other document."""

    library: dict[str, Any]
    word: str


async def made(nexus: Nexus, manager: Person, **more: Any) -> Kept:
    word = f"Okapi{uuid4().hex[:8]}"
    url = nexus.sharepoint_library(word, **{"Board/minutes_md": f"# {word}\n\nThe {word} was bought in secret."})
    library = await manager.post("admin/libraries", {"library_url": url, **in_hr(nexus), **more})
    await manager.synced(library["id"])
    return Kept(library, word)


async def sees(person: Person, word: str) -> bool:
    found = await person.post("search", {"query": word}, status=200)
    return any(word in passage["text"] for passage in found["items"])


async def settled(manager: Person, library_id: str) -> dict[str, Any]:
    """The library once a change has reached every document."""

    async def done() -> dict[str, Any] | None:
        library = await manager.get(f"admin/libraries/{library_id}")
        return None if library["relabelling"] or library["status"] == "syncing" else library

    return await eventually(done, "the end of the change", limit_s=60)


async def test_s10_a_narrowed_folder_is_closed_to_others_at_once_without_a_sync(
    nexus: Nexus, admin: Person, alice: Person, bob: Person
) -> None:
    kept = await made(nexus, admin)
    assert (await sees(alice, kept.word), await sees(bob, kept.word)) == (True, False)
    engineering = {"department_id": nexus.departments["Engineering"], "country_id": nexus.countries["US"]}
    path = f"admin/libraries/{kept.library['id']}"
    nexus.forget()
    changed = await admin.patch(path, {"scope_rules": [{"path_prefix": "/board/", **engineering}]})
    assert changed["scope_rules"] == [{"path_prefix": "board", **engineering}]
    await settled(admin, kept.library["id"])
    assert (await sees(alice, kept.word), await sees(bob, kept.word)) == (False, True)
    # a paused library is closed as fast
    await admin.patch(path, {"enabled": False})
    await admin.patch(path, {"scope_rules": []})
    await settled(admin, kept.library["id"])
    assert (await sees(alice, kept.word), await sees(bob, kept.word)) == (True, False)
    # a rule of two nulls opens the folder to everyone
    await admin.patch(path, {"scope_rules": [{"path_prefix": "Board", "department_id": None, "country_id": None}]})
    await settled(admin, kept.library["id"])
    assert (await sees(alice, kept.word), await sees(bob, kept.word)) == (True, True)
    runs = (await admin.get("admin/sync-runs", library_id=kept.library["id"]))["items"]
    assert [run["trigger"] for run in runs] == ["change", "change", "change", "manual"]
    assert {(run["status"], run["pages"], run["embed_tokens"], run["moved"]) for run in runs[:3]} == {
        ("complete", 0, 0, 1)
    }
    await admin.call("DELETE", path, status=202)
    await admin.gone(kept.library["id"])


async def test_a_resumed_library_is_read_at_once(nexus: Nexus, carol: Person, alice: Person) -> None:
    kept = await made(nexus, carol)
    path = f"admin/libraries/{kept.library['id']}"
    await carol.patch(path, {"enabled": False})
    problem = await carol.post(f"{path}/sync", {}, status=409)
    assert problem["code"] == "library_paused"
    nexus.sharepoint_library(kept.word, new_md=f"# {kept.word}\n\nAnother {kept.word} has come.")
    await carol.patch(path, {"enabled": True})

    async def found() -> bool:
        passages = (await alice.post("search", {"query": kept.word}, status=200))["items"]
        return any("has come" in passage["text"] for passage in passages)

    await eventually(found, "the file that came while the library was paused", limit_s=60)
    await carol.call("DELETE", path, status=202)
    await carol.gone(kept.library["id"])


async def test_a_removed_library_answers_nothing_and_can_be_registered_again(
    nexus: Nexus, carol: Person, alice: Person
) -> None:
    kept = await made(nexus, carol)
    path = f"admin/libraries/{kept.library['id']}"
    (document,) = (await carol.get("admin/documents", library_id=kept.library["id"]))["items"]
    nexus.fault(nexus.graph, "/root/delta", {"status": 500})
    removing = (await carol.call("DELETE", path, status=202)).json()
    assert (removing["status"], removing["enabled"]) == ("removing", False)
    await carol.gone(kept.library["id"])
    assert not await sees(alice, kept.word)
    await alice.call("GET", f"documents/{document['id']}", status=404)
    assert (await carol.get("admin/sync-runs", library_id=kept.library["id"]))["items"] == []
    await carol.call("DELETE", path, status=404)
    nexus.forget()
    url = kept.library["library_url"]
    again = await carol.post("admin/libraries", {"library_url": url, **in_hr(nexus)})
    assert (await carol.synced(again["id"]))["added"] == 1
    assert await sees(alice, kept.word)
    await carol.call("DELETE", f"admin/libraries/{again['id']}", status=202)
    await carol.gone(again["id"])


async def test_administration_leaves_a_trail(nexus: Nexus, admin: Person) -> None:
    kept = await made(nexus, admin)
    path = f"admin/libraries/{kept.library['id']}"
    rule = {"path_prefix": "Board", "department_id": nexus.departments["HR"], "country_id": None}
    await admin.patch(path, {"scope_rules": [rule]})
    await admin.call("DELETE", path, status=202)
    await admin.gone(kept.library["id"])
    entries = (await admin.get("admin/audit", limit=100))["items"]
    about = {entry["action"]: entry for entry in entries if entry["target"] == kept.library["id"]}
    assert list(about) == ["library.removed", "library.remove", "library.change", "library.create"]
    assert about["library.change"]["detail"]["scope_rules"] == [rule]
    assert about["library.removed"]["actor_id"] is None


# --- rules ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prefix", "code"),
    [("", "scope_rules_invalid"), ("a/../b", "scope_rules_invalid"), ("a\\b", "scope_rules_invalid")],
)
async def test_rules_that_cannot_hold_are_refused_by_their_place(
    nexus: Nexus, admin: Person, prefix: str, code: str
) -> None:
    url = nexus.sharepoint_library(f"Rules {uuid4().hex[:6]}")
    rule = {"path_prefix": prefix, "department_id": None, "country_id": None}
    problem = await admin.post("admin/libraries", {"library_url": url, "scope_rules": [rule]}, status=422)
    assert (problem["code"], problem["errors"][0]["pointer"]) == (code, "/scope_rules/0/path_prefix")


async def test_a_rule_says_both_axes_so_that_nothing_is_opened_by_leaving_out(nexus: Nexus, admin: Person) -> None:
    url = nexus.sharepoint_library(f"Rules {uuid4().hex[:6]}")
    problem = await admin.post(
        "admin/libraries", {"library_url": url, "scope_rules": [{"path_prefix": "Board"}]}, status=422
    )
    assert problem["errors"][0]["pointer"] == "/scope_rules/0/department_id"


async def test_rules_of_an_unknown_department_are_refused_and_a_named_one_cannot_be_deleted(
    nexus: Nexus, admin: Person
) -> None:
    url = nexus.sharepoint_library(f"Rules {uuid4().hex[:6]}")
    rule = {"path_prefix": "Board", "department_id": str(uuid4()), "country_id": None}
    problem = await admin.post("admin/libraries", {"library_url": url, "scope_rules": [rule]}, status=422)
    assert problem["code"] == "department_not_found"
    rule["department_id"] = (await admin.post("admin/departments", {"name": f"Board {uuid4().hex[:6]}"}))["id"]
    library = await admin.post("admin/libraries", {"library_url": url, "scope_rules": [rule]})
    await admin.call("DELETE", f"admin/departments/{rule['department_id']}", status=409)
    await admin.patch(f"admin/libraries/{library['id']}", {"scope_rules": []})
    await admin.call("DELETE", f"admin/departments/{rule['department_id']}", status=204)
    await admin.call("DELETE", f"admin/libraries/{library['id']}", status=202)


async def test_a_content_manager_steers_only_folders_of_their_own_reach(
    nexus: Nexus, admin: Person, carol: Person
) -> None:
    """Neither a rule for others, nor one below another department's folder, nor the end of that department's rule."""
    url = nexus.sharepoint_library(f"Reach {uuid4().hex[:6]}")
    engineering = {"department_id": nexus.departments["Engineering"], "country_id": nexus.countries["DE"]}
    theirs = {"path_prefix": "Secret", **engineering}
    mine = {"path_prefix": "Open", **in_hr(nexus)}
    for rule in (theirs, {"path_prefix": "x", "department_id": None, "country_id": None}):
        await carol.post("admin/libraries", {"library_url": url, **in_hr(nexus), "scope_rules": [rule]}, status=404)
    library = await carol.post("admin/libraries", {"library_url": url, **in_hr(nexus), "scope_rules": [mine]})
    path = f"admin/libraries/{library['id']}"
    await admin.patch(path, {"scope_rules": [mine, theirs]})
    below = {"path_prefix": "secret/Plans", **in_hr(nexus)}
    for rules in ([mine], [mine, {**theirs, **in_hr(nexus)}], [mine, theirs, below], []):
        await carol.patch(path, {"scope_rules": rules}, status=404)
    other = {"path_prefix": "Elsewhere", **in_hr(nexus)}
    changed = await carol.patch(path, {"scope_rules": [theirs, other]})
    assert [rule["path_prefix"] for rule in changed["scope_rules"]] == ["Secret", "Elsewhere"]
    await carol.call("DELETE", path, status=202)


# --- preflight -----------------------------------------------------------------------------------------------------


async def test_a_preflight_says_in_words_what_is_missing_before_and_after_registering(
    nexus: Nexus, carol: Person
) -> None:
    name = f"Flight {uuid4().hex[:6]}"
    url = nexus.sharepoint_library(name)
    found = await carol.post("admin/libraries/preflight", {"library_url": url}, status=200)
    assert found["ready"]
    assert {check["check"]: check["ok"] for check in found["checks"]} == dict.fromkeys(
        ["token", "permission", "least_privilege", "address", "site", "library", "changes"], True
    )
    library = await carol.post("admin/libraries", {"library_url": url, **in_hr(nexus)})
    nexus.graph_script(deny_site="hub")
    try:
        denied = await carol.post(f"admin/libraries/{library['id']}/preflight", None, status=200)
        refused = await carol.post("admin/libraries", {"library_url": url, **in_hr(nexus)}, status=409)
    finally:
        nexus.graph_script(allow_site="hub")
    assert not denied["ready"]
    (missing,) = [check for check in denied["checks"] if not check["ok"]]
    assert missing["check"] == "site"
    assert "Grant-PnPAzureADAppSitePermission -AppId" in missing["detail"]
    assert (refused["code"], refused["detail"]) == ("permission_missing", missing["detail"])
    await carol.call("DELETE", f"admin/libraries/{library['id']}", status=202)


# --- watching a run ------------------------------------------------------------------------------------------------


async def test_a_run_is_streamed_until_it_ends(nexus: Nexus, carol: Person, anyone: httpx.AsyncClient) -> None:
    url = nexus.sharepoint_library(f"Watched {uuid4().hex[:6]}", a_md="# A\n\nText.")
    library = await carol.post("admin/libraries", {"library_url": url, **in_hr(nexus)})
    nexus.fault(nexus.graph, "/root/delta", {"delay_ms": 1500}, times=1)
    run = await carol.post(f"admin/libraries/{library['id']}/sync", {}, status=202)
    path = f"/api/admin/sync-runs/{run['id']}/events"
    async with anyone.stream("GET", path, headers=carol.session.headers) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        events = await asyncio.wait_for(Stream(response).rest(), 60)
    assert [event.id for event in events] == [f"{run['id']}:{number}" for number in range(1, len(events) + 1)]
    assert {event.name for event in events} == {"message"}
    assert events[0].data["status"] in ("queued", "running")
    assert len(events) >= 2
    last = events[-1].data
    assert (last["status"], last["added"], last["reasons"]) == ("complete", 1, {})
    assert last["duration_s"] > 0
    assert json.dumps(await carol.get(f"admin/sync-runs/{run['id']}")) == json.dumps(last)
    await carol.call("DELETE", f"admin/libraries/{library['id']}", status=202)


async def test_a_run_is_streamed_to_those_only_who_may_read_it(
    nexus: Nexus, carol: Person, erik: Person, alice: Person
) -> None:
    url = nexus.sharepoint_library(f"Watched {uuid4().hex[:6]}")
    library = await carol.post("admin/libraries", {"library_url": url, **in_hr(nexus)})
    run = await carol.synced(library["id"])
    assert run["notice"] == "The library is empty."
    assert (await carol.get(f"admin/libraries/{library['id']}"))["notice"] == run["notice"]
    await erik.call("GET", f"admin/sync-runs/{run['id']}/events", status=404)
    await alice.call("GET", f"admin/sync-runs/{run['id']}/events", status=403)
    await carol.call("DELETE", f"admin/libraries/{library['id']}", status=202)
