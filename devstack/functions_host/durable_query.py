"""Orchestrations as clients see them: one by id, or all that fit a filter."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from devstack.functions_host.clock import from_text, to_text

_FIND = """
    SELECT instance_id, name, version, shown_status, input, output, custom_status, created_at, updated_at
      FROM shown_instances
     WHERE instance_id = ?
"""
_SELECT = """
    SELECT instance_id, name, version, shown_status, input, output, custom_status, created_at, updated_at
      FROM shown_instances
     WHERE (:statuses IS NULL OR instr(:statuses, ',' || shown_status || ','))
       AND substr(instance_id, 1, length(:prefix)) = :prefix
       AND (:created_from IS NULL OR created_at >= :created_from)
       AND (:created_to IS NULL OR created_at <= :created_to)
     ORDER BY created_at, instance_id
"""


@dataclass(frozen=True, slots=True)
class InstanceRow:
    """An orchestration; `status` is one of Azure's words, `input`, `output`, `custom_status` are JSON texts."""

    instance_id: str
    name: str
    version: str | None
    status: str
    input: str | None
    output: str | None
    custom_status: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class InstanceFilter:
    """Which orchestrations to list or purge; None leaves a condition out."""

    statuses: tuple[str, ...] | None = None
    prefix: str = ""
    created_from: datetime | None = None
    created_to: datetime | None = None


def find_instance(db: sqlite3.Connection, instance_id: str) -> InstanceRow | None:
    row = db.execute(_FIND, (instance_id,)).fetchone()
    return _read(row) if row else None


def select_instances(db: sqlite3.Connection, wanted: InstanceFilter) -> list[InstanceRow]:
    """The oldest first."""
    parameters = {
        "statuses": f",{','.join(wanted.statuses)}," if wanted.statuses else None,
        "prefix": wanted.prefix,
        "created_from": to_text(wanted.created_from) if wanted.created_from else None,
        "created_to": to_text(wanted.created_to) if wanted.created_to else None,
    }
    return [_read(row) for row in db.execute(_SELECT, parameters)]


def _read(row: tuple[str, ...]) -> InstanceRow:
    *texts, created_at, updated_at = row
    return InstanceRow(*texts, from_text(created_at), from_text(updated_at))
