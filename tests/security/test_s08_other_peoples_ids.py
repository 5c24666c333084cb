"""S08: every id is checked against the caller. Real rows of one person, asked for by another: not found, each."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, get_origin
from uuid import UUID, uuid4

import pytest
from hypothesis import find, settings
from hypothesis import strategies as st

from devstack.stack.postgres import Database
from devstack.stack.redis import Redis
from functions.role_matrix import all_routes
from shared.db import (
    conversations,
    documents,
    eval_cases,
    libraries,
    messages,
    notebooks,
    prompts,
    providers,
    scopes,
    sync_runs,
    turns,
    uploads,
)
from shared.domain.audience import Scope
from shared.domain.chat import Mode, ProviderConfig, ProviderKind
from shared.domain.documents import LibraryAddress
from shared.domain.events import RunStatus
from shared.domain.identity import Role
from shared.domain.ids import FileId, RunId, document_id
from shared.domain.notebook import FileStatus, NotebookLimits, Progress, UploadedFile, storage_path
from shared.domain.triage import Verdict
from shared.web.paging import Page
from shared.web.routes import Policy, Route
from tests.exchanges import left_behind
from tests.security.in_process import Api, Someone, in_process
from tests.security.wire_models import bodies, fields_of

ADD_DOCUMENT = """
    INSERT INTO sharepoint_documents
           (id, sharepoint_id, file_name, file_url, library_url, department_id, country_id, file_type, drive_id,
            library_id, status, path)
    VALUES ($1, 'item', 'Salaries.xlsx', 'https://sp.example/Salaries.xlsx', 'https://sp.example', $2, $3, 'xlsx',
            'drive', $4, 'indexed', 'Salaries.xlsx')
