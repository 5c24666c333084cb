"""What only a test or the stack may do: act as a SharePoint user, or as the directory's administrator.

GET  /_control/libraries                          [{name, drive_id, site_id, site_url, library_url, root_id}]
POST /_control/libraries                          {name, site?} → the same, 201 when it is new
GET  /_control/libraries/{name}                   the same and `items`: path, id, kind, size, version, …
PUT  /_control/libraries/{name}/files/{path}      the body is the file; folders above are made
DELETE …/files/{path}                             a file or folder
POST /_control/libraries/{name}/mkdir             {path}
POST /_control/libraries/{name}/mv                {from, to}
POST /_control/libraries/{name}/fill              {files, seed}: an empty library, made up at once → {folders}
POST /_control/libraries/{name}/package           {path}: a OneNote notebook
POST /_control/libraries/{name}/shortcut          {path, drive_id, item_id}: to an item of another drive
PUT  /_control/libraries/{name}/permissions       {path, permissions: […]}
PUT  /_control/users/{id}                         {displayName, mail, groups: [{id, displayName}]}
"""

import json
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from devstack.graph.api import Api
from devstack.graph.blobs import Blobs
from devstack.graph.generated import fill
from devstack.graph.names import split_path
from devstack.graph.records import Drive, Item, NameTaken, NotThere, Refused

LOOPBACK_HOSTS = ("127.0.0.1", "::1")
_REMOTE_FACET = ("id", "name", "size", "webUrl", "parentReference", "folder", "file")
Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Control:
    api: Api
    blobs: Blobs
    database: sqlite3.Connection

    def routes(self) -> list[Route]:
        one = "/_control/libraries/{name}"
        table: list[tuple[str, str, Handler]] = [
            ("GET", "/_control/libraries", self._list),
            ("POST", "/_control/libraries", self._create),
            ("GET", one, self._show),
            ("PUT", f"{one}/files/{{path:path}}", self._put_file),
            ("DELETE", f"{one}/files/{{path:path}}", self._delete),
            ("POST", f"{one}/mkdir", self._mkdir),
            ("POST", f"{one}/mv", self._move),
            ("POST", f"{one}/fill", self._fill),
            ("POST", f"{one}/package", self._package),
            ("POST", f"{one}/shortcut", self._shortcut),
            ("PUT", f"{one}/permissions", self._permissions),
            ("PUT", "/_control/users/{id}", self._user),
        ]
        return [Route(path, _guarded(handler), methods=[method]) for method, path, handler in table]

    # Libraries

    def _described(self, drive: Drive) -> dict[str, Any]:
        site = self.api.libraries.site(drive.site_id)
        return {
            "name": drive.name,
            "drive_id": drive.id,
            "root_id": drive.root_id,
            "site_id": site.id,
            "site_url": self.api.shapes.site(site)["webUrl"],
            "library_url": self.api.shapes.library_url(drive),
        }

    def _entry(self, path: str, item: Item) -> dict[str, Any]:
        drive = self.api.libraries.drive(item.drive_id)
        return {
            "path": path,
            "id": item.id,
            "kind": item.kind,
            "size": item.size,
            "quick_xor_hash": item.quick_xor,
            "version": item.version,
            "content_version": item.content_version,
            "modified": item.modified,
            "web_url": self.api.shapes.web_url(drive, item),
        }

    def _changed(self, drive: Drive, item: Item, status: int = 200) -> Response:
        return JSONResponse(self._entry(self.api.tree.path_of(drive, item), item), status)

    async def _list(self, request: Request) -> Response:
        return JSONResponse([self._described(drive) for drive in self.api.libraries.all()])

    async def _create(self, request: Request) -> Response:
        body = await _body(request, "name")
        drive, new = self.api.libraries.create(body["name"], body.get("site"))
        return JSONResponse(self._described(drive), 201 if new else 200)

    async def _show(self, request: Request) -> Response:
        drive = self._drive(request)
        entries = [self._entry(path, item) for path, item in self.api.tree.walk(drive)]
        return JSONResponse(self._described(drive) | {"items": entries})

    # A SharePoint user

    def _drive(self, request: Request) -> Drive:
        return self.api.libraries.named(request.path_params["name"])

    async def _put_file(self, request: Request) -> Response:
        drive, path = self._drive(request), request.path_params["path"]
        split_path(path)
        content = await self.blobs.keep(request.stream())
        item, new = self.api.tree.put_file(drive, path, content)
        return self._changed(drive, item, 201 if new else 200)

    async def _delete(self, request: Request) -> Response:
        gone = self.api.tree.delete(self._drive(request), request.path_params["path"])
        return JSONResponse({"deleted": [item.id for item in gone]})

    async def _mkdir(self, request: Request) -> Response:
        drive, body = self._drive(request), await _body(request, "path")
        return self._changed(drive, self.api.tree.mkdir(drive, body["path"]), 201)

    async def _move(self, request: Request) -> Response:
        drive, body = self._drive(request), await _body(request, "from", "to")
        return self._changed(drive, self.api.tree.move(drive, body["from"], body["to"]))

    async def _fill(self, request: Request) -> Response:
        drive, body = self._drive(request), json.loads(await request.body())
        if self.api.tree.children(drive, drive.root_id):
            raise Refused("the library has something in it already")
        folders = fill(self.database, self.blobs, drive, files=int(body["files"]), seed=int(body["seed"]))
        return JSONResponse({"folders": folders}, 201)

    async def _package(self, request: Request) -> Response:
        drive, body = self._drive(request), await _body(request, "path")
        item = self.api.tree.add_special(drive, body["path"], "package", {"type": "oneNote"})
        return self._changed(drive, item, 201)

    async def _shortcut(self, request: Request) -> Response:
        drive, body = self._drive(request), await _body(request, "path", "drive_id", "item_id")
        other = self.api.libraries.drive(body["drive_id"])
        target = self.api.tree.get(other, body["item_id"])
        facet = self.api.shapes.item(other, target)
        kept = {key: facet[key] for key in _REMOTE_FACET if key in facet}
        return self._changed(drive, self.api.tree.add_special(drive, body["path"], "remote", kept), 201)

    async def _permissions(self, request: Request) -> Response:
        drive, body = self._drive(request), await _body(request, "path")
        item = self.api.tree.at(drive, body["path"])
        self.api.people.put_permissions(drive, item, body["permissions"])
        return self._changed(drive, item)

    async def _user(self, request: Request) -> Response:
        return JSONResponse(self.api.people.put(request.path_params["id"], await _body(request)))


async def _body(request: Request, *needed: str) -> dict[str, Any]:
    body = json.loads(await request.body() or b"{}")
    if not isinstance(body, dict) or not all(isinstance(body.get(key), str) for key in needed):
        raise ValueError(f"the body is an object with {', '.join(needed)}")
    return body


def _guarded(handler: Handler) -> Handler:
    async def guarded(request: Request) -> Response:
        if request.client is None or request.client.host not in LOOPBACK_HOSTS:
            return JSONResponse({"error": "control is for loopback only"}, 403)
        try:
            return await handler(request)
        except NotThere as error:
            return JSONResponse({"error": str(error)}, 404)
        except NameTaken as error:
            return JSONResponse({"error": str(error)}, 409)
        except (Refused, ValueError) as error:
            return JSONResponse({"error": str(error)}, 400)

    return guarded
