"""The site as an ASGI app: files, redirects, headers and the page for what is not there."""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from devstack.web.rules import Rules

_RULES_FILE = "staticwebapp.config.json"
_COMPRESSED = ("text/", "application/javascript", "application/json", "image/svg+xml")


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    zipped: bytes | None
    etag: str
    content_type: str


class Site:
    """Serves `folder`, and what is written into it later. Pages are named without `.html`, as Azure does it.

    The cookie of a session belongs to one host, so a browser that comes by another name of this machine is sent to
    `host`, with its port.
    """

    def __init__(self, folder: Path, *, host: str | None = None) -> None:
        self._folder = folder.resolve()
        self._host = host
        self._read: dict[tuple[Path, int], _File] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope)
        await self._answer(request)(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        path = request.url.path
        if path == "/_control/health":
            return Response("ok")
        rules = Rules.read(self._folder / _RULES_FILE)
        if request.method not in ("GET", "HEAD"):
            return Response(status_code=405, headers=rules.global_headers)
        if self._host is not None and request.url.hostname != self._host:
            there = request.url.replace(hostname=self._host)
            return RedirectResponse(str(there), status_code=302, headers=rules.global_headers)
        rule = rules.of(path)
        headers = rules.global_headers | (rule.headers if rule else {})
        if rule and rule.redirect:
            target = rule.redirect + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(target, status_code=rule.status_code or 302, headers=headers)
        found = self._find(rule.rewrite if rule and rule.rewrite else path)
        status = 200
        if found is None:
            # what is missing now may be there after the next deployment
            headers = dict(rules.global_headers)
            found, status = self._find(rules.not_found) if rules.not_found else None, 404
        if found is None:
            return Response(status_code=404, headers=headers)
        return self._reply(request, self._load(found, rules), status, headers)

    def _find(self, path: str) -> Path | None:
        names = path.strip("/")
        if any(part.startswith(".") for part in names.split("/")) or names == _RULES_FILE:
            return None
        at = self._folder / names if names else self._folder / "index.html"
        candidates = (at, at.with_name(f"{at.name}.html"), at / "index.html")
        found = next((candidate for candidate in candidates if candidate.is_file()), None)
        return found if found is not None and found.resolve().is_relative_to(self._folder) else None

    def _load(self, path: Path, rules: Rules) -> _File:
        key = (path, path.stat().st_mtime_ns)
        if key not in self._read:
            content = path.read_bytes()
            kind = rules.mime_types.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            kind = "application/javascript" if path.suffix == ".js" else kind
            is_text = kind.startswith(_COMPRESSED)
            with_charset = f"{kind}; charset=utf-8" if is_text and "charset" not in kind else kind
            etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
            zipped = gzip.compress(content, 6, mtime=0) if is_text else None
            self._read[key] = _File(content, zipped, etag, with_charset)
        return self._read[key]

    @staticmethod
    def _reply(request: Request, file: _File, status: int, headers: dict[str, str]) -> Response:
        headers = headers | {"ETag": file.etag, "Vary": "Accept-Encoding"}
        if status == 200 and request.headers.get("if-none-match") == file.etag:
            return Response(status_code=304, headers=headers)
        body = file.content
        if file.zipped is not None and "gzip" in request.headers.get("accept-encoding", ""):
            body, headers = file.zipped, headers | {"Content-Encoding": "gzip"}
        # HEAD's body is left out by the server
        return Response(body, status_code=status, headers=headers | {"Content-Type": file.content_type})
