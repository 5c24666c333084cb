"""A random month of questions and answers, and what the reports should say of it by counting every answer.

Every act is done in PostgreSQL the way the product does it and noted in a list beside it; nothing here reads the
tables that the reports are made from.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from shared.db import feedback, messages, usage_answers, usage_rolling
from shared.db.feedback import Rating
from shared.db.pool import Db
from shared.domain.audience import Scope
from shared.domain.events import Done, RunStatus, Source, Usage
from shared.domain.identity import Caller, Role
from shared.domain.ids import CountryId, DepartmentId, DocumentId, MessageId, PassageId, UserId
from shared.domain.usage import Period

FIRST = date(2026, 2, 24)
DAYS = 31
MODELS = (("openai", "gpt-4.1"), ("azure", "gpt/4"), ("anthropic", "claude"), (None, None))
# Two of them are one question.
QUESTIONS = ("How long is leave?", "how long is LEAVE", "Who signs?", "What does VPN cost?", "???")
DOCUMENTS = tuple(UUID(int=n) for n in range(1, 7))


@dataclass
class Someone:
    id: UUID
    department: DepartmentId | None
    country: CountryId | None
    is_forgotten: bool = False


@dataclass
class Asked:
    """One answer, as it is now; `department` and `country` as its person's were when it was asked for."""

    id: UUID
    conversation: UUID
    question_id: UUID
    question: str
    day: date
    person: Someone
    department: DepartmentId | None
    country: CountryId | None
    mode: str
    is_question: bool
    status: str = "streaming"
    provider: str | None = None
    model: str | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    cost: Decimal | None = None
    supported: bool | None = None
    latency_ms: int | None = None
    first_token_ms: int | None = None
    cited: frozenset[UUID] = frozenset()
    rating: str | None = None
    is_replaced: bool = False
    is_deleted: bool = False
    # its question was deleted before there was an answer: nobody can say any more what was asked
    is_unknown: bool = False

    @property
    def is_ended(self) -> bool:
        return self.status != "streaming"


