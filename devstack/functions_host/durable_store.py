"""Orchestrations on disk: SQLite, one transaction for everything that belongs together.

A process killed at any moment leaves either all of an episode or nothing of it: its history, the tasks it
opened and closed, the children it started, the letters it read, and the word to its parent.
"""

import json
import sqlite3
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from devstack.functions_host.clock import from_text, to_text
from devstack.functions_host.durable_model import (
    End,
    Event,
    Instance,
    Letter,
    OpenTask,
    Parent,
    Retry,
    Status,
    TaskKind,
)
from devstack.functions_host.durable_query import InstanceFilter, InstanceRow, find_instance, select_instances

_SCHEMA = """
    CREATE TABLE IF NOT EXISTS instances (
        instance_id         TEXT PRIMARY KEY,
        execution_id        TEXT NOT NULL,
        name                TEXT NOT NULL,
        version             TEXT,
        input               TEXT,
        output              TEXT,
        status              TEXT NOT NULL,
        suspended           INTEGER NOT NULL,
        custom_status       TEXT NOT NULL,
        created_at          TEXT NOT NULL,
        updated_at          TEXT NOT NULL,
        parent_instance_id  TEXT,
        parent_execution_id TEXT,
        parent_task_id      INTEGER,
        next_task_id        INTEGER NOT NULL,
        actions_seen        INTEGER NOT NULL
    );
    CREATE INDEX IF NOT EXISTS instances_by_age ON instances (created_at, instance_id);
    CREATE TABLE IF NOT EXISTS history (
        instance_id TEXT NOT NULL REFERENCES instances ON DELETE CASCADE,
        position    INTEGER NOT NULL,
        event       TEXT NOT NULL,
        PRIMARY KEY (instance_id, position)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS inbox (
        number      INTEGER PRIMARY KEY AUTOINCREMENT,
        instance_id TEXT NOT NULL REFERENCES instances ON DELETE CASCADE,
        event       TEXT NOT NULL
    );
    CREATE INDEX IF NOT EXISTS inbox_by_instance ON inbox (instance_id, number);
    CREATE TABLE IF NOT EXISTS tasks (
        instance_id TEXT NOT NULL REFERENCES instances ON DELETE CASCADE,
        task_id     INTEGER NOT NULL,
        delivered   INTEGER NOT NULL,
        task        TEXT NOT NULL,
        PRIMARY KEY (instance_id, task_id)
    ) WITHOUT ROWID;
    CREATE VIEW IF NOT EXISTS shown_instances AS
        SELECT *, iif(suspended AND status IN ('Pending', 'Running'), 'Suspended', status) AS shown_status
          FROM instances;
"""
_INSERT_INSTANCE = """
    INSERT INTO instances (instance_id, execution_id, name, version, input, status, suspended, custom_status,
                           created_at, updated_at, parent_instance_id, parent_execution_id, parent_task_id,
                           next_task_id, actions_seen)
    VALUES (?, ?, ?, ?, ?, ?, 0, 'null', ?, ?, ?, ?, ?, 0, 0)
"""
_UPDATE_INSTANCE = """
    UPDATE instances
       SET execution_id = ?, input = ?, status = ?, custom_status = ?, updated_at = ?, next_task_id = ?,
           actions_seen = ?
     WHERE instance_id = ?
"""


class StoreInUse(Exception):
    """Another host works on the same home."""


