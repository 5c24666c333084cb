"""Follows delta pages, for the tests of this folder."""

from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True, slots=True)
class Read:
    """`pages` in order; `link` is the delta link at their end."""

    pages: list[list[dict[str, Any]]]
    link: str

    @property
    def items(self) -> list[dict[str, Any]]:
        return [item for page in self.pages for item in page]

    @property
    def names(self) -> list[str | None]:
        return [item.get("name") for item in self.items]


async def read_delta(graph: httpx.AsyncClient, start: str) -> Read:
    pages: list[list[dict[str, Any]]] = []
    url = start
    while True:
        response = await graph.get(url)
        assert response.status_code == 200, response.text
        body = response.json()
        pages.append(body["value"])
        assert ("@odata.nextLink" in body) != ("@odata.deltaLink" in body)
        if "@odata.deltaLink" in body:
            return Read(pages, body["@odata.deltaLink"])
        url = body["@odata.nextLink"]
        assert len(pages) < 100, "the feed does not end"


def root_delta(drive_id: str, query: str = "") -> str:
    return f"/drives/{drive_id}/root/delta{query}"
