"""What is wrong is said where it is wrong; nothing malformed becomes a 500."""

import base64
import json
from typing import Any

import httpx
import pytest

from tests.functions.nexus import Nexus
from tests.functions.person import Person

NOWHERE = "00000000-0000-4000-8000-000000000007"


async def refused(person: Person, method: str, path: str, status: int, **sent: Any) -> dict[str, Any]:
    return (await person.call(method, path, status=status, **sent)).json()


@pytest.mark.parametrize("question", ["", "   ", "\t\n\u00a0\u2003", "a" * 100_000, "ü" * 16_001])
async def test_a_question_that_is_empty_blank_or_far_too_long_is_refused_by_its_field(
    alice: Person, question: str
) -> None:
    conversation = await alice.conversation()
    problem = await refused(alice, "POST", f"conversations/{conversation}/messages", 422, json={"content": question})
    assert problem["code"] == "invalid"
    assert [error["pointer"] for error in problem["errors"]] == ["/content"]
    assert (await alice.get(f"conversations/{conversation}"))["messages"] == []


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("mode=null", "/mode"),
        ("mode=NULL&limit=5", "/mode"),
        ("limit=5&limit=6", "/limit"),
        ("mode=rag&mode=rag", "/mode"),
        ("mode=null&mode=null", "/mode"),
    ],
)
async def test_a_parameter_that_is_sent_twice_or_as_the_word_null_is_refused(
    alice: Person, query: str, pointer: str
) -> None:
    """A filter that is quietly none shows everything; schemathesis found it."""
    problem = await refused(alice, "GET", f"conversations?{query}", 422)
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


@pytest.mark.parametrize("moment", ["0.5", "1700000000", "-1", "null", "2026-03-02T09:30:00"])
async def test_a_moment_that_is_not_rfc_3339_with_its_offset_is_refused(admin: Person, moment: str) -> None:
    problem = await refused(admin, "GET", f"admin/audit?to={moment}", 422)
    assert [error["pointer"] for error in problem["errors"]] == ["/to"]


async def test_the_word_null_can_be_searched_for(alice: Person) -> None:
    assert (await alice.get("conversations", q="null"))["items"] == []


async def test_the_longest_question_allowed_is_answered(alice: Person) -> None:
    events = await alice.ask(await alice.conversation(), "€" * 16_000)
    assert events[-1].data["status"] == "complete"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/content"),
        ({"content": 5}, "/content"),
        ({"content": None}, "/content"),
        ({"content": ["a"]}, "/content"),
        ({"content": "a", "role": "assistant"}, "/role"),
        ({"content": "a", "status": "complete"}, "/status"),
        ({"content": "a", "a/b.c": 1}, None),
        ([], ""),
        ("a", ""),
        (7, ""),
    ],
)
async def test_s09_a_body_of_another_shape_is_refused_with_a_pointer(
    alice: Person, body: object, pointer: str | None
) -> None:
    conversation = await alice.conversation()
    problem = await refused(alice, "POST", f"conversations/{conversation}/messages", 422, json=body)
    if pointer is not None:
        assert [error["pointer"] for error in problem["errors"]] == [pointer]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"content": "a"} trailing',
        b'{"content": "\xc3"}',
        b'{"content": "\\ud800"}',
        b'{"content": "\x00"}',
    ],
)
async def test_a_body_that_is_no_json_is_refused(alice: Person, body: bytes) -> None:
    conversation = await alice.conversation()
    problem = await refused(alice, "POST", f"conversations/{conversation}/messages", 422, content=body)
    assert problem["code"] == "invalid_json"


async def test_a_body_over_512_kb_is_too_large_with_and_without_a_declared_length(alice: Person) -> None:
    conversation = await alice.conversation()
    path = f"conversations/{conversation}/messages"
    body = json.dumps({"content": "a" * (512 * 1024)}).encode()

    async def in_parts() -> Any:
        for at in range(0, len(body), 64 * 1024):
            yield body[at : at + 64 * 1024]

    assert (await refused(alice, "POST", path, 413, content=body))["code"] == "too_large"
    assert (await refused(alice, "POST", path, 413, content=in_parts()))["code"] == "too_large"


