"""What the stand-in keeps, as rows, and what can be wrong with a request to change it."""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS sites (
    id    TEXT PRIMARY KEY,
    path  TEXT NOT NULL UNIQUE COLLATE NOCASE,
    title TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS drives (
    id       TEXT PRIMARY KEY,
    site_id  TEXT NOT NULL REFERENCES sites (id),
    name     TEXT NOT NULL UNIQUE COLLATE NOCASE,
    segment  TEXT NOT NULL,
    root_id  TEXT NOT NULL,
    sequence INTEGER NOT NULL DEFAULT 0,
    created  TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS items (
    drive_id        TEXT NOT NULL REFERENCES drives (id),
    id              TEXT NOT NULL,
    guid            TEXT NOT NULL,
    parent_id       TEXT,
    name            TEXT NOT NULL COLLATE NOCASE,
    kind            TEXT NOT NULL CHECK (kind IN ('root', 'folder', 'file', 'package', 'remote')),
    size            INTEGER NOT NULL DEFAULT 0,
    blob            TEXT,
    quick_xor       TEXT,
    version         INTEGER NOT NULL DEFAULT 1,
    content_version INTEGER NOT NULL DEFAULT 1,
    created         TEXT NOT NULL,
    modified        TEXT NOT NULL,
    deleted         INTEGER NOT NULL DEFAULT 0,
    -- `own_sequence`: its last own change. `sequence`: that, or the last change below it.
    own_sequence    INTEGER NOT NULL,
    sequence        INTEGER NOT NULL,
    facet           TEXT NOT NULL DEFAULT '{}',
    PRIMARY KEY (drive_id, id)
);
CREATE UNIQUE INDEX IF NOT EXISTS items_live_name ON items (drive_id, parent_id, name) WHERE deleted = 0;
CREATE INDEX IF NOT EXISTS items_feed ON items (drive_id, sequence);
CREATE TABLE IF NOT EXISTS permissions (
    drive_id TEXT NOT NULL,
    item_id  TEXT NOT NULL,
    body     TEXT NOT NULL,
    PRIMARY KEY (drive_id, item_id)
);
CREATE TABLE IF NOT EXISTS users (
    id   TEXT PRIMARY KEY,
    body TEXT NOT NULL
);
"""


class NotThere(Exception):
    """No such site, library, item or path; the words say which."""


class NameTaken(Exception):
    """Something of that name is already in that folder."""


class Refused(Exception):
    """The request makes no sense: a bad name, a folder moved into itself, a file put over a folder."""


@dataclass(frozen=True, slots=True)
class Site:
    id: str
    path: str  # "/sites/hub"; "" for the root site
    title: str


@dataclass(frozen=True, slots=True)
class Drive:
    id: str
    site_id: str
    name: str
    segment: str  # the library's part of an address: "Shared Documents" where `name` is "Documents"
    root_id: str
    sequence: int
    created: str


@dataclass(frozen=True, slots=True)
class Item:
    drive_id: str
    id: str
    guid: str
    parent_id: str | None
    name: str
    kind: str
    size: int
    blob: str | None
    quick_xor: str | None
    version: int
    content_version: int
    created: str
    modified: str
    deleted: bool
    own_sequence: int
    sequence: int
    facet: str  # JSON: what a package or remote item carries in its facet


ITEM_COLUMNS = ", ".join(Item.__slots__)
DRIVE_COLUMNS = ", ".join(Drive.__slots__)


def item_from(row: sqlite3.Row) -> Item:
    return Item(**{**dict(row), "deleted": bool(row["deleted"])})


def open_database(path: Path) -> sqlite3.Connection:
    """The connection commits by `with connection:`; it is made in one thread and used in the server's."""
    connection = sqlite3.connect(path, check_same_thread=False, isolation_level="IMMEDIATE")
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode = WAL")
    # NORMAL survives a killed process; only a power cut may lose the last commits.
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.executescript(_SCHEMA)
    return connection


def now() -> str:
    """As Graph writes times: UTC, whole seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