"""
A_FORGOTTEN_ONE = "INSERT INTO forget_jobs (user_id, correlation_id) VALUES ($1, 'c') RETURNING id"
# Nobody listens there, and Nexus may not ask: the walk must get no further.
A_PROVIDER = ProviderConfig(ProviderKind.OPENAI, "gpt-4.1", "http://127.0.0.1:1/v1", "OPENAI_API_KEY")
# Of no scope: every content manager keeps them.
COMPANY_WIDE = {"activate_prompt", "diff_prompt"}
# The collection that an id in a path belongs to is the word before it.
PLACE = re.compile(r"([\w-]+)/\{(\w+)\}")


@dataclass(frozen=True)
class Rows:
    """One of each, by the word before its id in a path; and the ids that bodies and queries name."""

    by_word: dict[str, UUID]
    by_field: dict[str, UUID]
    owner: Someone
    manager: Someone
    stranger: Someone
    strange_manager: Someone
    admin: Someone


async def made(api: Api) -> Rows:
    async with api.runtime.db.transaction() as connection:
        hr, engineering = [await scopes.add_department(connection, name) for name in ("HR", "Engineering")]
        de, us = [await scopes.add_country(connection, code, code) for code in ("DE", "US")]
    owner = await api.person("alice", Role.USER, hr.id, de.id)
    async with api.runtime.db.transaction() as connection:
        conversation = await conversations.create(connection, owner.user.caller, Mode.ASSISTANT, "Mine")
        turn = await turns.begin_turn(
            connection,
            owner.user.caller,
            conversation.id,
            question="What do I earn?",
            run_id=RunId(uuid4()),
            correlation_id="c",
            idempotency_key=None,
            status=RunStatus.WAITING,
        )
        address = LibraryAddress("site", "drive", "HR", "https://sp.example/HR")
        library = await libraries.add(connection, address, Scope(hr.id, de.id), enabled=True)
        await connection.execute(ADD_DOCUMENT, document_id("drive", "item"), hr.id, de.id, library.id)
        run = await sync_runs.add(connection, library.id, "manual", is_full=False, started_by=None)
        document = await documents.get(connection, document_id("drive", "item"))
        session = await notebooks.create(connection, owner.user.caller, "Mine", NotebookLimits())
        file = UploadedFile(
            id=(file_id := FileId(uuid4())),
            session_id=session.id,
            user_id=session.user_id,
            file_name="payslip.pdf",
            file_size=1,
            file_type="pdf",
            storage_path=storage_path(session.user_id, session.id, file_id),
            backend_file_id=None,
            uploaded_at=datetime.now(UTC),
            status=FileStatus.STORED,
            reason_code=None,
            reason=None,
            attempts=0,
            page_count=None,
        )
        await uploads.add(connection, session, file, NotebookLimits())
        provider = await providers.add(connection, Mode.RAG, A_PROVIDER, is_active=False, fallback_order=None)
        prompt = await prompts.add(connection, Mode.RAG, "Cite. {citation_rule}", owner.user.id)
        # only what failed can be tried again
        await uploads.record(connection, file.id, Progress(FileStatus.FAILED, reason_code="x", reason="It broke."))
        forgotten = await connection.fetchval(A_FORGOTTEN_ONE, uuid4())
    exchange = await left_behind(api.runtime.db, owner.user.caller)
    assert exchange.feedback is not None
    manager = await api.person("carol", Role.CONTENT_MANAGER, hr.id, de.id)
    async with api.runtime.db.connection() as connection:
        case, _ = await eval_cases.put(
            connection,
            exchange.feedback,
            asked_by=owner.user.id,
            scope=Scope(hr.id, de.id),
            question="What do I earn?",
            verdict=Verdict.UNANSWERABLE,
            expected=None,
            note=None,
            reviewer=manager.user.id,
        )
    by_word: dict[str, UUID] = {
        "conversations": conversation.id,
        "runs": turn.run_id,
        "messages": turn.message_id,
        "documents": document.id,
        "libraries": library.id,
        "sync-runs": run.id,
        "users": owner.user.id,
        "departments": hr.id,
        "countries": de.id,
        "sessions": session.id,
        "files": file.id,
        "providers": provider.id,
        "prompts": prompt,
        "feedback": exchange.feedback,
        "eval-cases": case.id,
        "forget-jobs": forgotten,
    }
    return Rows(
        by_word,
        {"conversation_id": conversation.id, "library_id": library.id, "message_id": turn.message_id},
        owner,
        manager,
        await api.person("bob", Role.USER, engineering.id, us.id),
        await api.person("erik", Role.CONTENT_MANAGER, engineering.id, us.id),
        await api.person("ada", Role.SUPER_ADMIN),
    )


ROUTES = [route for route in all_routes() if route.policy is not Policy.PUBLIC]
WITH_PATH_IDS = [route for route in ROUTES if "{" in route.path]
# Those that need an id of the caller's own to do anything at all; the rest of the ids in bodies only name new scopes.
BY_REFERENCE = [
    route
    for route in ROUTES
    if "{" not in route.path
    for model in (route.body, route.query)
    if model is not None and {"conversation_id", "message_id"} & fields_of(model)
]


def address(route: Route, ids: dict[str, UUID]) -> str:
    def filled(match: re.Match[str]) -> str:
        assert match[1] in ids, f"{route.path}: make a row for {match[1]!r}, so that the walk can ask for it"
        return f"{match[1]}/{ids[match[1]]}"

    return PLACE.sub(filled, route.path)


def a_body(route: Route, ids: dict[str, UUID]) -> Any:
    """The simplest valid one."""
    if route.body is None:
        return None
    smallest = find(bodies(route.body), lambda _: True, settings=settings(database=None, max_examples=50))
    return smallest | {name: str(ids[name]) for name in ids if name in fields_of(route.body)}


async def ask(person: Someone, route: Route, rows: Rows, ids: dict[str, UUID]) -> tuple[int, Any]:
    query = {name: str(rows.by_field[name]) for name in rows.by_field if route.query and name in fields_of(route.query)}
    reply = await person.call(
        route.method,
        address(route, ids),
        json=a_body(route, rows.by_field),
        params=query,
        # a question is stored for later: no model is asked
        headers={"Accept": "application/json"},
    )
    is_problem = reply.headers.get("content-type", "").startswith("application/problem+json")
    return reply.status_code, reply.json()["code"] if is_problem else None


def test_the_walk_knows_every_kind_of_id_in_a_path() -> None:
    assert len(WITH_PATH_IDS) > 12
    for route in WITH_PATH_IDS:
        assert len(PLACE.findall(route.path)) == route.path.count("{"), route.path


async def test_what_is_someone_elses_is_not_found_on_any_route(database: Database, redis_server: Redis) -> None:
    async with in_process(database, redis_server) as api:
        rows = await made(api)
        strangers = {
            Policy.SIGNED_IN: [rows.stranger, rows.strange_manager],
            Policy.CONTENT_MANAGER: [rows.strange_manager],
            Policy.SUPER_ADMIN: [],
        }
        walked = 0
        for route in [*WITH_PATH_IDS, *BY_REFERENCE]:
            for person in [] if route.name in COMPANY_WIDE else strangers[route.policy]:
                status, code = await ask(person, route, rows, rows.by_word)
                told = f"{person.user.display_name}: {route.method} {route.path}: {status} {code}"
                assert status == 404, told
                assert code is not None, told
                assert code.endswith("_not_found"), told
                walked += 1
        assert walked > 15

        # and nothing came of it: whose it is finds everything as it was
        async with api.runtime.db.connection() as connection:
            kept = await conversations.get(connection, rows.owner.user.caller, rows.by_word["conversations"])
            stored = await messages.messages_of(connection, kept.id)
            library = await libraries.get(connection, rows.by_word["libraries"])
            session = await notebooks.get(connection, rows.owner.user.caller, rows.by_word["sessions"])
            (file,) = await uploads.of_session(connection, session.id)
            talk = await messages.messages_of(connection, await notebooks.conversation_of(connection, session))
        assert (kept.title, len(stored), stored[-1].status) == ("Mine", 2, RunStatus.WAITING)
        assert library.enabled
        assert (session.title, session.is_pinned, file.status, talk) == ("Mine", False, FileStatus.FAILED, [])


async def test_what_is_ones_own_is_found_on_the_same_routes(database: Database, redis_server: Redis) -> None:
    """Without this the walk above could not fail: a wrong address is not found, either."""
    # What takes the rows away comes last, conversations after what is in them.
    order = {"GET": 0, "PATCH": 1, "PUT": 1, "POST": 2, "DELETE": 3}
    async with in_process(database, redis_server) as api:
        rows = await made(api)
        own = {
            Policy.SIGNED_IN: rows.owner,
            Policy.CONTENT_MANAGER: rows.manager,
            Policy.SUPER_ADMIN: rows.admin,
        }
        deepest_first = sorted([*WITH_PATH_IDS, *BY_REFERENCE], key=lambda route: -route.path.count("/"))
        for route in sorted(deepest_first, key=lambda route: order[route.method]):
            if route.events and route.method == "GET":
                continue  # starts the run, and with it the model
            status, code = await ask(own[route.policy], route, rows, rows.by_word)
            # 409: a department in use is found, and kept; 415: so is the session, but this body is no file
            found = status < 300 or status == 409 or (route.upload and code == "not_multipart")
            assert found, f"{route.method} {route.path}: {status} {code}"


@pytest.mark.parametrize("wrong", ["00000000-0000-4000-8000-000000000007", "not-an-id", "0", "%00", "..%2F..%2Fetc"])
async def test_ids_of_nothing_are_not_found_even_by_administrators(
    database: Database, redis_server: Redis, wrong: str
) -> None:
    async with in_process(database, redis_server) as api:
        admin = await api.person("ada", Role.SUPER_ADMIN)
        for route in WITH_PATH_IDS:
            body = a_body(route, {})
            reply = await admin.call(route.method, re.sub(r"\{\w+\}", wrong, route.path), json=body)
            assert reply.status_code == 404, f"{route.method} {route.path}: {reply.status_code} {reply.text}"


async def test_lists_show_a_manager_nothing_of_another_scope(database: Database, redis_server: Redis) -> None:
    async with in_process(database, redis_server) as api:
        rows = await made(api)
        lists = [
            route
            for route in ROUTES
            if route.method == "GET" and get_origin(route.reply) is Page and route.policy is Policy.CONTENT_MANAGER
        ]
        shared_by_all = {"admin/departments", "admin/countries", "admin/prompts"}
        for route in (route for route in lists if route.path not in shared_by_all):
            own = (await rows.manager.call("GET", route.path)).json()["items"]
            assert len(own) == 1, route.path
            assert (await rows.strange_manager.call("GET", route.path)).json()["items"] == [], route.path
            if "library_id" in fields_of(route.query):
                library = {"library_id": str(rows.by_word["libraries"])}
                assert (await rows.strange_manager.call("GET", route.path, params=library)).json()["items"] == []


async def test_what_is_told_of_documents_tells_a_manager_nothing_of_another_scope(
    database: Database, redis_server: Redis
) -> None:
    async with in_process(database, redis_server) as api:
        rows = await made(api)
        library = {"library_id": str(rows.by_word["libraries"])}
        for asked in ({}, library):
            summary = await rows.manager.call("GET", "admin/documents/summary", params=asked)
            assert (summary.json()["total"], summary.json()["by_status"]["indexed"]) == (1, 1)
            summary = await rows.strange_manager.call("GET", "admin/documents/summary", params=asked)
            assert summary.json()["total"] == 0

        explain, user = "admin/documents/explain", {"user_id": str(rows.owner.user.id)}
        by_id = user | {"document_id": str(rows.by_word["documents"])}
        assert (await rows.manager.call("GET", explain, params=by_id)).status_code == 200
        reply = await rows.strange_manager.call("GET", explain, params=by_id)
        assert (reply.status_code, reply.json()["code"]) == (404, "document_not_found")
        # an address is anybody's guess: what lies out of reach is told like what is not there
        by_address = user | {"url": "https://sp.example/HR/Salaries.xlsx"}
        told = (await rows.strange_manager.call("GET", explain, params=by_address)).json()
        nothing = user | {"url": "https://sp.example/Nowhere/Salaries.xlsx"}
        assert told == (await rows.strange_manager.call("GET", explain, params=nothing)).json()
        assert (told["verdict"]["code"], told["library"], told["document"]) == ("library_unknown", None, None)
        assert (await rows.manager.call("GET", explain, params=by_address)).json()["document"] is not None


def test_the_walk_has_bodies_for_all_models() -> None:
    for route in ROUTES:
        assert route.body is None or isinstance(bodies(route.body), st.SearchStrategy)