async def test_text_that_postgresql_cannot_hold_is_refused_wherever_it_comes_in(alice: Person, admin: Person) -> None:
    """U+0000: JSON can say it, a text column cannot hold it."""
    conversation = await alice.conversation()
    nul = "a\u0000b"
    for person, method, path, body in (
        (alice, "POST", f"conversations/{conversation}/messages", {"content": nul}),
        (alice, "POST", "conversations", {"mode": "rag", "title": nul}),
        (alice, "PATCH", f"conversations/{conversation}", {"title": nul}),
        (alice, "POST", "search", {"query": nul}),
        (admin, "POST", "admin/departments", {"name": nul}),
        (admin, "POST", "admin/libraries", {"library_url": "https://contoso.sharepoint.com/" + nul}),
    ):
        assert (await refused(person, method, path, 422, json=body))["code"] == "invalid"
    for path, field in (("admin/users", "q"), ("admin/documents", "q"), ("admin/users", "cursor")):
        assert (await refused(admin, "GET", path, 422, params={field: nul}))["code"] == "invalid"
    literal = "the escape \\u0000 written out is ordinary text"
    await alice.ask(conversation, literal)
    assert (await alice.get(f"conversations/{conversation}"))["messages"][0]["content"] == literal


@pytest.mark.parametrize("path", ["conversations/{}", "chat/stream?conversation_id={}"])
async def test_an_unknown_conversation_is_not_found(alice: Person, path: str) -> None:
    problem = await refused(alice, "GET", path.format(NOWHERE), 404)
    assert problem["code"] in ("conversation_not_found", "run_not_found")


@pytest.mark.parametrize("identity", ["7", "not-an-id", NOWHERE + "0", "%27%20OR%201=1", "ü", "null"])
async def test_a_malformed_id_in_a_path_names_nothing(alice: Person, identity: str) -> None:
    assert (await refused(alice, "GET", f"conversations/{identity}", 404))["code"] == "conversation_not_found"
    problem = await refused(alice, "POST", f"conversations/{identity}/messages", 404, json={"content": "a"})
    assert problem["code"] == "conversation_not_found"
    assert (await refused(alice, "POST", f"chat/runs/{identity}/cancel", 404))["code"] == "run_not_found"
    assert (await refused(alice, "GET", f"documents/{identity}", 404))["code"] == "document_not_found"


async def test_a_malformed_id_in_a_query_or_body_is_invalid(alice: Person, admin: Person) -> None:
    for person, method, path, sent, pointer in (
        (alice, "GET", "chat/stream", {"params": {"conversation_id": "7"}}, "/conversation_id"),
        (alice, "GET", "chat/stream", {}, "/conversation_id"),
        (alice, "POST", "chat/tickets", {"json": {"conversation_id": "7"}}, "/conversation_id"),
        (admin, "GET", "admin/documents", {"params": {"library_id": "7"}}, "/library_id"),
        (admin, "GET", "admin/sync-runs", {"params": {"library_id": "7"}}, "/library_id"),
        (admin, "GET", "admin/users", {"params": {"department_id": "7"}}, "/department_id"),
    ):
        problem = await refused(person, method, path, 422, **sent)
        assert [error["pointer"] for error in problem["errors"]] == [pointer]


