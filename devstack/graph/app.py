"""Puts the stand-in together over one folder of state."""

import sqlite3
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from devstack.faults import FaultControl
from devstack.graph.answers import GraphError, json_reply
from devstack.graph.api import Api
from devstack.graph.batch import run_batch
from devstack.graph.blobs import Blobs
from devstack.graph.control import Control
from devstack.graph.delta import Delta
from devstack.graph.downloads import Downloads
from devstack.graph.libraries import Libraries
from devstack.graph.people import People
from devstack.graph.records import open_database
from devstack.graph.script import GraphScript
from devstack.graph.seal import Seal
from devstack.graph.shapes import Shapes
from devstack.graph.sign_in import SignIn
from devstack.graph.tree import Tree

App = Callable[[MutableMapping[str, Any], Any, Any], Awaitable[None]]
# Under `/_control/` these are ours; the rest (faults, requests, script, health) is FaultControl's.
_OWN_CONTROL = ("/_control/libraries", "/_control/users")


@dataclass(frozen=True, slots=True)
class GraphStandIn:
    """`app` is the ASGI application, faults and control included. Close it when the server has stopped."""

    app: App
    api: Api
    control: Control
    database: sqlite3.Connection

    def close(self) -> None:
        self.database.close()


def create_app(
    home: Path,
    *,
    entra_issuer: str | None = None,
    token_required: bool = False,
    sharepoint_host: str = "contoso.sharepoint.com",
    download_host: str = "localhost",
) -> GraphStandIn:
    """State is kept under `home` and is there again after a restart.

    Graph answers on 127.0.0.1; files come from `download_host`, another name of the same server.
    """
    home.mkdir(parents=True, exist_ok=True)
    database = open_database(home / "graph.sqlite3")
    blobs, seal = Blobs(home / "blobs"), Seal(home / "seal.key")
    libraries, tree = Libraries(database, sharepoint_host.lower()), Tree(database)
    shapes = Shapes(libraries, tree)
    api = Api(
        libraries=libraries,
        tree=tree,
        shapes=shapes,
        delta=Delta(tree, shapes, seal),
        downloads=Downloads(libraries, tree, blobs, seal, download_host),
        people=People(database),
        sign_in=SignIn(entra_issuer, token_required=token_required),
        seal=seal,
    )
    control = Control(api, blobs, database)

    async def download(request: Request) -> Response:
        return api.downloads.serve(request)

    async def batch(request: Request) -> Response:
        await api.sign_in.claims(request)
        return json_reply(await run_batch(request, graph))

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, GraphError)
        return error.response()

    graph = Starlette(
        routes=[
            Route("/v1.0/$batch", batch, methods=["POST"]),
            Route("/v1.0/{path:path}", api.answer, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
            Route("/{site:path}/_layouts/15/download.aspx", download, methods=["GET"]),
            Route("/_layouts/15/download.aspx", download, methods=["GET"]),
        ],
        exception_handlers={GraphError: refused},
    )
    bent = FaultControl(graph, script=GraphScript(api))
    own = Starlette(routes=control.routes())

    async def app(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        mine = scope["type"] == "http" and scope["path"].startswith(_OWN_CONTROL)
        await (own if mine else bent)(scope, receive, send)

    return GraphStandIn(app, api, control, database)
