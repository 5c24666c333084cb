"""Rows as Graph's JSON: sites, drives, driveItems."""

import json
import mimetypes
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from devstack.graph.libraries import Libraries
from devstack.graph.records import Drive, Item, Site
from devstack.graph.tree import Tree

_OFFICE = "application/vnd.openxmlformats-officedocument."
_MIME_TYPES = {
    "docx": _OFFICE + "wordprocessingml.document",
    "xlsx": _OFFICE + "spreadsheetml.sheet",
    "pptx": _OFFICE + "presentationml.presentation",
    "md": "text/markdown",
}
# SharePoint opens these in the browser: their webUrl is a viewer's address and does not contain the path.
_OPENED_BY_VIEWER = frozenset({"doc", "docx", "xls", "xlsx", "ppt", "pptx"})
_SOMEONE = {
    "user": {
        "email": "sharepoint.user@contoso.com",
        "id": "5b1d6c0e-93f4-4f0e-8d0b-2f6b6a1f7c11",
        "displayName": "SharePoint User",
    }
}


@dataclass(frozen=True, slots=True)
class Shapes:
    libraries: Libraries
    tree: Tree

    def site(self, site: Site) -> dict[str, Any]:
        return {
            "id": site.id,
            "name": site.path.rpartition("/")[2],
            "displayName": site.title,
            "webUrl": self._site_url(site),
            "siteCollection": {"hostname": self.libraries.host},
        }

    def _site_url(self, site: Site) -> str:
        return f"https://{self.libraries.host}{quote(site.path)}"

    def library_url(self, drive: Drive) -> str:
        return f"{self._site_url(self.libraries.site(drive.site_id))}/{quote(drive.segment)}"

    def drive(self, drive: Drive) -> dict[str, Any]:
        return {
            "id": drive.id,
            "name": drive.name,
            "description": "",
            "driveType": "documentLibrary",
            "webUrl": self.library_url(drive),
            "createdDateTime": drive.created,
            "createdBy": _SOMEONE,
            "owner": {"user": {"displayName": "System Account"}},
        }

    def item(self, drive: Drive, item: Item, download_url: str | None = None) -> dict[str, Any]:
        """As `GET /drives/{d}/items/{i}` gives it."""
        path = self.tree.path_of(drive, item)
        body = self._common(drive, item)
        if item.kind != "root":
            above = path.rpartition("/")[0]
            body["parentReference"]["path"] = f"/drives/{drive.id}/root:" + (f"/{quote(above)}" if above else "")
        if item.kind == "file":
            body["cTag"] = f'"c:{{{item.guid.upper()}}},{item.content_version}"'
            if download_url is not None:
                body["@microsoft.graph.downloadUrl"] = download_url
        return body

    def delta_item(self, drive: Drive, item: Item) -> dict[str, Any]:
        """As delta gives it: no cTag, no parentReference.path; deleted items without a name."""
        if not item.deleted:
            return {"@odata.type": "#microsoft.graph.driveItem", **self._common(drive, item)}
        return {
            "@odata.type": "#microsoft.graph.driveItem",
            "id": item.id,
            "size": 0,
            "deleted": {"state": "deleted"},
            "parentReference": self._parent(drive, item),
            **({"folder": {"childCount": 0}} if item.kind == "folder" else {"file": {}}),
        }

    def _common(self, drive: Drive, item: Item) -> dict[str, Any]:
        body: dict[str, Any] = {
            "createdBy": _SOMEONE,
            "createdDateTime": item.created,
            "eTag": f'"{{{item.guid.upper()}}},{item.version}"',
            "id": item.id,
            "lastModifiedBy": _SOMEONE,
            "lastModifiedDateTime": item.modified,
            "name": item.name,
            "parentReference": self._parent(drive, item),
            "webUrl": self.web_url(drive, item),
            "fileSystemInfo": {"createdDateTime": item.created, "lastModifiedDateTime": item.modified},
            "size": item.size,
        }
        facet = json.loads(item.facet)
        match item.kind:
            case "root":
                # The root belongs to no folder, and says so.
                body |= {"root": {}, "folder": {"childCount": self.tree.child_count(item)}}
                del body["eTag"]
            case "folder":
                body["folder"] = {"childCount": self.tree.child_count(item)}
            case "package":
                body["package"] = facet
            case "remote":
                body["remoteItem"] = facet
            case _:
                body["file"] = {"hashes": {"quickXorHash": item.quick_xor}, "mimeType": mime_type(item.name)}
                body["shared"] = {"scope": "users"}
        return body

    def _parent(self, drive: Drive, item: Item) -> dict[str, Any]:
        reference = {"driveType": "documentLibrary", "driveId": drive.id, "siteId": drive.site_id}
        if item.parent_id is not None:
            reference["id"] = item.parent_id
        return reference

    def web_url(self, drive: Drive, item: Item) -> str:
        extension = item.name.rpartition(".")[2].lower()
        if item.kind == "file" and extension in _OPENED_BY_VIEWER:
            site = self._site_url(self.libraries.site(drive.site_id))
            guid = quote(f"{{{item.guid.upper()}}}")
            return (
                f"{site}/_layouts/15/Doc.aspx?sourcedoc={guid}&file={quote(item.name)}"
                "&action=default&mobileredirect=true"
            )
        path = self.tree.path_of(drive, item)
        return self.library_url(drive) + (f"/{quote(path)}" if path else "")


def mime_type(name: str) -> str:
    extension = name.rpartition(".")[2].lower()
    return _MIME_TYPES.get(extension) or mimetypes.guess_type(name)[0] or "application/octet-stream"
