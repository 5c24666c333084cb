"""The files and folders of a library, changed as a SharePoint user changes them.

Every change takes the drive's next sequence number for the item and for the folders above it, since SharePoint
reports those as changed too. A folder's rename, move or deletion leaves what is below it untouched.
"""

import json
import sqlite3
import uuid
from typing import Any

from devstack.graph.blobs import Content
from devstack.graph.libraries import item_id
from devstack.graph.names import checked_name, split_path
from devstack.graph.records import ITEM_COLUMNS, Drive, Item, NameTaken, NotThere, Refused, item_from, now


class Tree:
    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        # Some deletions in SharePoint also list what was below the folder, some do not. Off is the harder one.
        self.deleted_descendants = False

    # Reading

    def get(self, drive: Drive, identity: str) -> Item:
        """A live item by id; "root" is the root."""
        wanted = drive.root_id if identity == "root" else identity
        row = self._one(drive, "id = ? AND deleted = 0", wanted)
        if row is None:
            raise NotThere("The resource could not be found.")
        return row

    def at(self, drive: Drive, path: str) -> Item:
        item = self.get(drive, "root")
        for part in split_path(path):
            child = self._child(drive, item.id, part)
            if child is None:
                raise NotThere(f"The resource could not be found: {path}")
            item = child
        return item

    def children(self, drive: Drive, folder_id: str) -> list[Item]:
        return self._many(drive, "parent_id = ? AND deleted = 0 ORDER BY name", folder_id)

    def walk(self, drive: Drive) -> list[tuple[str, Item]]:
        """Every live item but the root, with its path, parents first."""
        found: list[tuple[str, Item]] = []
        waiting = [("", drive.root_id)]
        while waiting:
            above, folder_id = waiting.pop()
            for child in self.children(drive, folder_id):
                path = f"{above}/{child.name}" if above else child.name
                found.append((path, child))
                if child.kind == "folder":
                    waiting.append((path, child.id))
        return found

    def path_of(self, drive: Drive, item: Item) -> str:
        """ "a/b.md"; "" for the root."""
        parts: list[str] = []
        while item.parent_id is not None:
            parts.append(item.name)
            above = self._one(drive, "id = ?", item.parent_id)
            if above is None:
                raise NotThere("The resource could not be found.")
            item = above
        return "/".join(reversed(parts))

    def child_count(self, item: Item) -> int:
        row = self._database.execute(
            "SELECT count(*) FROM items WHERE drive_id = ? AND parent_id = ? AND deleted = 0",
            (item.drive_id, item.id),
        ).fetchone()
        return int(row[0])

    def changes(self, drive: Drive, after: int, since: int, limit: int, *, own_only: bool) -> list[Item]:
        """What changed after sequence number `after`, oldest first; deleted items only if they went after `since`
        (a full enumeration names no item that was gone before it began)."""
        column = "own_sequence" if own_only else "sequence"
        return self._many(
            drive, f"{column} > ? AND (deleted = 0 OR {column} > ?) ORDER BY {column} LIMIT ?", after, since, limit
        )

    # Changing

    def put_file(self, drive: Drive, path: str, content: Content) -> tuple[Item, bool]:
        """A new file, or a new version of the one there (also when the bytes are the same); whether it is new."""
        *above, name = split_path(path) or [""]
        checked_name(name)
        with self._database:
            folder = self._folder(drive, above)
            there = self._child(drive, folder.id, name)
            if there is None:
                item = self._insert(drive, folder, name, "file", content=content)
                return item, True
            if there.kind != "file":
                raise NameTaken(f"{path} is a {there.kind}")
            self._touch_above(drive, there, content.size - there.size)
            self._update(
                drive,
                there.id,
                "blob = ?, size = ?, quick_xor = ?, content_version = content_version + 1",
                content.blob,
                content.size,
                content.quick_xor,
            )
        return self.get(drive, there.id), False

    def mkdir(self, drive: Drive, path: str) -> Item:
        """With the folders above it; the one that exists already is fine."""
        with self._database:
            return self._folder(drive, split_path(path))

    def add_special(self, drive: Drive, path: str, kind: str, facet: dict[str, Any]) -> Item:
        """A "package" (a OneNote notebook) or a "remote" item (a shortcut to another drive's item)."""
        *above, name = split_path(path) or [""]
        checked_name(name)
        with self._database:
            folder = self._folder(drive, above)
            if self._child(drive, folder.id, name) is not None:
                raise NameTaken(f"{path} exists")
            return self._insert(drive, folder, name, kind, facet=facet)

    def move(self, drive: Drive, source: str, target: str) -> Item:
        """Renames, moves, or both; folders above the target are made."""
        *above, name = split_path(target) or [""]
        checked_name(name)
        item = self.at(drive, source)
        if item.kind == "root":
            raise Refused("the root of a library stays where it is")
        with self._database:
            folder = self._folder(drive, above)
            if item.id in self._line_above(drive, folder):
                raise Refused("a folder cannot be moved into itself")
            there = self._child(drive, folder.id, name)
            if there is not None and there.id != item.id:
                raise NameTaken(f"{target} exists")
            self._touch_above(drive, item, -item.size)
            self._update(drive, item.id, "parent_id = ?, name = ?", folder.id, name)
            self._touch_above(drive, self.get(drive, item.id), item.size)
            # Once more, to stand in the feed after the folders that its new place touched.
            self._stamp(drive, item.id)
        return self.get(drive, item.id)

    def delete(self, drive: Drive, path: str) -> list[Item]:
        """The item and what is below it, gone; the feed names the item alone (see `deleted_descendants`)."""
        item = self.at(drive, path)
        if item.kind == "root":
            raise Refused("the root of a library cannot be deleted")
        gone = [item]
        for parent in gone:
            gone += self.children(drive, parent.id)
        with self._database:
            self._touch_above(drive, item, -item.size)
            for each in gone:
                self._database.execute(
                    "UPDATE items SET deleted = 1 WHERE drive_id = ? AND id = ?", (drive.id, each.id)
                )
                if each is item or self.deleted_descendants:
                    self._stamp(drive, each.id)
        return gone

    # Inside a transaction

    def _folder(self, drive: Drive, parts: list[str]) -> Item:
        folder = self.get(drive, "root")
        for part in parts:
            child = self._child(drive, folder.id, part)
            if child is not None and child.kind != "folder":
                raise NameTaken(f"{part} is a {child.kind}")
            folder = child or self._insert(drive, folder, part, "folder")
        return folder

    def _insert(
        self,
        drive: Drive,
        folder: Item,
        name: str,
        kind: str,
        *,
        content: Content | None = None,
        facet: dict[str, Any] | None = None,
    ) -> Item:
        guid, at = uuid.uuid4(), now()
        identity = item_id(drive.id, guid)
        self._database.execute(
            "INSERT INTO items (drive_id, id, guid, parent_id, name, kind, size, blob, quick_xor, created, modified,"
            " own_sequence, sequence, facet) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?)",
            (
                drive.id,
                identity,
                str(guid),
                folder.id,
                name,
                kind,
                content.size if content else 0,
                content.blob if content else None,
                content.quick_xor if content else None,
                at,
                at,
                json.dumps(facet or {}),
            ),
        )
        item = self.get(drive, identity)
        self._touch_above(drive, item, item.size)
        self._stamp(drive, identity)
        return self.get(drive, identity)

    def _update(self, drive: Drive, identity: str, assignments: str, *values: object) -> None:
        self._database.execute(
            f"UPDATE items SET {assignments}, version = version + 1, modified = ? WHERE drive_id = ? AND id = ?",  # noqa: S608
            (*values, now(), drive.id, identity),
        )
        self._stamp(drive, identity)

    def _stamp(self, drive: Drive, identity: str) -> None:
        number = self._next(drive)
        self._database.execute(
            "UPDATE items SET own_sequence = ?, sequence = ? WHERE drive_id = ? AND id = ?",
            (number, number, drive.id, identity),
        )

    def _touch_above(self, drive: Drive, item: Item, size_change: int) -> None:
        for identity in reversed(self._line_above(drive, item)[1:]):
            self._database.execute(
                "UPDATE items SET sequence = ?, size = size + ?, modified = ? WHERE drive_id = ? AND id = ?",
                (self._next(drive), size_change, now(), drive.id, identity),
            )

    def _line_above(self, drive: Drive, item: Item) -> list[str]:
        """The item's own id, its folder's, and so on up to the root's."""
        line = [item.id]
        while item.parent_id is not None:
            item = self.get(drive, item.parent_id)
            line.append(item.id)
        return line

    def _next(self, drive: Drive) -> int:
        row = self._database.execute(
            "UPDATE drives SET sequence = sequence + 1 WHERE id = ? RETURNING sequence", (drive.id,)
        ).fetchone()
        return int(row[0])

    def _child(self, drive: Drive, folder_id: str, name: str) -> Item | None:
        return self._one(drive, "parent_id = ? AND name = ? AND deleted = 0", folder_id, name)

    def _one(self, drive: Drive, where: str, *values: object) -> Item | None:
        rows = self._many(drive, where, *values)
        return rows[0] if rows else None

    def _many(self, drive: Drive, where: str, *values: object) -> list[Item]:
        rows = self._database.execute(
            f"SELECT {ITEM_COLUMNS} FROM items WHERE drive_id = ? AND {where}",  # noqa: S608
            (drive.id, *values),
        )
        return [item_from(row) for row in rows]