def sealed(*key: object) -> str:
    """A cursor as the server makes them."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


LISTS = ["conversations", "admin/users", "admin/libraries", "admin/sync-runs", "admin/documents"]


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "ü",
        "",
        "e30=",
        sealed(),
        sealed("a"),
        sealed(NOWHERE, NOWHERE, NOWHERE),
        sealed("2026-01-01T00:00:00", NOWHERE, 1),
        sealed(None, None),
    ],
)
async def test_a_cursor_that_is_not_ours_is_refused(admin: Person, path: str, cursor: str) -> None:
    problem = await refused(admin, "GET", path, 422, params={"cursor": cursor})
    assert problem["errors"][0]["pointer"] == "/cursor"


@pytest.mark.parametrize("path", ["conversations", "admin/sync-runs"])
@pytest.mark.parametrize("at", ["2026-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
async def test_a_cursor_with_a_time_that_is_none_is_refused(admin: Person, path: str, at: str) -> None:
    problem = await refused(admin, "GET", path, 422, params={"cursor": sealed(at, NOWHERE)})
    assert problem["errors"][0]["pointer"] == "/cursor"


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("limit", ["0", "101", "-1", "ten", "", "1.5", "99999999999999999999"])
async def test_a_limit_out_of_bounds_is_refused(admin: Person, path: str, limit: str) -> None:
    problem = await refused(admin, "GET", path, 422, params={"limit": limit})
    assert problem["errors"][0]["pointer"] == "/limit"


@pytest.mark.parametrize("path", [*LISTS, "chat/stream?conversation_id=" + NOWHERE])
async def test_an_unknown_query_field_is_refused(admin: Person, path: str) -> None:
    separator = "&" if "?" in path else "?"
    problem = await refused(admin, "GET", f"{path}{separator}user_id={NOWHERE}", 422)
    assert problem["errors"][0]["pointer"] == "/user_id"


@pytest.mark.parametrize("mode", ["", "RAG", "gpt", "notebook", None, 1])
async def test_a_conversation_of_an_unknown_mode_or_a_notebook_is_not_started(alice: Person, mode: object) -> None:
    problem = await refused(alice, "POST", "conversations", 422, json={"mode": mode})
    assert [error["pointer"] for error in problem["errors"]] == ["/mode"]


@pytest.mark.parametrize("title", ["", "  ", "a" * 201, 5])
async def test_a_title_must_say_something_and_fit(alice: Person, title: object) -> None:
    conversation = await alice.conversation()
    problem = await refused(alice, "PATCH", f"conversations/{conversation}", 422, json={"title": title})
    assert [error["pointer"] for error in problem["errors"]] == ["/title"]


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("admin/departments", {"name": " "}, "/name"),
        ("admin/departments", {"name": "a", "id": NOWHERE}, "/id"),
        ("admin/countries", {"code": "de", "name": "Germany"}, "/code"),
        ("admin/countries", {"code": "DEU", "name": "Germany"}, "/code"),
        ("admin/countries", {"code": "FR\n", "name": "France"}, "/code"),
        ("admin/libraries", {"library_url": "short"}, "/library_url"),
        ("admin/libraries", {"library_url": "https://x", "enabled": "yes"}, "/enabled"),
        ("search", {"query": " "}, "/query"),
        ("search", {"query": "a", "limit": 51}, "/limit"),
        ("search", {"query": "a", "audience": None}, "/audience"),
    ],
)
async def test_each_models_own_rules_are_told_by_field(
    admin: Person, path: str, body: dict[str, Any], pointer: str
) -> None:
    problem = await refused(admin, "POST", path, 422, json=body)
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


async def test_departments_and_countries_exist_once(admin: Person) -> None:
    assert (await refused(admin, "POST", "admin/departments", 409, json={"name": "HR"}))["code"] == "department_exists"
    body = {"code": "DE", "name": "Deutschland"}
    assert (await refused(admin, "POST", "admin/countries", 409, json=body))["code"] == "country_exists"


@pytest.mark.parametrize("status", ["Indexed", "deleted"])
async def test_documents_of_an_unknown_status_are_not_an_empty_list(admin: Person, status: str) -> None:
    problem = await refused(admin, "GET", "admin/documents", 422, params={"status": status})
    assert problem["errors"][0]["pointer"] == "/status"


@pytest.mark.parametrize("key", ["", "k" * 201])
async def test_an_idempotency_key_has_1_to_200_characters(alice: Person, key: str) -> None:
    conversation = await alice.conversation()
    await refused(
        alice,
        "POST",
        f"conversations/{conversation}/messages",
        422,
        json={"content": "a"},
        headers={"Idempotency-Key": key},
    )


async def test_the_correlation_id_is_the_trace_under_way(anyone: httpx.AsyncClient, nexus: Nexus) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    assert (await anyone.get("/api/auth/me", headers=headers)).json()["correlation_id"] == trace
    forged = {"traceparent": "00-../../x-00f067aa0ba902b7-01", "X-Correlation-Id": "mine"}
    assert (await anyone.get("/api/auth/me", headers=forged)).json()["correlation_id"] not in ("mine", "../../x")
