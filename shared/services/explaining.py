"""Finding out why a person does not find a document: what is looked up, and where.

Nothing of a passage's text is read or told. What an administrator learns of a document is what its listing shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.db import document_lists, document_lookup, libraries, people, sync_runs
from shared.db.document_lists import ListedDocument
from shared.db.people import User
from shared.db.pool import Connection, Db
from shared.db.sync_runs import SyncRun
from shared.domain.audience import Audience, Scope
from shared.domain.document_addresses import DocumentAddress, parse_document_address
from shared.domain.documents import PassageCounts
from shared.domain.ids import DocumentId, LibraryId, UserId
from shared.domain.ledger import Library
from shared.errors import ModelFailed, NotFound, Throttled, Unavailable
from shared.ports import Vectors
from shared.services.explanation import explained, person_scope
from shared.services.explanation_facts import SEARCHED, Check, Facts, Place, Verdict
from shared.services.retrieval import Retrieval

_EVERYWHERE = Scope(None, None)


@dataclass(frozen=True, slots=True)
class Explanation:
    """`place` is that of the document's best passage in the search, from 1 on, where one was asked for."""

    verdict: Verdict
    checks: list[Check]
    library: Library | None
    document: ListedDocument | None
    counts: PassageCounts | None
    place: int | None


@dataclass(frozen=True, slots=True)
class _Located:
    """What an address leads to, as far as the administrator's hand reaches."""

    library: Library | None = None
    document: ListedDocument | None = None
    is_folder: bool = False
    of_site: tuple[Library, ...] = ()


@dataclass(frozen=True, slots=True)
class Explaining:
    db: Db
    vectors: Vectors
    retrieval: Retrieval

    async def of_document(
        self, document_id: DocumentId, user_id: UserId | None, query: str | None, *, within: Scope
    ) -> Explanation:
        """Raises NotFound for a document that is not there or out of reach, and for a person who is not there."""
        async with self.db.connection() as connection:
            document = await document_lists.get(connection, document_id)
            if not within.reaches(document.scope):
                raise NotFound("document")
            library = await libraries.get(connection, document.library_id)
        return await self._explain(_Located(library, document), user_id, query, within=within)

    async def of_address(self, url: str, user_id: UserId | None, query: str | None, *, within: Scope) -> Explanation:
        """Raises Invalid for what is no web address. What is out of reach is told like what is not there."""
        address = parse_document_address(url)
        located = await self._locate(address, within)
        return await self._explain(located, user_id, query, within=within, is_opaque=address.is_opaque)

    # --- where it is -----------------------------------------------------------------------------------------------

    async def _locate(self, address: DocumentAddress, within: Scope) -> _Located:
        if address.is_opaque:
            return _Located()
        async with self.db.connection() as connection:
            registered = await self._all_libraries(connection)
            holding = [library for library in registered if address.below(library.library_url) is not None]
            if not holding:
                return await self._by_unique_id(connection, address, registered, within)
            library = max(holding, key=lambda each: len(each.library_url))
            rest = address.below(library.library_url) or ()
            found = await document_lookup.at_path(connection, library.id, rest) if rest else None
            if found is None and address.unique_id is not None:
                found = await document_lookup.with_unique_id(connection, [library.id], address.unique_id)
            if found is not None:
                return await self._reached(connection, found, within)
            if not within.reaches(library.scope):
                return _Located()
            is_folder = _is_view(rest) or await document_lookup.is_folder(connection, library.id, rest)
        return _Located(library, is_folder=is_folder)

    async def _by_unique_id(
        self, connection: Connection, address: DocumentAddress, registered: Sequence[Library], within: Scope
    ) -> _Located:
        """The address names site and file, but no library."""
        of_site = [library for library in registered if address.is_of_site(library.library_url)]
        if address.unique_id is None or not of_site:
            return _Located()
        ids = [library.id for library in of_site]
        found = await document_lookup.with_unique_id(connection, ids, address.unique_id)
        if found is not None:
            return await self._reached(connection, found, within)
        within_reach = tuple(library for library in of_site if within.reaches(library.scope))
        return _Located(within_reach[0]) if len(within_reach) == 1 else _Located(of_site=within_reach)

    @staticmethod
    async def _all_libraries(connection: Connection) -> list[Library]:
        found: list[Library] = []
        after: LibraryId | None = None
        while page := await libraries.list_all(connection, within=_EVERYWHERE, after=after):
            found += page
            after = page[-1].id
        return found

    @staticmethod
    async def _reached(connection: Connection, found: DocumentId, within: Scope) -> _Located:
        document = await document_lists.get(connection, found)
        if not within.reaches(document.scope):
            return _Located()
        return _Located(await libraries.get(connection, document.library_id), document)

    # --- what is known of it ---------------------------------------------------------------------------------------

    async def _explain(
        self, located: _Located, user_id: UserId | None, query: str | None, *, within: Scope, is_opaque: bool = False
    ) -> Explanation:
        person, run = await self._looked_up(located.library, user_id)
        audience = Audience.of(person.caller) if person else None
        counts, place, search_failed = None, None, False
        if located.document is not None:
            counts = await self._counted(located.document, audience)
            if query and audience is not None:
                place = await self._searched(located.document, query, audience)
                search_failed = place is None
        facts = Facts(
            located.library,
            run,
            located.document,
            counts,
            person,
            names_person=person is not None and within.reaches(person_scope(person)),
            place=place,
            search_failed=search_failed,
            is_folder=located.is_folder,
            of_site=located.of_site,
            is_opaque=is_opaque,
        )
        verdict, checks = explained(facts)
        return Explanation(verdict, checks, located.library, located.document, counts, place.place if place else None)

    async def _looked_up(self, library: Library | None, user_id: UserId | None) -> tuple[User | None, SyncRun | None]:
        async with self.db.connection() as connection:
            person = await people.get_user(connection, user_id) if user_id else None
            if library is None:
                return person, None
            newest = await sync_runs.list_all(
                connection, library_id=library.id, within=_EVERYWHERE, after=None, limit=1
            )
        return person, newest[0] if newest else None

    async def _counted(self, document: ListedDocument, audience: Audience | None) -> PassageCounts | None:
        try:
            return await self.vectors.count(document.id, audience=audience)
        except Unavailable:
            return None

    async def _searched(self, document: ListedDocument, query: str, audience: Audience) -> Place | None:
        """None when nothing can be searched right now."""
        try:
            found = await self.retrieval.search([query], audience=audience, limit=SEARCHED)
        except (Unavailable, Throttled, ModelFailed):
            return None
        places = (place for place, passage in enumerate(found, 1) if passage.document_id == document.id)
        return Place(next(places, None))


def _is_view(rest: tuple[str, ...]) -> bool:
    """The library itself, or a page that lists it."""
    return not rest or (rest[0].lower() == "forms" and rest[-1].lower().endswith(".aspx"))