class DurableStore:
    """One file, one process: the file stays locked until `close`. `StoreInUse` when it already is.

    Calls are synchronous and meant for the event loop's thread: a transaction takes tens of microseconds,
    since WAL with `synchronous=NORMAL` waits for no disk. That survives a killed process, not a power cut.
    """

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(file, timeout=2, isolation_level=None)
        try:
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.execute("PRAGMA foreign_keys = ON")
            self._db.executescript(_SCHEMA)
        except sqlite3.OperationalError as error:
            self._db.close()
            if "locked" in str(error):
                raise StoreInUse(f"another host works on {file}") from error
            raise

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is stored, or nothing of it."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    # Writing. The caller opens the transaction.

    def insert(self, instance: Instance) -> None:
        """Adds a new orchestration in place of an ended one of the same id."""
        self._db.execute("DELETE FROM instances WHERE instance_id = ?", (instance.instance_id,))
        parent = instance.parent
        self._db.execute(
            _INSERT_INSTANCE,
            (
                instance.instance_id,
                instance.execution_id,
                instance.name,
                instance.version,
                instance.input,
                str(instance.status),
                to_text(instance.created_at),
                to_text(instance.updated_at),
                parent.instance_id if parent else None,
                parent.execution_id if parent else None,
                parent.task_id if parent else None,
            ),
        )

    def update(self, instance: Instance) -> None:
        """Writes the instance's own fields, neither its history nor its tasks."""
        self._db.execute(
            _UPDATE_INSTANCE,
            (
                instance.execution_id,
                instance.input,
                str(instance.status),
                json.dumps(instance.custom_status),
                to_text(instance.updated_at),
                instance.next_task_id,
                instance.actions_seen,
                instance.instance_id,
            ),
        )

    def append_history(self, instance_id: str, events: Iterable[Event], position: int) -> None:
        rows = ((instance_id, position + n, json.dumps(e | {"IsPlayed": True})) for n, e in enumerate(events))
        self._db.executemany("INSERT INTO history (instance_id, position, event) VALUES (?, ?, ?)", rows)

    def open_tasks(self, instance_id: str, tasks: Iterable[OpenTask]) -> None:
        rows = ((instance_id, t.task_id, json.dumps(asdict(t))) for t in tasks)
        self._db.executemany("INSERT INTO tasks (instance_id, task_id, delivered, task) VALUES (?, ?, 0, ?)", rows)

    def close_tasks(self, instance_id: str, task_ids: Iterable[int]) -> None:
        rows = ((instance_id, task_id) for task_id in task_ids)
        self._db.executemany("DELETE FROM tasks WHERE instance_id = ? AND task_id = ?", rows)

    def mark_delivered(self, instance_id: str, task_id: int) -> None:
        self._db.execute("UPDATE tasks SET delivered = 1 WHERE instance_id = ? AND task_id = ?", (instance_id, task_id))

    def post(self, instance_id: str, event: Event) -> Letter:
        cursor = self._db.execute(
            "INSERT INTO inbox (instance_id, event) VALUES (?, ?)", (instance_id, json.dumps(event))
        )
        return Letter(int(cursor.lastrowid or 0), event)

    def discard(self, letters: Iterable[Letter]) -> None:
        self._db.executemany("DELETE FROM inbox WHERE number = ?", ((x.number,) for x in letters))

    def forget_generation(self, instance: Instance) -> None:
        """Removes the history, tasks and letters that `continue_as_new` left behind."""
        instance_id = instance.instance_id
        kept = json.dumps([letter.number for letter in instance.inbox])
        self._db.execute("DELETE FROM history WHERE instance_id = ?", (instance_id,))
        self._db.execute("DELETE FROM tasks WHERE instance_id = ?", (instance_id,))
        self._db.execute(
            "DELETE FROM inbox WHERE instance_id = ? AND number NOT IN (SELECT value FROM json_each(?))",
            (instance_id, kept),
        )

    def end(self, instance: Instance, end: End) -> None:
        """Writes the outcome; what the orchestration still waited for is dropped."""
        instance_id = instance.instance_id
        self.update(instance)
        self._db.execute("UPDATE instances SET output = ? WHERE instance_id = ?", (end.output, instance_id))
        self._db.execute("DELETE FROM tasks WHERE instance_id = ?", (instance_id,))
        self._db.execute("DELETE FROM inbox WHERE instance_id = ?", (instance_id,))

    def set_suspended(self, instance: Instance) -> None:
        self._db.execute(
            "UPDATE instances SET suspended = ?, updated_at = ? WHERE instance_id = ?",
            (instance.suspended, to_text(instance.updated_at), instance.instance_id),
        )

    # Reading.

    def find(self, instance_id: str) -> InstanceRow | None:
        return find_instance(self._db, instance_id)

    def select(self, wanted: InstanceFilter) -> list[InstanceRow]:
        return select_instances(self._db, wanted)

    def history(self, instance_id: str) -> list[Event]:
        query = "SELECT event FROM history WHERE instance_id = ? ORDER BY position"
        return [json.loads(event) for (event,) in self._db.execute(query, (instance_id,))]

    def purge(self, instance_ids: Iterable[str]) -> None:
        rows = ((instance_id,) for instance_id in instance_ids)
        self._db.executemany("DELETE FROM instances WHERE instance_id = ?", rows)

    def load_unended(self) -> list[Instance]:
        """Every orchestration that has not ended, whole, as a restarted host needs it."""
        query = """
            SELECT instance_id, name, input, version, created_at, updated_at, execution_id, status, suspended,
                   custom_status, next_task_id, actions_seen, parent_instance_id, parent_execution_id,
                   parent_task_id
              FROM instances
             WHERE status IN ('Pending', 'Running')
             ORDER BY created_at
        """
        return [self._loaded(row) for row in self._db.execute(query).fetchall()]

    def _loaded(self, row: tuple[Any, ...]) -> Instance:
        instance_id = row[0]
        history = "SELECT event FROM history WHERE instance_id = ? ORDER BY position"
        inbox = "SELECT number, event FROM inbox WHERE instance_id = ? ORDER BY number"
        tasks = "SELECT task, delivered FROM tasks WHERE instance_id = ? ORDER BY task_id"
        found = [_task(json.loads(t), bool(d)) for t, d in self._db.execute(tasks, (instance_id,))]
        letters = (Letter(n, json.loads(e)) for n, e in self._db.execute(inbox, (instance_id,)))
        return Instance(
            instance_id=instance_id,
            name=row[1],
            input=row[2],
            version=row[3],
            created_at=from_text(row[4]),
            updated_at=from_text(row[5]),
            execution_id=row[6],
            status=Status(row[7]),
            suspended=bool(row[8]),
            custom_status=json.loads(row[9]),
            next_task_id=row[10],
            actions_seen=row[11],
            parent=Parent(row[12], row[13], row[14]) if row[12] is not None else None,
            history=[event for (event,) in self._db.execute(history, (instance_id,))],
            inbox=deque(letters),
            tasks={task.task_id: task for task in found},
        )


def _task(content: dict[str, Any], delivered: bool) -> OpenTask:
    retry = content.pop("retry")
    retried_kind = content.pop("retried_kind")
    content |= {"kind": TaskKind(content["kind"]), "delivered": delivered}
    return OpenTask(
        **content,
        retry=Retry(**retry) if retry else None,
        retried_kind=TaskKind(retried_kind) if retried_kind else None,
    )
