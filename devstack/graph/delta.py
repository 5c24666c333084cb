"""`root/delta`: pages, tokens, and what a script makes of them."""

from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from devstack.graph.answers import GraphError, invalid, selected
from devstack.graph.records import Drive, Item
from devstack.graph.seal import Seal
from devstack.graph.shapes import Shapes
from devstack.graph.tree import Tree

DEFAULT_PAGE = 200
LARGEST_PAGE = 1000
RESYNC_KINDS = ("resyncChangesApplyDifferences", "resyncChangesUploadDifferences", "resyncRequired")


@dataclass(slots=True)
class DeltaScript:
    """`resync` and `empty_page` happen once; the others hold until set back."""

    resync: str | None = None
    empty_page: bool = False
    page_size: int | None = None
    duplicate_items: bool = False


@dataclass(frozen=True, slots=True)
class DeltaQuery:
    """`url` is the address of `root/delta` on the host that was asked."""

    url: str
    token: str | None
    top: int | None
    select: str | None
    exclude_parents: bool


@dataclass(frozen=True, slots=True)
class _Cursor:
    """`after`: the last sequence number given out. `since`: where the enumeration began (deletions before it
    are not told)."""

    drive_id: str
    after: int
    since: int


@dataclass(frozen=True, slots=True)
class Delta:
    tree: Tree
    shapes: Shapes
    seal: Seal
    script: DeltaScript = field(default_factory=DeltaScript)

    def page(self, drive: Drive, query: DeltaQuery) -> dict[str, Any]:
        """Raises `GraphError`: 410 when scripted, 400 for a token that this drive did not give."""
        fresh = _Cursor(drive.id, after=0, since=drive.sequence)
        if query.token and self.script.resync:
            kind, self.script.resync = self.script.resync, None
            message = "Resync required: the token is too old or the server's state has changed."
            raise GraphError(410, kind, message, {"Location": self._link(query, fresh)})
        if query.token == "latest":
            return self._body([], {"@odata.deltaLink": self._link(query, replace(fresh, after=drive.sequence))})
        cursor = self._cursor(drive, query.token) if query.token else fresh
        if self.script.empty_page:
            self.script.empty_page = False
            return self._body([], {"@odata.nextLink": self._link(query, cursor)})
        size = self.script.page_size or min(query.top or DEFAULT_PAGE, LARGEST_PAGE)
        found = self.tree.changes(drive, cursor.after, cursor.since, 2 * size, own_only=query.exclude_parents)
        items, more = found[:size], found[size:]
        values = self._values(drive, items, more)
        reached = items[-1] if items else None
        after = cursor.after if reached is None else _sequence(reached, own_only=query.exclude_parents)
        if more:
            link = {"@odata.nextLink": self._link(query, replace(cursor, after=after))}
        else:
            link = {"@odata.deltaLink": self._link(query, _Cursor(drive.id, drive.sequence, drive.sequence))}
        return self._body([selected(value, query.select) for value in values], link)

    def _values(self, drive: Drive, items: list[Item], next_items: list[Item]) -> list[dict[str, Any]]:
        values = [self.shapes.delta_item(drive, item) for item in items]
        if self.script.duplicate_items:
            # The same item twice, the outdated one first: once within a page, and once across two pages.
            values = [*self._outdated(drive, items), *values, *self._outdated(drive, next_items)]
        return values

    def _outdated(self, drive: Drive, items: list[Item]) -> list[dict[str, Any]]:
        """An earlier state of the first file among `items`, if there is one."""
        file = next((item for item in items if item.kind == "file" and not item.deleted), None)
        if file is None:
            return []
        earlier = {"name": f"earlier {file.name}", "size": 1, "eTag": '"{EARLIER},0"', "file": {"hashes": {}}}
        return [self.shapes.delta_item(drive, file) | earlier]

    def _cursor(self, drive: Drive, token: str) -> _Cursor:
        content = self.seal.open("delta", token)
        if content is None or content.get("drive_id") != drive.id:
            raise invalid("The provided token is malformed or not valid for this drive.")
        return _Cursor(**content)

    def _link(self, query: DeltaQuery, cursor: _Cursor) -> str:
        token = self.seal.close("delta", {"drive_id": cursor.drive_id, "after": cursor.after, "since": cursor.since})
        options = [f"token={token}"]
        if query.select:
            options.append(f"$select={quote(query.select, safe=',.@')}")
        if query.top:
            options.append(f"$top={query.top}")
        return f"{query.url}?{'&'.join(options)}"

    def _body(self, values: list[dict[str, Any]], link: dict[str, str]) -> dict[str, Any]:
        return {"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#Collection(driveItem)", **link} | {
            "value": values
        }


def _sequence(item: Item, *, own_only: bool) -> int:
    return item.own_sequence if own_only else item.sequence
