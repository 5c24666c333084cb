"""Nexus' own API, as a signed-in account of the local stack."""

from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Self

import httpx

from devstack.sign_in import Session, SignInFailed, sign_in
from devstack.stack.failures import StackError

_TIMEOUT = httpx.Timeout(60.0, connect=5.0)


class ApiFailed(StackError):
    """The API refused or did not answer. `code` is the problem's, `status` the HTTP status; None: no answer."""

    def __init__(self, sentence: str, *, status: int | None = None, code: str | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code

    @classmethod
    def of(cls, what: str, problem: dict[str, Any], status: int) -> "ApiFailed":
        """From a problem document; its correlation id is what finds the request in the logs."""
        reason = problem.get("detail") or problem.get("title") or f"HTTP {status}"
        fields = "".join(f" {each.get('pointer')}: {each.get('detail')}" for each in problem.get("errors", []))
        found = problem.get("correlation_id")
        where = f" (correlation id {found}; `make logs s=api` shows what happened)" if found else ""
        return cls(f"{what}: {reason}{fields}{where}", status=status, code=problem.get("code"))


class NexusApi:
    """`async with await NexusApi.signed_in(api, entra, "alice") as nexus: await nexus.get("/admin/libraries")`.

    Paths begin after `/api`. Every method raises ApiFailed.
    """

    def __init__(self, session: Session, entra: str) -> None:
        self._session = session
        self._entra = entra
        self._http = httpx.AsyncClient(
            base_url=f"{session.api}/api", headers=session.headers, timeout=_TIMEOUT, trust_env=False
        )

    @classmethod
    async def signed_in(cls, api: str, entra: str, user: str) -> "NexusApi":
        return cls(await _session(api, entra, user), entra)

    @property
    def user(self) -> dict[str, Any]:
        return self._session.user

    @property
    def access_token(self) -> str:
        return self._session.access_token

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def get(self, path: str, **query: str) -> Any:
        return await self._call("GET", path, params=query)

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        return await self._call("POST", path, json=body)

    async def patch(self, path: str, body: dict[str, Any]) -> Any:
        return await self._call("PATCH", path, json=body)

    async def all_of(self, path: str, **query: str) -> list[dict[str, Any]]:
        """Every item of a list, page after page."""
        found: list[dict[str, Any]] = []
        page = await self.get(path, limit="100", **query)
        found += page["items"]
        while cursor := page.get("next_cursor"):
            page = await self.get(path, limit="100", cursor=cursor, **query)
            found += page["items"]
        return found

    async def stream(self, path: str, body: dict[str, Any]) -> AsyncIterator[str]:
        """The lines of an answer sent as server-sent events."""
        request = self._http.build_request("POST", path, json=body, headers={"Accept": "text/event-stream"})
        try:
            response = await self._http.send(request, stream=True)
            try:
                if response.status_code != 200:
                    await response.aread()
                    raise ApiFailed.of(f"POST {path}", _problem(response), response.status_code)
                # httpx would split at U+2028 and U+0085 as well, which are text in an event
                rest = ""
                async for piece in response.aiter_text():
                    *lines, rest = (rest + piece).split("\n")
                    for line in lines:
                        yield line
            finally:
                await response.aclose()
        except httpx.HTTPError as error:
            raise _no_answer(f"POST {path}", error) from error

    async def renew(self, user: str) -> None:
        """Signs in again: for work that lasts longer than the 15 minutes of an access token."""
        self._session = await _session(self._session.api, self._entra, user)
        self._http.headers.update(self._session.headers)

    async def _call(self, method: str, path: str, **options: Any) -> Any:
        try:
            response = await self._http.request(method, path, **options)
        except httpx.HTTPError as error:
            raise _no_answer(f"{method} {path}", error) from error
        if response.is_success:
            return response.json() if response.content else None
        raise ApiFailed.of(f"{method} {path}", _problem(response), response.status_code)


async def _session(api: str, entra: str, user: str) -> Session:
    try:
        async with httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False) as client:
            return await sign_in(api, entra, user, client=client)
    except SignInFailed as error:
        raise ApiFailed(f"{user} could not be signed in. {error}", code=error.code) from error


def _no_answer(what: str, error: httpx.HTTPError) -> ApiFailed:
    reason = str(error) or type(error).__name__
    return ApiFailed(f"{what}: no answer ({reason}). `make status` shows what runs, `make logs s=api` what happened.")


def _problem(response: httpx.Response) -> dict[str, Any]:
    correlation_id = response.headers.get("x-correlation-id")
    try:
        found = response.json()
    except ValueError:
        found = None
    if not isinstance(found, dict):
        found = {"detail": response.text[:500] or response.reason_phrase}
    return {"correlation_id": correlation_id} | found
