"""The control API of the Graph stand-in, typed: to act as a SharePoint user from the CLI and from tests."""

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

# Left by editors and operating systems, never uploaded by a person.
_NOT_UPLOADED = ("~$", ".")


@dataclass(frozen=True, slots=True)
class Library:
    """`library_url` is what an administrator pastes into Nexus."""

    name: str
    drive_id: str
    root_id: str
    site_id: str
    site_url: str
    library_url: str


@dataclass(frozen=True, slots=True)
class LibraryItem:
    """`kind`: file, folder, package or remote. `size` in bytes; `version` counts every change, `content_version`
    those of the bytes."""

    path: str
    id: str
    kind: str
    size: int
    quick_xor_hash: str | None
    version: int
    content_version: int
    modified: str
    web_url: str


class ControlFailed(Exception):
    """The stand-in refused; `status` is the HTTP status and the words are the stand-in's."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(f"{words} ({status})")
        self.status = status


class GraphControl:
    """`async with GraphControl("http://127.0.0.1:17010") as graph: …`. Every method may raise `ControlFailed`,
    or `httpx.TransportError` where nothing answers."""

    def __init__(self, url: str, *, timeout_s: float = 60) -> None:
        self._http = httpx.AsyncClient(base_url=url.rstrip("/"), timeout=timeout_s, trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._http.aclose()

    # Libraries

    async def create_library(self, name: str, site: str | None = None) -> Library:
        """The one of that name when it exists already. `site`: "hub" (default), "teams/x", "/" for the root."""
        body = {"name": name} if site is None else {"name": name, "site": site}
        return _library(await self._call("POST", "/_control/libraries", json=body))

    async def libraries(self) -> list[Library]:
        return [_library(each) for each in await self._call("GET", "/_control/libraries")]

    async def library(self, name: str) -> Library:
        return _library(await self._call("GET", _at(name)))

    async def items(self, library: str) -> list[LibraryItem]:
        """Everything but the root, folders before what is in them."""
        return [LibraryItem(**each) for each in (await self._call("GET", _at(library)))["items"]]

    # A SharePoint user

    async def put_file(self, library: str, path: str, content: bytes | Path) -> LibraryItem:
        """Makes the folders above; a file that is there gets a new version, also with the same bytes."""
        data = content if isinstance(content, bytes) else content.read_bytes()
        return LibraryItem(**await self._call("PUT", f"{_at(library)}/files/{_quoted(path)}", content=data))

    async def put_folder(self, library: str, folder: Path, below: str = "") -> list[LibraryItem]:
        """Every file under the local `folder`, in name order, with its relative path, into `below`."""
        if not folder.is_dir():
            raise NotADirectoryError(folder)
        put: list[LibraryItem] = []
        for file in sorted(folder.rglob("*")):
            relative = file.relative_to(folder)
            if file.is_file() and not any(part.startswith(_NOT_UPLOADED) for part in relative.parts):
                path = "/".join(part for part in (below.strip("/"), relative.as_posix()) if part)
                put.append(await self.put_file(library, path, file))
        return put

    async def fill(self, library: str, *, files: int, seed: int) -> int:
        """Makes up a whole library, which must be empty (about 1,000 files a second); the number of its folders."""
        body = {"files": files, "seed": seed}
        return (await self._call("POST", f"{_at(library)}/fill", json=body, timeout=None))["folders"]

    async def mkdir(self, library: str, path: str) -> LibraryItem:
        return LibraryItem(**await self._call("POST", f"{_at(library)}/mkdir", json={"path": path}))

    async def move(self, library: str, source: str, target: str) -> LibraryItem:
        """Renames, moves, or both: `target` is the whole new path."""
        body = {"from": source, "to": target}
        return LibraryItem(**await self._call("POST", f"{_at(library)}/mv", json=body))

    async def remove(self, library: str, path: str) -> list[str]:
        """A file, or a folder with all in it; the ids that went."""
        return (await self._call("DELETE", f"{_at(library)}/files/{_quoted(path)}"))["deleted"]

    async def add_notebook(self, library: str, path: str) -> LibraryItem:
        return LibraryItem(**await self._call("POST", f"{_at(library)}/package", json={"path": path}))

    async def add_shortcut(self, library: str, path: str, drive_id: str, item_id: str) -> LibraryItem:
        body = {"path": path, "drive_id": drive_id, "item_id": item_id}
        return LibraryItem(**await self._call("POST", f"{_at(library)}/shortcut", json=body))

    async def set_permissions(self, library: str, path: str, permissions: list[dict[str, Any]]) -> LibraryItem:
        """In Graph's own form; what `GET …/permissions` will give."""
        body = {"path": path, "permissions": permissions}
        return LibraryItem(**await self._call("PUT", f"{_at(library)}/permissions", json=body))

    async def put_user(self, user_id: str, *, name: str, mail: str, groups: dict[str, str]) -> None:
        """`groups`: display name by id; what `transitiveMemberOf` will give."""
        listed = [{"id": identity, "displayName": group} for identity, group in groups.items()]
        body = {"displayName": name, "mail": mail, "groups": listed}
        await self._call("PUT", f"/_control/users/{quote(user_id, safe='')}", json=body)

    # Faults

    async def script(self, **steps: Any) -> None:
        """See `devstack.graph.script`: `await graph.script(page_size=2, resync="resyncChangesApplyDifferences")`."""
        await self._call("POST", "/_control/script", json=steps)

    async def add_faults(self, *rules: dict[str, Any]) -> None:
        """See `devstack.faults`."""
        await self._call("POST", "/_control/faults", json=list(rules))

    async def clear_faults(self) -> None:
        await self._call("DELETE", "/_control/faults")

    async def requests(self) -> list[dict[str, Any]]:
        """What was asked of Graph and of the download host, oldest first."""
        return (await self._call("GET", "/_control/requests"))["requests"]

    async def forget_requests(self) -> None:
        await self._call("DELETE", "/_control/requests")

    async def _call(self, method: str, path: str, **body: Any) -> Any:
        response = await self._http.request(method, path, **body)
        if response.is_error:
            try:
                words = response.json()["error"]
            except (ValueError, KeyError, TypeError):
                words = response.text
            raise ControlFailed(response.status_code, str(words))
        return response.json()


def _at(library: str) -> str:
    return f"/_control/libraries/{quote(library, safe='')}"


def _quoted(path: str) -> str:
    return quote(path.strip("/"))


def _library(body: dict[str, Any]) -> Library:
    return Library(**{name: body[name] for name in Library.__slots__})
