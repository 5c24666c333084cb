"""A browser's question before it sends what a form could not: may this page do that here?"""

from uuid import uuid4

from azurefunctions.extensions.http.fastapi import Request, Response

from shared.web import origins
from shared.web.problems import headers_with


def preflight_response(req: Request) -> Response:
    """Answers for every path alike, so that it says nothing of which there are. Without the headers it is a no."""
    headers = headers_with(uuid4().hex) | origins.preflight_headers(req.headers.get("origin"))
    return Response(status_code=204, headers=headers)
