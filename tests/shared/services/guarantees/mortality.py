"""Ends the "process" between any two things that it does to the world outside."""

import inspect
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from shared.db.pool import Connection, Db


class Killed(BaseException):
    """No `except Exception` sees it, and no handler may do anything about it: see `Mortality`."""


@dataclass
class Mortality:
    """Counts what reached the world outside; dies right after the `at`-th. Who is dead, reaches nothing any more, so
    that no `finally` and no sibling task can tidy up what a killed process would leave behind."""

    at: int | None = None
    passed: int = 0
    dead: bool = False
    # asked after every step: what a reader sees at that moment
    observers: list[Callable[[], None]] = field(default_factory=list)
    trail: list[str] = field(default_factory=list)

    def live_until(self, at: int | None) -> None:
        self.at, self.passed, self.dead = at, 0, False
        self.trail.clear()

    def check(self) -> None:
        if self.dead:
            raise Killed("dead already")

    def step(self, what: str) -> None:
        self.check()
        self.passed += 1
        self.trail.append(what)
        for observe in self.observers:
            observe()
        if self.passed == self.at:
            self.dead = True
            raise Killed(f"after step {self.passed}, {what}")


class MortalPort:
    """A port whose calls end with a step."""

    def __init__(self, name: str, port: Any, mortality: Mortality) -> None:
        self._name, self._port, self._mortality = name, port, mortality

    def __getattr__(self, attribute: str) -> Any:
        found = getattr(self._port, attribute)
        if not inspect.iscoroutinefunction(found):
            return found

        async def call(*arguments: Any, **options: Any) -> Any:
            self._mortality.check()
            answer = await found(*arguments, **options)
            self._mortality.step(f"{self._name}.{attribute}")
            return answer

        return call


class MortalDb:
    """A step before every commit, and one after it (after the statement, where there is no transaction)."""

    def __init__(self, db: Db, mortality: Mortality) -> None:
        self._db, self._mortality = db, mortality

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[Connection]:
        self._mortality.check()
        async with self._db.connection() as connection:
            yield connection
        self._mortality.step("statement")

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Connection]:
        self._mortality.check()
        async with self._db.transaction() as connection:
            yield connection
            self._mortality.step("before commit")
        self._mortality.step("commit")

    async def close(self) -> None:
        await self._db.close()


def mortal(name: str, port: Any, mortality: Mortality) -> Any:
    return MortalDb(port, mortality) if isinstance(port, Db) else cast("Any", MortalPort(name, port, mortality))
