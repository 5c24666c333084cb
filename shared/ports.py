"""The outside world, in Nexus' own words. Adapters implement these; services depend on nothing else.

Every method may raise `shared.errors.Unavailable` when its service does not answer in time.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from shared.domain.audience import Audience
from shared.domain.chat import ModelEvent, ModelRequest
from shared.domain.documents import (
    DeltaPage,
    DocumentLabels,
    Downloaded,
    DriveItem,
    LibraryAddress,
    PassageCounts,
    PassagePoint,
    PassagePosition,
    PublishedPassage,
    RetrievedPassage,
    SearchQuery,
    StoredPassage,
)
from shared.domain.extracted import Extracted
from shared.domain.identity import Caller, EntraIdentity
from shared.domain.ids import DocumentId, LibraryId, PassageId, RunId, SessionId, UserId
from shared.domain.library_checks import Application
from shared.domain.limits import Allowance, Limit, LimitClass
from shared.domain.sessions import RefreshFamily, RefreshToken

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class IdentityProvider(Protocol):
    """Microsoft Entra ID."""

    async def exchange(self, code: str, code_verifier: str, redirect_uri: str, nonce: str) -> EntraIdentity:
        """Redeems an authorization code and validates the id_token. Raises SignInRefused."""
        ...


class Directory(Protocol):
    """The groups of a tenant's people, as Microsoft Graph knows them."""

    async def group_ids(self, tenant_id: str, object_id: str) -> tuple[str, ...]:
        """Every group the person is in, directly or by way of other groups. Raises Throttled."""
        ...


class AccessTokens(Protocol):
    """Nexus' own short-lived access tokens."""

    def issue(self, caller: Caller) -> tuple[str, int]:
        """A signed token and its life in seconds (900)."""
        ...

    def verify(self, token: str) -> Caller:
        """Raises Unauthenticated for anything but a living token of ours."""
        ...


class RefreshFamilies(Protocol):
    """Refresh tokens, of which only hashes are kept. A family is one session: its tokens replace each other, and it
    ends seven days after its first, however often it is used."""

    async def create(self, user_id: UserId, epoch: int) -> RefreshToken:
        """A new family's first token. `epoch` is the user's session epoch."""
        ...

    async def find(self, token: str) -> RefreshFamily | None:
        """The family that a token names, by which nothing is said of the token itself."""
        ...

    async def rotate(self, token: str) -> RefreshToken:
        """Replaces a token by its successor, at once for all callers: the one before may be presented for 10 s more
        and brings the same successor. Raises SessionEnded for what is none of a living family, and RefreshReused,
        the family gone, for one that was replaced before."""
        ...

    async def revoke(self, session_id: SessionId) -> None: ...

    async def revoke_all(self, user_id: UserId) -> None: ...


class Graph(Protocol):
    """SharePoint through Microsoft Graph. Raises Throttled, GraphDenied, and what each method names."""

    async def resolve_library(self, library_url: str) -> LibraryAddress:
        """Raises NotFound("library") when no such site or library exists, Invalid for a malformed address."""
        ...

    async def delta_page(self, drive_id: str, link: str | None) -> DeltaPage:
        """One page: `link` None starts a full enumeration. Raises DeltaExpired."""
        ...

    async def item(self, drive_id: str, item_id: str) -> DriveItem:
        """Raises RemoteItemGone."""
        ...

    async def download(self, drive_id: str, item_id: str, target: Path, *, max_bytes: int) -> Downloaded:
        """Streams the content to `target`. Raises RemoteItemGone, DownloadFailed (cut, refused, foreign host)
        and ExtractionFailed("too_large", …) once more than `max_bytes` came."""
        ...

    async def application(self) -> Application:
        """Who Nexus is to Graph, and with which permissions, as far as its token tells."""
        ...


class Extractor(Protocol):
    """Turns a file on disk into text with structure, in a process of its own."""

    async def extract(self, path: Path, file_name: str) -> Extracted:
        """Raises ExtractionFailed."""
        ...


class Embeddings(Protocol):
    """Dense vectors, float32, unit length, shape (n, dimensions). Raises Throttled, ModelFailed."""

    async def embed_passages(self, texts: Sequence[str]) -> "tuple[npt.NDArray[np.float32], int]":
        """Vectors in the order of `texts`, and the tokens that were paid."""
        ...

    async def embed_queries(self, texts: Sequence[str]) -> "npt.NDArray[np.float32]": ...


