"""Daily token budgets and what of them is used. PostgreSQL alone knows both: they hold without Redis."""

from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

import asyncpg

from shared.db.pool import Connection, Row, violated
from shared.domain.budgets import Budget, BudgetDefaults, BudgetSubject
from shared.domain.ids import UserId
from shared.errors import NotFound

_COLUMN: dict[BudgetSubject, LiteralString] = {
    BudgetSubject.USER: "user_id",
    BudgetSubject.DEPARTMENT: "department_id",
}
# What today's answers took, straight from their rows: current in the moment an answer's end is stored.
_TODAY: LiteralString = "(now() AT TIME ZONE 'UTC')::date"
_USED_BY_USER: LiteralString = f"""
    (SELECT coalesce(sum(a.input_tokens + a.output_tokens), 0)::bigint
       FROM usage_people p
       JOIN usage_subjects s ON s.person = p.person
       JOIN usage_answers a ON a.subject = s.id AND a.day = {_TODAY}
      WHERE p.user_id = u.id)
"""
_USED_BY_DEPARTMENT: LiteralString = f"""
    (SELECT coalesce(sum(a.input_tokens + a.output_tokens), 0)::bigint
       FROM usage_subjects s
       JOIN usage_answers a ON a.subject = s.id AND a.day = {_TODAY}
      WHERE s.department_id = d.id)
"""

# Nothing is added up for who has no limit.
OF_CALLER: LiteralString = f"""
    SELECT {_TODAY} AS day, u.department_id, own.user_id IS NULL AS user_default,
           theirs.department_id IS NULL AS department_default, lim.user_limit, lim.department_limit,
           CASE WHEN lim.user_limit IS NOT NULL THEN {_USED_BY_USER} END AS user_used,
           CASE WHEN lim.department_limit IS NOT NULL THEN {_USED_BY_DEPARTMENT.replace("d.id", "u.department_id")} END
               AS department_used
      FROM users u
      LEFT JOIN token_budgets own ON own.user_id = u.id
      LEFT JOIN token_budgets theirs ON theirs.department_id = u.department_id
     CROSS JOIN LATERAL (SELECT CASE WHEN own.user_id IS NULL THEN $2 ELSE own.daily_tokens END AS user_limit,
                                CASE WHEN u.department_id IS NULL THEN NULL
                                     WHEN theirs.department_id IS NULL THEN $3
                                     ELSE theirs.daily_tokens END AS department_limit) lim
     WHERE u.id = $1
"""


async def of_user(connection: Connection, user_id: UserId, defaults: BudgetDefaults) -> list[Budget]:
    """The limits that this user's answers count towards: their own, and their department's; with what is used."""
    row = await connection.fetchrow(OF_CALLER, user_id, defaults.user, defaults.department)
    if row is None:
        return []
    return [
        Budget(subject, row[f"{subject}_limit"], row[f"{subject}_default"], row[f"{subject}_used"], row["day"])
        for subject in BudgetSubject
        if row[f"{subject}_limit"] is not None
    ]


USER: LiteralString = f"""
    SELECT {_TODAY} AS day, b.user_id IS NULL AS is_default,
           CASE WHEN b.user_id IS NULL THEN $2 ELSE b.daily_tokens END AS daily_tokens, {_USED_BY_USER} AS used
      FROM users u LEFT JOIN token_budgets b ON b.user_id = u.id
     WHERE u.id = $1
"""
DEPARTMENT: LiteralString = f"""
    SELECT {_TODAY} AS day, b.department_id IS NULL AS is_default,
           CASE WHEN b.department_id IS NULL THEN $2 ELSE b.daily_tokens END AS daily_tokens,
           {_USED_BY_DEPARTMENT} AS used
      FROM departments d LEFT JOIN token_budgets b ON b.department_id = d.id
     WHERE d.id = $1
"""


async def get(connection: Connection, subject: BudgetSubject, owner: UUID, defaults: BudgetDefaults) -> Budget:
    """One user's or department's, whether limited or not. Raises NotFound."""
    statement = USER if subject is BudgetSubject.USER else DEPARTMENT
    row = await connection.fetchrow(statement, owner, defaults.of(subject))
    if row is None:
        raise NotFound(subject.value)
    return Budget(subject, row["daily_tokens"], row["is_default"], row["used"], row["day"])


_SET: LiteralString = """
    INSERT INTO token_budgets (OWNER, daily_tokens, updated_by) VALUES ($1, $2, $3)
    ON CONFLICT (OWNER) DO UPDATE
       SET daily_tokens = excluded.daily_tokens, updated_by = excluded.updated_by, updated_at = clock_timestamp()
"""
SET: dict[BudgetSubject, LiteralString] = {
    subject: _SET.replace("OWNER", column) for subject, column in _COLUMN.items()
}


async def put(
    connection: Connection, subject: BudgetSubject, owner: UUID, daily_tokens: int | None, actor: UserId
) -> None:
    """`daily_tokens` None lifts the default. Raises NotFound."""
    try:
        await connection.execute(SET[subject], owner, daily_tokens, actor)
    except asyncpg.ForeignKeyViolationError as error:
        if violated(error) == f"token_budgets_{_COLUMN[subject]}_fkey":
            raise NotFound(subject.value) from error
        raise


DROP: dict[BudgetSubject, LiteralString] = {
    subject: f"DELETE FROM token_budgets WHERE {column} = $1" for subject, column in _COLUMN.items()
}


async def drop(connection: Connection, subject: BudgetSubject, owner: UUID) -> None:
    """The default applies again; nothing happens where it did."""
    await connection.execute(DROP[subject], owner)


ANY = "SELECT EXISTS (SELECT FROM token_budgets)"


async def any_set(connection: Connection) -> bool:
    return await connection.fetchval(ANY) is True


@dataclass(frozen=True, slots=True)
class OwnBudget:
    subject: BudgetSubject
    owner_id: UUID
    name: str
    daily_tokens: int | None
    updated_at: datetime


LIST = """
    SELECT CASE WHEN b.user_id IS NULL THEN 'department' ELSE 'user' END AS subject,
           coalesce(b.user_id, b.department_id) AS owner_id, coalesce(u.display_name, d.name) AS name,
           b.daily_tokens, b.updated_at
      FROM token_budgets b
      LEFT JOIN users u ON u.id = b.user_id
      LEFT JOIN departments d ON d.id = b.department_id
     WHERE $1::uuid IS NULL OR coalesce(b.user_id, b.department_id) > $1
     ORDER BY coalesce(b.user_id, b.department_id)
     LIMIT $2
"""


async def list_own(connection: Connection, *, after: UUID | None, limit: int) -> list[OwnBudget]:
    """All that were set, by their owner's id."""
    return [_own(row) for row in await connection.fetch(LIST, after, limit)]


def _own(row: Row) -> OwnBudget:
    return OwnBudget(
        BudgetSubject(row["subject"]), row["owner_id"], row["name"], row["daily_tokens"], row["updated_at"]
    )
