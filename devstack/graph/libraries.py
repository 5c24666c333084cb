"""Sites and their document libraries (a library is a drive)."""

import base64
import secrets
import sqlite3
import uuid

from devstack.graph.names import checked_name
from devstack.graph.records import DRIVE_COLUMNS, Drive, NameTaken, NotThere, Refused, Site, now

DEFAULT_SITE = "hub"


class Libraries:
    def __init__(self, database: sqlite3.Connection, sharepoint_host: str) -> None:
        self._database = database
        self.host = sharepoint_host

    def create(self, name: str, site: str | None = None) -> tuple[Drive, bool]:
        """The library, and whether it is new: asking again for one that exists gives that one.

        `NameTaken` when another site has a library of that name (the control API addresses them by name).
        """
        checked_name(name)
        path = site_path(site or DEFAULT_SITE)
        existing = self._named(name)
        if existing is not None:
            if self.site(existing.site_id).path.lower() != path.lower():
                raise NameTaken(f"another site has a library {name!r}")
            return existing, False
        drive_id = "b!" + base64.urlsafe_b64encode(secrets.token_bytes(48)).decode()
        root_guid = uuid.uuid4()
        drive = Drive(
            id=drive_id,
            site_id=self._site_at(path).id,
            name=name,
            # SharePoint's default library is called one thing and addressed as another.
            segment="Shared Documents" if name.lower() == "documents" else name,
            root_id=item_id(drive_id, root_guid),
            sequence=1,
            created=now(),
        )
        with self._database:
            self._database.execute(
                "INSERT INTO drives (id, site_id, name, segment, root_id, sequence, created)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (drive.id, drive.site_id, drive.name, drive.segment, drive.root_id, 1, drive.created),
            )
            self._database.execute(
                "INSERT INTO items (drive_id, id, guid, name, kind, created, modified, own_sequence, sequence)"
                " VALUES (?, ?, ?, 'root', 'root', ?, ?, 1, 1)",
                (drive.id, drive.root_id, str(root_guid), drive.created, drive.created),
            )
        return drive, True

    def _named(self, name: str) -> Drive | None:
        row = self._database.execute(
            f"SELECT {DRIVE_COLUMNS} FROM drives WHERE name = ? OR segment = ? COLLATE NOCASE",  # noqa: S608
            (name, name),
        ).fetchone()
        return None if row is None else Drive(**dict(row))

    def named(self, name: str) -> Drive:
        drive = self._named(name)
        if drive is None:
            raise NotThere(f"no library {name!r}")
        return drive

    def drive(self, drive_id: str) -> Drive:
        row = self._database.execute(
            f"SELECT {DRIVE_COLUMNS} FROM drives WHERE id = ?",  # noqa: S608
            (drive_id,),
        ).fetchone()
        if row is None:
            raise NotThere("The resource could not be found.")
        return Drive(**dict(row))

    def all(self, site_id: str | None = None) -> list[Drive]:
        rows = self._database.execute(
            f"SELECT {DRIVE_COLUMNS} FROM drives WHERE ? IS NULL OR site_id = ? ORDER BY created, name",  # noqa: S608
            (site_id, site_id),
        )
        return [Drive(**dict(row)) for row in rows]

    def _site_at(self, path: str) -> Site:
        """Made where it is missing, and with it the sites that it is a subsite of."""
        try:
            return self.site_by_path(path)
        except NotThere:
            site = Site(f"{self.host},{uuid.uuid4()},{uuid.uuid4()}", path, path.rpartition("/")[2] or "Home")
        if path.count("/") > 2:
            self._site_at(path.rpartition("/")[0])
        with self._database:
            self._database.execute(
                "INSERT INTO sites (id, path, title) VALUES (?, ?, ?)", (site.id, site.path, site.title)
            )
        return site

    def site_by_path(self, path: str) -> Site:
        row = self._database.execute("SELECT id, path, title FROM sites WHERE path = ?", (path,)).fetchone()
        if row is None:
            raise NotThere("Requested site could not be found")
        return Site(**dict(row))

    def site(self, site_id: str) -> Site:
        """By its whole id, or by the two GUIDs or the first one alone, as Graph takes them."""
        rows = self._database.execute("SELECT id, path, title FROM sites").fetchall()
        for row in rows:
            host, collection, web = row["id"].split(",")
            if site_id.lower() in (row["id"].lower(), collection, f"{collection},{web}", f"{host},{collection}"):
                return Site(**dict(row))
        raise NotThere("Requested site could not be found")

    def sites(self) -> list[Site]:
        rows = self._database.execute("SELECT id, path, title FROM sites ORDER BY path")
        return [Site(**dict(row)) for row in rows]


def site_path(site: str) -> str:
    """ "hub", "/sites/hub" and "sites/hub" are one site; "/" is the tenant's root site."""
    parts = [part for part in site.split("/") if part]
    for part in parts:
        checked_name(part)
    if not parts:
        return ""
    if len(parts) == 1:
        return f"/sites/{parts[0]}"
    if parts[0] not in ("sites", "teams"):
        raise Refused("a site is a name, or a path that begins with sites/ or teams/")
    return "/" + "/".join(parts)


def item_id(drive_id: str, guid: uuid.UUID) -> str:
    """In SharePoint's shape: 01, six characters of the drive, the item's GUID in base 32."""
    prefix = "".join(letter for letter in drive_id[2:].upper() if letter.isalnum())[:6]
    return f"01{prefix:A<6}{base64.b32encode(guid.bytes_le).decode()[:26]}"
