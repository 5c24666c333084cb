"""Forgetting a person over a real PostgreSQL and Redis: whole, counted once, whatever kills or stops it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from devstack.stack.redis import Redis
from shared.adapters.redis_store import RedisConnection
from shared.adapters.refresh_families import RedisRefreshFamilies
from shared.db import audit, conversations, eval_cases, forgetting, notebooks, people, turns
from shared.db.forgetting import ForgetJob
from shared.db.pool import BY_THE_CALLER, Db
from shared.domain.audience import Scope
from shared.domain.chat import Mode
from shared.domain.events import RunStatus
from shared.domain.identity import Caller, EntraIdentity, Role
from shared.domain.ids import RunId
from shared.domain.refresh_tokens import RefreshTokens
from shared.domain.triage import Verdict
from shared.errors import Conflict, NotFound, Unauthenticated, Unavailable
from shared.services.forgetting import Forgetting
from shared.services.notebook_upkeep import NotebookUpkeep
from tests.conftest import PATIENCE_S
from tests.exchanges import left_behind
from tests.fakes.run_log import MemoryRunLog
from tests.shared.services.guarantees.mortality import Killed, Mortality, mortal
from tests.shared.services.test_notebook_files import LIMITS, Desk

# What `Office.lived_in` leaves behind: three answers that were rated, one under way, and two notebook sessions, which
# have conversations of their own.
ERASED = {
    "conversations": 6, "messages": 8, "feedback": 3, "notebook_sessions": 2, "files": 2, "eval_cases": 1,
}  # fmt: skip
EVERYWHERE = {
    "users": "id", "conversations": "user_id", "feedback": "user_id", "notebook_sessions": "user_id",
    "eval_cases": "asked_by", "usage_people": "user_id", "system_prompts": "created_by",
}  # fmt: skip


@dataclass
class Office:
    """People, what they leave behind, and the service that forgets them."""

    desk: Desk
    families: RedisRefreshFamilies
    run_log: MemoryRunLog = field(default_factory=MemoryRunLog)

    @property
    def db(self) -> Db:
        return self.desk.db

    def forgetting(self, mortality: Mortality | None = None) -> Forgetting:
        """The service; with a mortality, one that dies when that says so."""

        def port(name: str, real: Any) -> Any:
            return real if mortality is None else mortal(name, real, mortality)

        db = port("db", self.db)
        upkeep = NotebookUpkeep(db, port("blobs", self.desk.blobs), port("notebook", self.desk.notebook))
        return Forgetting(db, port("families", self.families), port("run_log", self.run_log), upkeep)

    async def person(self, name: str, *, as_admin: bool = False) -> people.User:
        async with self.db.transaction() as connection:
            identity = EntraIdentity("t", name, f"{name}@example.com", name.title())
            return await people.record_sign_in(connection, identity, as_admin=as_admin)

    async def lived_in(self, who: Caller) -> None:
        rated = await left_behind(self.db, who, comment="I am unhappy")
        await left_behind(self.db, who, mode=Mode.ASSISTANT)
        await left_behind(self.db, who)
        for _ in range(2):
            await self.desk.upload(who, await self.desk.session(who))
        async with self.db.transaction() as connection:
            talk = await conversations.create(connection, who, Mode.RAG, "Under way")
            await turns.begin_turn(
                connection, who, talk.id, question="Who am I?", run_id=RunId(uuid4()), correlation_id="c",
                idempotency_key=None, status=RunStatus.STREAMING,
            )  # fmt: skip
            # one case in their words, one in a reviewer's
            assert rated.feedback is not None
            await eval_cases.put(
                connection, rated.feedback, asked_by=who.user_id, scope=Scope(None, None), question="Who am I?",
                verdict=Verdict.UNANSWERABLE, expected=None, note=None, reviewer=who.user_id,
            )  # fmt: skip
            await connection.execute("INSERT INTO eval_cases (question, verdict) VALUES ('Who?', 'unanswerable')")
            await connection.execute(
                "INSERT INTO system_prompts (mode, prompt_text, created_by) VALUES ('rag', 'Be kind.', $1)", who.user_id
            )
            await audit.record(connection, actor=who.user_id, action="prompt.create", target=None)

    async def left_of(self, job: ForgetJob) -> dict[str, int]:
        """Rows that still say it was them, by table."""
        async with self.db.connection() as connection:
            found = {
                table: await connection.fetchval(
                    f"SELECT count(*) FROM {table} WHERE {column} = $1",  # noqa: S608 - of this file
                    job.user_id,
                )
                for table, column in EVERYWHERE.items()
            }
        return {table: count for table, count in found.items() if count}

    async def job(self, job: ForgetJob) -> ForgetJob:
        async with self.db.connection() as connection:
            return await forgetting.get(connection, job.id)


@pytest.fixture
async def office(db: Db, tmp_path: Path, redis_server: Redis) -> AsyncIterator[Office]:
    redis = RedisConnection(redis_server.url, timeout_s=PATIENCE_S)
    yield Office(Desk(db, tmp_path), RedisRefreshFamilies(redis, RefreshTokens([b"k" * 32])))
    await redis.close()


@pytest.fixture
async def admin(office: Office) -> Caller:
    return (await office.person("admin", as_admin=True)).caller


async def test_everything_of_a_person_goes_and_what_stays_names_nobody(office: Office, admin: Caller) -> None:
    alice, bob = await office.person("alice"), await office.person("bob")
    for who in (alice, bob):
        await office.lived_in(who.caller)
    token = await office.families.create(alice.id, alice.session_epoch)
    job = await office.forgetting().request(admin, alice.id, correlation_id="c")
    assert (job.status, job.requested_by) == ("waiting", admin.user_id)
    async with office.db.connection() as connection:
        # from this moment nothing says who it was
        row = await connection.fetchrow("SELECT * FROM users WHERE id = $1", alice.id)
    assert row is not None
    assert "alice" not in str(dict(row)).lower()
    assert (await office.forgetting().request(admin, alice.id, correlation_id="d")).id == job.id

    assert await office.forgetting().work() == 1
    done = await office.job(job)
    assert (done.status, done.problem, done.erased) == ("done", None, ERASED)
    assert done.anonymised == {"audit_entries": 2, "prompts": 1, "sync_runs": 0, "reviews": 0, "usage_people": 1}
    assert done.finished_at is not None
    assert await office.left_of(job) == {}
    assert all(str(alice.id) not in path for path in office.desk.blobs.contents)
    assert len(office.desk.notebook.removed_sessions) == 2
    assert len(office.run_log.cancelled) == 1, "the answer that nobody will read is stopped"
    assert await office.families.find(token.token) is None
    async with office.db.connection() as connection:
        assert [row["prompt_text"] for row in await connection.fetch("SELECT * FROM system_prompts")] == [
            "Be kind."
        ] * 2
        # somebody else's is all there
        assert await connection.fetchval("SELECT count(*) FROM conversations WHERE user_id = $1", bob.id) == 6
        # a case in a reviewer's words stays
        assert await connection.fetchval("SELECT count(*) FROM eval_cases WHERE asked_by IS NULL") == 2
        entries = await audit.entries(connection, audit.AuditFilter(target=str(alice.id)), limit=9)
    assert [(entry.action, entry.actor_id) for entry in entries] == [
        ("user.forgotten", None),
        ("user.forget", admin.user_id),
    ]
    assert entries[0].detail["erased"] == ERASED
    assert await office.forgetting().work() == 0, "and it is done once"

    new = await office.person("alice")
    assert (new.id != alice.id, new.role, new.department) == (True, Role.USER, None)


async def test_r01_killed_anywhere_it_ends_the_same_and_counts_the_same(office: Office, admin: Caller) -> None:
    mortality = Mortality()
    at = 0
    while True:
        at += 1
        who = await office.person(f"person{at}")
        await office.lived_in(who.caller)
        job = await office.forgetting().request(admin, who.id, correlation_id="c")
        mortality.live_until(at)
        survived = False
        try:
            await office.forgetting(mortality).work()
            survived = True
        except Killed:
            await office.forgetting().work()
        done = await office.job(job)
        told = f"killed after step {at}: {mortality.trail}"
        assert (done.status, done.erased) == ("done", ERASED), told
        assert await office.left_of(job) == {}, told
        assert all(str(who.id) not in path for path in office.desk.blobs.contents), told
        async with office.db.connection() as connection:
            record = audit.AuditFilter(action="user.forgotten", target=str(who.id))
            assert len(await audit.entries(connection, record, limit=9)) == 1, told
        if survived:
            break
    assert at > 20, "there are steps to die after"
    assert office.desk.blobs.contents == {}


async def test_r03_what_is_away_is_told_and_waited_for(office: Office, admin: Caller) -> None:
    alice = await office.person("alice")
    await office.lived_in(alice.caller)
    job = await office.forgetting().request(admin, alice.id, correlation_id="c")
    steps = [
        ("notebook", lambda away: setattr(office.desk.notebook, "removing_fails", away)),
        ("blob", lambda away: setattr(office.desk.blobs, "fails", away)),
    ]
    office.run_log.down = True
    assert await office.forgetting().work() == 0
    assert (await office.job(job)).problem == "redis_unavailable"
    office.run_log.down = False
    for service, falls in steps:
        falls(Unavailable(service))
        assert await office.forgetting().work() == 0
        waiting = await office.job(job)
        assert (waiting.status, waiting.problem) == ("running", f"{service}_unavailable")
        falls(None)
    assert await office.forgetting().work() == 1
    done = await office.job(job)
    assert (done.erased, done.problem, done.attempts) == (ERASED, None, 3)


async def test_one_persons_trouble_holds_up_nobody_else(office: Office, admin: Caller) -> None:
    stuck, other = await office.person("stuck"), await office.person("other")
    await office.desk.upload(stuck.caller, await office.desk.session(stuck.caller))
    await left_behind(office.db, other.caller)
    for who in (stuck, other):
        await office.forgetting().request(admin, who.id, correlation_id="c")
    office.desk.blobs.fails = Unavailable("blob")
    assert await office.forgetting().work() == 1
    async with office.db.connection() as connection:
        assert [job.user_id for job in await forgetting.unfinished(connection, 9)] == [stuck.id]


async def test_what_an_access_token_still_makes_goes_too_and_then_nothing_can_be_made(
    office: Office, admin: Caller
) -> None:
    alice = await office.person("alice")
    await office.lived_in(alice.caller)
    job = await office.forgetting().request(admin, alice.id, correlation_id="c")
    office.desk.blobs.fails = Unavailable("blob")
    assert await office.forgetting().work() == 0
    office.desk.blobs.fails = None
    await left_behind(office.db, alice.caller)
    late = await office.desk.session(alice.caller)
    await office.desk.upload(alice.caller, late)
    assert await office.forgetting().work() == 1
    more = {"conversations": 2, "messages": 2, "feedback": 1, "notebook_sessions": 1, "files": 1, "eval_cases": 0}
    assert (await office.job(job)).erased == {kind: count + more[kind] for kind, count in ERASED.items()}
    with pytest.raises(Unauthenticated):
        async with office.db.connection() as connection:
            await conversations.create(connection, alice.caller, Mode.RAG, None)
    with pytest.raises(Unauthenticated):
        async with office.db.transaction() as connection:
            await notebooks.create(connection, alice.caller, "Mine", LIMITS)


async def test_nobody_forgets_themselves_or_the_last_administrator(office: Office, admin: Caller) -> None:
    with pytest.raises(Conflict) as own:
        await office.forgetting().request(admin, admin.user_id, correlation_id="c")
    assert own.value.code == "own_account"
    gone = await office.person("gone", as_admin=True)
    async with office.db.transaction() as connection:
        await people.update_user(
            connection, admin.user_id, role=Role.USER, department_id=None, country_id=None, is_active=True
        )
    with pytest.raises(Conflict) as last:
        # demoted, but the token still says otherwise
        await office.forgetting().request(admin, gone.id, correlation_id="c")
    assert last.value.code == "last_super_admin"
    with pytest.raises(NotFound):
        await office.forgetting().request(admin, people.UserId(uuid4()), correlation_id="c")
    async with office.db.connection() as connection:
        assert await forgetting.unfinished(connection, 9) == []
        assert (await people.get_user(connection, gone.id)).display_name == "Gone"


async def test_whatever_names_who_made_it_is_told_as_a_forgotten_caller(office: Office) -> None:
    """A new column of that kind is to be added to BY_THE_CALLER: without that a living token gets a 500."""
    async with office.db.connection() as connection:
        names = await connection.fetch(
            "SELECT conname::text FROM pg_constraint"
            " WHERE contype = 'f' AND confrelid = 'users'::regclass AND confdeltype = 'n'"
        )
    assert {row["conname"] for row in names} | {"conversations_user_id_fkey", "notebook_sessions_user_id_fkey"} == (
        BY_THE_CALLER
    )
