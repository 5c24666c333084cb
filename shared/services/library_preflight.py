"""Looks at a SharePoint library before Nexus takes it under its care: address, token, grant, and one page of it."""

from dataclasses import dataclass, field

from shared.domain.documents import LibraryAddress
from shared.domain.library_checks import Check, CheckName, can_be_read, permission_checks
from shared.errors import (
    GraphDenied,
    GraphTokenRefused,
    Invalid,
    NexusError,
    NotFound,
    SiteNotFound,
    Throttled,
    Unavailable,
)
from shared.ports import Graph


@dataclass(slots=True)
class Preflight:
    """`checks` in the order they were made: one that fails in a way that hides what follows is the last of them.
    `failure` is what went wrong, for callers who cannot go on without the library."""

    checks: list[Check] = field(default_factory=list[Check])
    address: LibraryAddress | None = None
    failure: NexusError | None = None

    @property
    def is_ready(self) -> bool:
        return self.failure is None and can_be_read(self.checks)

    def passed(self, check: CheckName, detail: str) -> None:
        self.checks.append(Check(check, True, detail))

    def failed(self, check: CheckName, error: NexusError, detail: str | None = None) -> None:
        if isinstance(error, Throttled):
            detail = f"SharePoint is throttling Nexus. Try again in {error.retry_after_s:.0f} s."
        self.checks.append(Check(check, False, detail or error.detail))
        self.failure = error


@dataclass(frozen=True, slots=True)
class LibraryPreflight:
    graph: Graph

    async def resolved(self, library_url: str) -> LibraryAddress:
        """The library's address in Graph once all checks are passed. Raises what the failing one met: Invalid,
        NotFound, GraphDenied, Throttled, Unavailable."""
        found = await self.look(library_url)
        if found.failure is not None:
            raise found.failure
        assert found.address is not None, "without a failure there is an address"
        return found.address

    async def look(self, library_url: str) -> Preflight:
        """Every check with its verdict; expected trouble is a verdict, not an exception."""
        found = Preflight()
        await self._permissions(found)
        if found.failure is None:
            await self._resolve(found, library_url)
        if found.failure is None and found.address is not None:
            await self._read(found, found.address)
        return found

    async def _permissions(self, found: Preflight) -> None:
        try:
            application = await self.graph.application()
        except Unavailable as error:
            found.failed("token", error)
            return
        named = f" for application {application.client_id}" if application.client_id else ""
        found.passed("token", f"Entra ID gives Nexus a token for Microsoft Graph{named}.")
        found.checks.extend(permission_checks(application))

    async def _resolve(self, found: Preflight, library_url: str) -> None:
        try:
            address = await self.graph.resolve_library(library_url)
        except Invalid as error:
            found.failed("address", error)
            return
        except GraphTokenRefused as error:
            found.failed("token", error)
            return
        except (SiteNotFound, GraphDenied, Throttled, Unavailable) as error:
            found.passed("address", "This is the address of a SharePoint library.")
            found.failed("site", error)
            return
        except NotFound as error:
            found.passed("address", "This is the address of a SharePoint library.")
            found.passed("site", "Nexus may read the site.")
            found.failed("library", error, "The site has no document library at this address.")
            return
        found.address = address
        found.passed("address", "This is the address of a SharePoint library.")
        found.passed("site", "Nexus may read the site.")
        found.passed("library", f"The library is {address.name} at {address.web_url}.")

    async def _read(self, found: Preflight, address: LibraryAddress) -> None:
        try:
            page = await self.graph.delta_page(address.drive_id, None)
        except (GraphDenied, Throttled, Unavailable) as error:
            found.failed("changes", error)
            return
        more = " and more" if page.next_link else ""
        found.passed("changes", f"Nexus can read what is in the library: {len(page.items)} entries{more}.")