@dataclass
class Month:
    db: Db
    random: random.Random
    people: list[Someone] = field(default_factory=list[Someone])
    answers: list[Asked] = field(default_factory=list[Asked])
    departments: list[DepartmentId] = field(default_factory=list[DepartmentId])
    countries: list[CountryId] = field(default_factory=list[CountryId])

    async def begin(self) -> None:
        async with self.db.transaction() as connection:
            for name in ("HR", "Engineering"):
                self.departments.append(
                    await connection.fetchval("INSERT INTO departments (name) VALUES ($1) RETURNING id", name)
                )
            for code in ("DE", "US"):
                self.countries.append(
                    await connection.fetchval("INSERT INTO countries (code, name) VALUES ($1, $1) RETURNING id", code)
                )
            library = await connection.fetchval(
                "INSERT INTO sharepoint_sync_state (library_url, name, site_id, drive_id) "
                "VALUES ('u', 'n', 's', 'd') RETURNING id"
            )
            for number, document in enumerate(DOCUMENTS):
                department, country = self.scope_of(document)
                await connection.execute(
                    "INSERT INTO sharepoint_documents (id, sharepoint_id, file_name, file_url, library_url, "
                    "file_type, drive_id, library_id, status, department_id, country_id) "
                    "VALUES ($1, $2, $3, 'u', 'u', 'pdf', 'd', $4, 'indexed', $5, $6)",
                    document, str(number), f"{number}.pdf", library, department, country,
                )  # fmt: skip
        for _ in range(5):
            await self.hire()

    def scope_of(self, document: UUID) -> tuple[DepartmentId | None, CountryId | None]:
        departments, countries = [None, *self.departments], [None, *self.countries]
        return departments[document.int % 3], countries[document.int // 3 % 3]

    async def hire(self) -> None:
        someone = Someone(uuid4(), *self._place())
        async with self.db.connection() as connection:
            await connection.execute(
                "INSERT INTO users (id, entra_id, display_name, department_id, country_id) VALUES ($1, $2, $2, $3, $4)",
                someone.id, str(someone.id), someone.department, someone.country,
            )  # fmt: skip
        self.people.append(someone)

    def _place(self) -> tuple[DepartmentId | None, CountryId | None]:
        return self.random.choice([None, *self.departments]), self.random.choice([None, *self.countries])

    # --- what happens ----------------------------------------------------------------------------------------------

    async def act(self) -> None:
        acts = [
            (8, self.ask), (9, self.end), (3, self.rate), (1, self.take_back), (2, self.ask_again), (1, self.correct),
            (1, self.put_on_another_day), (1, self.delete_conversation), (1, self.move), (1, self.forget),
            (1, self.hire), (3, self.roll),
        ]  # fmt: skip
        (act,) = self.random.choices([act for _, act in acts], [weight for weight, _ in acts])
        await act()

    def _some(self, wanted: Callable[[Asked], bool]) -> Asked | None:
        found = [answer for answer in self.answers if wanted(answer)]
        return self.random.choice(found) if found else None

    async def ask(self) -> None:
        present = [someone for someone in self.people if not someone.is_forgotten]
        if not present:
            return
        person, mode = self.random.choice(present), self.random.choice(("rag", "rag", "assistant", "notebook"))
        day = FIRST + timedelta(days=self.random.randrange(DAYS))
        answer = Asked(uuid4(), uuid4(), uuid4(), self.random.choice(QUESTIONS), day, person, person.department,
                       person.country, mode, is_question=True)  # fmt: skip
        at = datetime.combine(day, time(self.random.choice((0, 23)), 30), UTC)
        async with self.db.transaction() as connection:
            await connection.execute(
                "INSERT INTO conversations (id, user_id, mode) VALUES ($1, $2, $3)",
                answer.conversation, person.id, mode,
            )  # fmt: skip
            await connection.execute(
                "INSERT INTO messages (id, conversation_id, role, content, created_at) VALUES ($1, $2, 'user', $3, $4)",
                answer.question_id, answer.conversation, answer.question, at,
            )  # fmt: skip
            await self._begun(connection, answer, at)
        self.answers.append(answer)

    async def _begun(self, connection, answer: Asked, at: datetime) -> None:
        await connection.execute(
            "INSERT INTO messages (id, conversation_id, role, status, reply_to, created_at) "
            "VALUES ($1, $2, 'assistant', 'streaming', $3, $4)",
            answer.id, answer.conversation, answer.question_id, at + timedelta(microseconds=1),
        )  # fmt: skip

    async def ask_again(self) -> None:
        before = self._some(lambda answer: answer.is_ended and not answer.is_deleted and not answer.is_replaced)
        if before is None:
            return
        person = before.person
        day = min(before.day + timedelta(days=self.random.randrange(3)), FIRST + timedelta(days=DAYS - 1))
        answer = Asked(uuid4(), before.conversation, before.question_id, before.question, day, person,
                       person.department, person.country, before.mode, is_question=False)  # fmt: skip
        async with self.db.transaction() as connection:
            await connection.execute(
                "WITH again AS (UPDATE messages SET replaced_by = $2 WHERE id = $1 RETURNING conversation_id) "
                "INSERT INTO messages (id, conversation_id, role, status, reply_to, created_at) "
                "SELECT $2, conversation_id, 'assistant', 'streaming', $3, $4 FROM again",
                before.id, answer.id, before.question_id, datetime.combine(day, time(23, 50), UTC),
            )  # fmt: skip
        before.is_replaced = True
        self.answers.append(answer)

    async def end(self) -> None:
        answer = self._some(lambda answer: not answer.is_ended)
        if answer is None:
            return
        answer.status = self.random.choice(("complete", "complete", "complete", "failed", "cancelled", "interrupted"))
        answer.provider, answer.model = self.random.choice(MODELS)
        answer.input_tokens, answer.output_tokens = self.random.randrange(5_000), self.random.randrange(800)
        answer.cost = self.random.choice((None, Decimal(self.random.randrange(10**8)) / 10**8))
        answer.supported = self.random.choice((None, True, False))
        answer.latency_ms = self.random.choice((0, 7, 450, 12_345, self.random.randrange(200_000)))
        answer.first_token_ms = self.random.choice((None, self.random.randrange(3_000)))
        cited = self.random.sample(DOCUMENTS, self.random.randrange(3))
        # what a notebook's answers cite are not documents
        answer.cited = frozenset(cited) if answer.mode == "rag" else frozenset()
        sources = tuple(
            Source(n, DocumentId(document), PassageId(uuid4()), "f", "u", None, None, "s", 0.5)
            for n, document in enumerate([*cited, *cited], start=1)
        )
        side = self.random.randrange(answer.input_tokens + 1)
        usage = Usage(answer.input_tokens - side, answer.output_tokens, side_input_tokens=side, cost=answer.cost)
        done = Done(MessageId(answer.id), RunStatus(answer.status), None, usage, answer.provider, answer.model, sources,
                    answer.supported)  # fmt: skip
        async with self.db.connection() as connection:
            stored = await messages.finish(
                connection, done, content="x", error=None, first_token_ms=answer.first_token_ms,
                latency_ms=answer.latency_ms,
            )  # fmt: skip
            assert stored is not answer.is_deleted
            if not stored:
                answer.is_unknown = True
                await usage_answers.finish_deleted(connection, done, answer.first_token_ms, answer.latency_ms)

    async def rate(self) -> None:
        answer = self._some(lambda answer: answer.is_ended and not answer.is_deleted)
        if answer is not None:
            rating = self.random.choice(list(Rating))
            async with self.db.connection() as connection:
                await feedback.give(connection, _caller(answer), MessageId(answer.id), rating, None)
            answer.rating = rating.value

    async def take_back(self) -> None:
        answer = self._some(lambda answer: answer.rating is not None and not answer.is_deleted)
        if answer is not None:
            async with self.db.connection() as connection:
                await feedback.take_back(connection, _caller(answer), MessageId(answer.id))
            answer.rating = None

    async def correct(self) -> None:
        """Somebody puts right what an answer cost, and which model it was."""
        answer = self._some(lambda answer: answer.is_ended and not answer.is_deleted)
        if answer is None:
            return
        answer.provider, answer.model = self.random.choice(MODELS)
        answer.cost = Decimal(self.random.randrange(10**6)) / 10**8
        async with self.db.connection() as connection:
            await connection.execute(
                "UPDATE messages SET llm_provider = $2, llm_model = $3, cost = $4 WHERE id = $1",
                answer.id, answer.provider, answer.model, answer.cost,
            )  # fmt: skip

    async def put_on_another_day(self) -> None:
        """Nothing in the product does: here it takes people's last answers out of days, blocks and periods."""
        answer = self._some(lambda answer: answer.is_ended)
        if answer is None:
            return
        # never an earlier one: a second answer is of the day of the first, or later
        answer.day += timedelta(days=self.random.randrange(DAYS - (answer.day - FIRST).days))
        async with self.db.connection() as connection:
            await connection.execute("UPDATE usage_answers SET day = $2 WHERE id = $1", answer.id, answer.day)

    async def delete_conversation(self) -> None:
        answer = self._some(lambda answer: not answer.is_deleted)
        if answer is not None:
            async with self.db.connection() as connection:
                await connection.execute("DELETE FROM conversations WHERE id = $1", answer.conversation)
            self._deleted(lambda other: other.conversation == answer.conversation)

    async def forget(self) -> None:
        person = self.random.choice(self.people)
        async with self.db.connection() as connection:
            await connection.execute("DELETE FROM users WHERE id = $1", person.id)
        person.is_forgotten = True
        self._deleted(lambda other: other.person is person)

    def _deleted(self, which: Callable[[Asked], bool]) -> None:
        for answer in self.answers:
            answer.is_deleted = answer.is_deleted or which(answer)

    async def move(self) -> None:
        person = self.random.choice(self.people)
        person.department, person.country = self._place()
        async with self.db.connection() as connection:
            await connection.execute(
                "UPDATE users SET department_id = $2, country_id = $3 WHERE id = $1",
                person.id, person.department, person.country,
            )  # fmt: skip

    async def roll(self) -> None:
        async with self.db.transaction() as connection:
            await usage_rolling.roll(connection, self.random.choice((1, 3, 20, 1_000)))

    # --- what the reports should say -------------------------------------------------------------------------------

    def counted(self, period: Period, within: Scope) -> list[Asked]:
        return [
            answer
            for answer in self.answers
            if answer.is_ended
            and period.first <= answer.day <= period.last
            and within.department_id in (None, answer.department)
            and within.country_id in (None, answer.country)
        ]


def _caller(answer: Asked) -> Caller:
    return Caller(UserId(answer.person.id), Role.USER, None, None)
