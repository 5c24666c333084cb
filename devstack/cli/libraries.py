"""`library add` and `sharepoint …`: documents as an administrator and a SharePoint user would bring them."""

from pathlib import Path
from typing import Any

import httpx

from devstack.cli.api import ApiFailed, NexusApi
from devstack.cli.output import print_json, say
from devstack.cli.scopes import Scopes
from devstack.cli.stack_address import StackAddress
from devstack.graph.client import ControlFailed, GraphControl, Library, LibraryItem
from devstack.stack.failures import StackError, UsageError
from devstack.stack.progress import Step


async def add_library(
    stack: StackAddress, name: str, folder: Path, department: str | None, country: str | None
) -> None:
    """Puts the folder into the Graph stand-in, registers it in Nexus and prints its id."""
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder.")
    async with await stack.sign_in() as admin:
        scopes = Scopes(admin)
        # First what can be refused, so that a mistake leaves nothing half done.
        scope = (await scopes.department(department), await scopes.country(country))
        library, files = await upload(stack.graph, name, folder)
        registered = await register(admin, library, *scope)
    say(f"{name} is registered with {files} files. `python -m devstack sync {name!r}` reads them.")
    print_json({"id": registered["id"], "name": name, "library_url": library.library_url, "files": files})


async def upload(graph: str, name: str, folder: Path) -> tuple[Library, int]:
    """The library, made if there is none, and the number of files put into it."""
    try:
        with Step(f"Uploading {name}") as step:
            async with GraphControl(graph) as control:
                library = await control.create_library(name)
                items = await control.put_folder(name, folder)
                step.done(f"{len(items)} files")
    except (ControlFailed, httpx.TransportError) as error:
        raise _graph_failed(error) from error
    return library, len(items)


async def register(
    admin: NexusApi, library: Library, department_id: str | None, country_id: str | None
) -> dict[str, Any]:
    """In Nexus, with its scope. One that is registered already gets the scope given now."""
    scope = {"department_id": department_id, "country_id": country_id}
    try:
        return await admin.post("/admin/libraries", {"library_url": library.library_url, **scope})
    except ApiFailed as error:
        if error.status != 409:
            raise
    for known in await admin.all_of("/admin/libraries"):
        if known["library_url"] == library.library_url:
            if {name: known.get(name) for name in scope} != scope:
                return await admin.patch(f"/admin/libraries/{known['id']}", scope)
            return known
    raise StackError(f"Nexus says that {library.library_url} is registered already, and does not list it.")


async def put(stack: StackAddress, library: str, path: str, file: Path) -> None:
    """A file, or a folder with all in it."""
    if not file.exists():
        raise UsageError(f"{file} does not exist.")
    async with GraphControl(stack.graph) as graph:
        try:
            if file.is_dir():
                items = await graph.put_folder(library, file, path)
                print_json({"items": [_shown(item) for item in items]})
            else:
                print_json(_shown(await graph.put_file(library, path, file)))
        except (ControlFailed, httpx.TransportError) as error:
            raise _graph_failed(error) from error


async def remove(stack: StackAddress, library: str, path: str) -> None:
    async with GraphControl(stack.graph) as graph:
        try:
            print_json({"deleted": await graph.remove(library, path)})
        except (ControlFailed, httpx.TransportError) as error:
            raise _graph_failed(error) from error


async def move(stack: StackAddress, library: str, path: str, new_path: str) -> None:
    async with GraphControl(stack.graph) as graph:
        try:
            print_json(_shown(await graph.move(library, path, new_path)))
        except (ControlFailed, httpx.TransportError) as error:
            raise _graph_failed(error) from error


async def make_folder(stack: StackAddress, library: str, path: str) -> None:
    async with GraphControl(stack.graph) as graph:
        try:
            print_json(_shown(await graph.mkdir(library, path)))
        except (ControlFailed, httpx.TransportError) as error:
            raise _graph_failed(error) from error


def _shown(item: LibraryItem) -> dict[str, Any]:
    return {"id": item.id, "path": item.path, "kind": item.kind, "size": item.size, "web_url": item.web_url}


def _graph_failed(error: Exception) -> StackError:
    if isinstance(error, ControlFailed):
        return StackError(f"The Graph stand-in refused: {error}.")
    return StackError(f"The Graph stand-in does not answer ({error}). `make status` shows what runs.")
