"""The page that renders /api/openapi.json: Swagger UI, all of it from this host.

The two assets are those of the package fastapi-swagger, which carries the distribution of Swagger UI as it is and needs
nothing that the app has not; only its files are used. Nothing on the page is inline, so its Content-Security-Policy
needs no `unsafe-`; the style sheet draws its arrows with `data:` images, which cannot run anything.
"""

import gzip
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from shared.web.routes import Reply

_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PACKAGE = "fastapi_swagger"

# Addresses are relative to /api/docs.
_PAGE = b"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Nexus API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="api"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""

# No validator badge (it would ask a foreign host) and no stored token; models folded, because there are many.
_START = b"""SwaggerUIBundle({
  url: new URL("openapi.json", location.href).href,
  dom_id: "#api",
  deepLinking: true,
  docExpansion: "none",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  filter: true,
  persistAuthorization: false,
  validatorUrl: null,
});
"""


def page() -> Reply:
    headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": _CONTENT_SECURITY_POLICY}
    return Reply(200, _PAGE, headers)


def start_script() -> Reply:
    return Reply(200, _START, {"Content-Type": "text/javascript; charset=utf-8"})


def asset(name: str, media_type: str, asked: Mapping[str, str]) -> Reply:
    """`swagger-ui.css` or `swagger-ui-bundle.js`."""
    return packed(_file(name), f"{media_type}; charset=utf-8", asked)


def packed(content: bytes, content_type: str, asked: Mapping[str, str]) -> Reply:
    """The content, packed for whoever takes that: the script's 1.7 MB are 0.5 MB then. It must live as long as the
    process: what it was packed to is kept with it."""
    headers = {"Content-Type": content_type}
    if "gzip" not in asked.get("accept-encoding", ""):
        return Reply(200, content, headers)
    return Reply(200, _gzip(content), headers | {"Content-Encoding": "gzip"})


@cache
def _gzip(content: bytes) -> bytes:
    return gzip.compress(content, 6, mtime=0)


@cache
def _file(name: str) -> bytes:
    """Found without importing the package, whose own code is for another framework's app."""
    spec = find_spec(_PACKAGE)
    assert spec is not None, "it is a pinned dependency"
    assert spec.submodule_search_locations is not None, "it is a package"
    return Path(spec.submodule_search_locations[0], "resources", name).read_bytes()
