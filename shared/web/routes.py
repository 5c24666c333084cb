"""Routes as data: each says who may call it, what it takes and what it gives, in one visible place (S07).

The blueprints make functions of them, the OpenAPI document and the role matrix are read off them.
"""

import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from shared.domain.audience import Audience
from shared.domain.identity import Caller, Role
from shared.domain.limits import LimitClass
from shared.errors import NotFound
from shared.runtime import Runtime, current_runtime


class Policy(StrEnum):
    """Who may call a route. Deny by default: a route without one cannot be written."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    CONTENT_MANAGER = "content_manager"
    SUPER_ADMIN = "super_admin"

    def admits(self, role: Role) -> bool:
        match self:
            case Policy.PUBLIC | Policy.SIGNED_IN:
                return True
            case Policy.CONTENT_MANAGER:
                return role in (Role.CONTENT_MANAGER, Role.SUPER_ADMIN)
            case Policy.SUPER_ADMIN:
                return role is Role.SUPER_ADMIN


@dataclass(frozen=True, slots=True)
class Call:
    """One request, checked: the caller admitted, body and query decoded into the route's models.

    `starter` is the durable client's binding, for the routes that asked for it; `content` the body as it comes, for
    those that take an upload.
    """

    correlation_id: str
    path: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any
    query: Any
    known_caller: Caller | None
    starter: Any = None
    content: AsyncIterator[bytes] | None = None

    @property
    def runtime(self) -> Runtime:
        """Not asked for by liveness: the process answers that even when its settings are wrong."""
        return current_runtime()

    @property
    def caller(self) -> Caller:
        """The signed-in person. Only a public route has none."""
        assert self.known_caller is not None, "a public route asked who is calling"
        return self.known_caller

    @property
    def audience(self) -> Audience:
        return Audience.of(self.caller)

    def id(self, name: str, what: str) -> UUID:
        """A path parameter as an id. What is no id names nothing: NotFound, not a complaint about its form."""
        try:
            return UUID(self.path[name])
        except ValueError as error:
            raise NotFound(what) from error


@dataclass(frozen=True, slots=True)
class EventStream:
    """A reply of Server-Sent Events."""

    frames: AsyncGenerator[bytes]


@dataclass(frozen=True, slots=True)
class Download:
    """A reply that is a file, streamed as it is made; `media_type` is one of the route's `files`."""

    pieces: AsyncGenerator[bytes]
    media_type: str
    file_name: str


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply with a status of its own, where the route's usual one does not fit, or with headers of its own."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


type Handler = Callable[[Call], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Route:
    """`path` is below /api, with {parameters}. `body`, `query` and `reply` are msgspec structs or dataclasses;
    `description` is what its docstring says after the first line; `also` are further statuses that come with `reply`;
    `errors` are the codes of the problems that are its own, by status, beside those of every route of its kind
    (shared/web/openapi/problems.py); None: not said, which a test refuses. `example` stands for the reply where the
    one made of example_values.py does not fit. `events` marks a stream, of `event` each where all are of one kind;
    `durable` asks for the durable client; `ticket` takes `?ticket=` for the header. `cookie` marks the routes that take
    or give the refresh cookie: they answer no foreign page (S17); `also_as` is a media type of text that may come in
    the reply's place; `files` are the media types of a Download, `columns` those of its rows; `body_optional` lets
    nothing stand for an empty body; `upload` takes a file as multipart/form-data. `headers` are those of the request
    that mean something to it beside the usual ones, by name, with what they mean. `limit` is what its calls are counted
    as (S18); None only where answering costs less than counting."""

    name: str
    method: str
    path: str
    policy: Policy
    handler: Handler
    summary: str
    tag: str
    description: str = ""
    body: Any = None
    query: Any = None
    reply: Any = None
    status: int = 200
    also: tuple[int, ...] = ()
    errors: Mapping[int, tuple[str, ...]] | None = None
    example: Any = None
    events: bool = False
    event: Any = None
    durable: bool = False
    ticket: bool = False
    cookie: bool = False
    body_optional: bool = False
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    also_as: str | None = None
    files: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    upload: bool = False
    limit: LimitClass | None = LimitClass.GENERAL


def usual_limit(method: str, policy: Policy, *, events: bool) -> LimitClass:
    """What a route is counted as that does not say. What the public may post is about signing in."""
    match policy:
        case Policy.PUBLIC:
            return LimitClass.GENERAL if method == "GET" else LimitClass.SIGN_IN
        case Policy.SIGNED_IN:
            return LimitClass.CHAT if events else LimitClass.GENERAL
        case Policy.CONTENT_MANAGER | Policy.SUPER_ADMIN:
            return LimitClass.ADMIN


@dataclass(slots=True)
class Routes:
    """A module's routes, in the order they are written."""

    tag: str
    all: list[Route] = field(default_factory=list[Route])

    def add(
        self,
        method: str,
        path: str,
        policy: Policy,
        *,
        body: Any = None,
        query: Any = None,
        reply: Any = None,
        status: int = 200,
        also: tuple[int, ...] = (),
        errors: Mapping[int, tuple[str, ...]] | None = None,
        example: Any = None,
        events: bool = False,
        event: Any = None,
        durable: bool = False,
        ticket: bool = False,
        cookie: bool = False,
        body_optional: bool = False,
        headers: Mapping[str, str] | None = None,
        also_as: str | None = None,
        files: tuple[str, ...] = (),
        columns: tuple[str, ...] = (),
        upload: bool = False,
        limit: LimitClass | msgspec.UnsetType | None = msgspec.UNSET,
    ) -> Callable[[Handler], Handler]:
        """Decorates a handler. Its name is the function's name in Azure, its docstring's first line the summary, the
        rest of it the description."""

        def register(handler: Handler) -> Handler:
            name = getattr(handler, "__name__", "")
            said = inspect.cleandoc(handler.__doc__ or name.replace("_", " "))
            summary, _, description = said.partition("\n")
            self.all.append(
                Route(
                    name=name,
                    method=method,
                    path=path,
                    policy=policy,
                    handler=handler,
                    summary=summary.rstrip("."),
                    description=description.strip(),
                    tag=self.tag,
                    body=body,
                    query=query,
                    reply=reply,
                    status=status,
                    also=also,
                    errors=errors,
                    example=example,
                    events=events,
                    event=event,
                    durable=durable,
                    ticket=ticket,
                    cookie=cookie,
                    body_optional=body_optional,
                    headers=headers or {},
                    also_as=also_as,
                    files=files,
                    columns=columns,
                    upload=upload,
                    limit=usual_limit(method, policy, events=events) if limit is msgspec.UNSET else limit,
                )
            )
            return handler

        return register
