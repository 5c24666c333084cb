"""The API's own description, for programs and for people."""

from typing import Any

from shared.web import docs_page, openapi
from shared.web.routes import Call, Policy, Reply, Routes

routes = Routes("health")

_SHORT = {"openapi": "3.1.0", "info": {"title": "Nexus", "version": "0.1.0"}, "paths": {}}


@routes.add("GET", "openapi.json", Policy.PUBLIC, reply=dict[str, Any], limit=None, errors={}, example=_SHORT)
async def openapi_json(call: Call) -> Reply:
    """This description"""
    return docs_page.packed(openapi.document(), "application/json", call.headers)


@routes.add("GET", "docs", Policy.PUBLIC, also_as="text/html", limit=None, errors={})
async def docs(call: Call) -> Reply:
    """This description as a page

    Everything on it comes from this host. It has a Content-Security-Policy of its own.
    """
    return docs_page.page()


@routes.add("GET", "docs/start.js", Policy.PUBLIC, also_as="text/javascript", limit=None, errors={})
async def docs_start(call: Call) -> Reply:
    """The page's own script"""
    return docs_page.start_script()


@routes.add("GET", "docs/swagger-ui-bundle.js", Policy.PUBLIC, also_as="text/javascript", errors={})
async def docs_script(call: Call) -> Reply:
    """What renders the page: Swagger UI"""
    return docs_page.asset("swagger-ui-bundle.js", "text/javascript", call.headers)


@routes.add("GET", "docs/swagger-ui.css", Policy.PUBLIC, also_as="text/css", errors={})
async def docs_style(call: Call) -> Reply:
    """The style sheet of Swagger UI"""
    return docs_page.asset("swagger-ui.css", "text/css", call.headers)