class Vectors(Protocol):
    """The passage index. One document's new version becomes visible all at once: `stage`, then `publish`."""

    async def ensure_ready(self) -> None:
        """Creates collection, payload indexes and alias where missing; safe to call from two instances at once."""
        ...

    async def search(self, queries: Sequence[SearchQuery], *, audience: Audience) -> list[list[RetrievedPassage]]:
        """For each query what its retrievers bring together, best first, with the scores of both; one round trip
        for all. Audience and is_active are filtered inside every retriever (S10)."""
        ...

    async def stored(self, document: DocumentId) -> frozenset[PassageId]:
        """The passages stored for a document, staged ones included."""
        ...

    async def stage(self, labels: DocumentLabels, points: Sequence[PassagePoint]) -> None:
        """Writes passages that no search finds yet (is_active false), in bounded batches, waiting for each."""
        ...

    async def publish(self, labels: DocumentLabels, positions: Sequence[PassagePosition]) -> None:
        """Makes exactly `positions` the document's passages with these labels, in one batched call: payload of
        each set (labels, position, is_active from the labels), every other passage of the document deleted.
        With no `positions` given it only re-labels what is there. What was switched off at a later version than
        the labels' is left as it is."""
        ...

    async def switch(self, document: DocumentId, version: int, *, is_active: bool) -> None:
        """Shows or hides a document's passages, from the moment this returns, and changes nothing else of them.
        `version` is the document's change_seq with this change; labels of an older one do not undo it."""
        ...

    async def count(self, document: DocumentId, *, audience: Audience | None = None) -> PassageCounts:
        """How many passages the index has of a document; with an audience also how many of them it may read."""
        ...

    async def remove(self, documents: Sequence[DocumentId]) -> None:
        """Deletes all passages of these documents (bounded batches)."""
        ...

    def stored_labels(
        self,
        *,
        documents: Sequence[DocumentId] | None = None,
        library: LibraryId | None = None,
        outside: Sequence[LibraryId] | None = None,
    ) -> AsyncGenerator[list[StoredPassage]]:
        """Pages of all stored passages, hidden and staged ones included: of these documents, of this library, or of
        none of the libraries `outside`. For checks of the index itself: no reader sees them."""
        ...


class PassageIndex(Vectors, Protocol):
    """One index among several: that of one embedding model."""

    async def passages(self, document: DocumentId, *, after: PassageId | None, limit: int) -> list[PublishedPassage]:
        """A document's published passages in order of id, those after `after`; hidden ones included."""
        ...

    async def take_alias(self) -> None:
        """From now on the alias, by which people and tools find the index in service, names this one."""
        ...

    async def drop(self) -> None:
        """The index is gone when this returns. Safe to repeat."""
        ...


class ChatModel(Protocol):
    """A language model of one provider."""

    def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
        """Text pieces, then exactly one ModelFinished. Raises ModelFailed. Closing the iterator (aclose, or
        cancelling the task) closes the upstream connection at once."""
        ...


class Tokenizer(Protocol):
    def count(self, text: str) -> int: ...

    def truncate(self, text: str, max_tokens: int) -> str:
        """The longest prefix of at most `max_tokens` tokens."""
        ...


class RunLog(Protocol):
    """A run's events beyond the process that makes them (Redis streams): resume, second tab, cancel."""

    async def append(self, run_id: RunId, events: Sequence[tuple[int, bytes]]) -> None:
        """`(seq, frame)` pairs in order; kept 15 min after the last append."""
        ...

    def follow(self, run_id: RunId, after_seq: int) -> AsyncGenerator[tuple[int, bytes] | None]:
        """Replays after `after_seq`, then follows live; yields None about every second of silence.
        Never ends by itself: the reader stops at the done frame."""
        ...

    async def request_cancel(self, run_id: RunId) -> None: ...

    async def is_cancelled(self, run_id: RunId) -> bool: ...


class Tickets(Protocol):
    """Single-use tickets, 30 s, for EventSource, which cannot send a header."""

    async def issue(self, claims: Mapping[str, str]) -> str: ...

    async def redeem(self, ticket: str) -> Mapping[str, str] | None: ...


class RateLimits(Protocol):
    """Calls counted over a sliding window that all instances share."""

    async def take(self, limit_class: LimitClass, subject: str, limit: Limit) -> Allowance:
        """Counts one call, unless `limit` calls of this class and subject are in the window already. Atomic: of any
        number of calls at once never more than the limit are granted."""
        ...


class StreamSlots(Protocol):
    """How many answers a person has open, over all instances. A slot is leased: an instance that dies frees it."""

    async def acquire(self, user_id: UserId, slots: int) -> str | None:
        """A lease of 45 s; None when `slots` leases of this user are alive."""
        ...

    async def renew(self, user_id: UserId, lease: str) -> None: ...

    async def release(self, user_id: UserId, lease: str) -> None: ...


class Throttle(Protocol):
    """A pause that all instances share: Retry-After of one call slows every caller of that service."""

    async def hold(self, service: str, seconds: float) -> None: ...

    async def remaining(self, service: str) -> float:
        """Seconds to wait before the next call; 0 when free."""
        ...
