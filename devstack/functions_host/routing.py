"""Route templates of ASP.NET, as the Azure host reads them, and which function a request belongs to."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

ALL_METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE"})
_PARAMETER = re.compile(r"\{(?P<star>\*{0,2})(?P<name>\w+)(?P<constraints>(?::[^{}]+?)?)(?P<optional>\??)\}")
_CONSTRAINT = re.compile(r"(?P<kind>[a-z]+)(?:\((?P<arguments>[^)]*)\))?")
_SHAPES = {
    "int": r"[+-]?\d+",
    "long": r"[+-]?\d+",
    "decimal": r"[+-]?\d+(?:\.\d+)?",
    "double": r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?",
    "float": r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?",
    "bool": r"(?i:true|false)",
    "guid": r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}",
    "alpha": r"[A-Za-z]*",
}
_BITS = {"int": 31, "long": 63}


class RouteError(ValueError):
    """A template this host cannot read."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """`{name:kind(arguments)}`: what a value must be for the route to match."""

    kind: str
    arguments: tuple[int, ...]

    def accepts(self, value: str) -> bool:
        if self.kind in _SHAPES:
            if not re.fullmatch(_SHAPES[self.kind], value):
                return False
            bits = _BITS.get(self.kind)
            return bits is None or -(2**bits) <= int(value) < 2**bits
        if self.kind in ("length", "minlength", "maxlength"):
            measured = len(value)
        elif re.fullmatch(_SHAPES["long"], value):
            measured = int(value)
        else:
            return False
        low, high = self.arguments[0], self.arguments[-1]
        if self.kind.startswith("min"):
            return measured >= low
        if self.kind.startswith("max"):
            return measured <= high
        return low <= measured <= high


def _read_constraint(text: str, template: str) -> Constraint:
    match = _CONSTRAINT.fullmatch(text)
    counts = {"min": 1, "max": 1, "minlength": 1, "maxlength": 1, "range": 2}
    if match is None:
        raise RouteError(f"'{template}': the constraint '{text}' is not understood")
    kind = match["kind"]
    try:
        arguments = tuple(int(a) for a in match["arguments"].split(",")) if match["arguments"] else ()
    except ValueError as error:
        raise RouteError(f"'{template}': '{text}' takes whole numbers") from error
    wanted = (1, 2) if kind == "length" else (counts.get(kind, 0),)
    if (kind not in _SHAPES and kind not in counts and kind != "length") or len(arguments) not in wanted:
        raise RouteError(f"'{template}': the constraint '{text}' is not understood")
    return Constraint(kind, arguments)


@dataclass(frozen=True, slots=True)
class Segment:
    """One piece between slashes: a pattern, the constraints by parameter, and its rank (lower goes first)."""

    pattern: re.Pattern[str]
    constraints: Mapping[str, tuple[Constraint, ...]]
    rank: int
    optional: bool = False
    catch_all: bool = False

    def match(self, text: str) -> dict[str, str] | None:
        found = self.pattern.fullmatch(text)
        if found is None:
            return None
        values = found.groupdict()
        accepted = all(c.accepts(values[name]) for name, cs in self.constraints.items() for c in cs)
        return values if accepted else None


def _read_segment(text: str, template: str) -> Segment:
    parameters = list(_PARAMETER.finditer(text))
    literal = _PARAMETER.sub("", text)
    if "{" in literal or "}" in literal:
        raise RouteError(f"'{template}': the segment '{text}' is not understood")
    if not parameters:
        return Segment(re.compile(re.escape(text), re.IGNORECASE), {}, rank=1)
    constraints = {
        p["name"]: tuple(_read_constraint(c, template) for c in p["constraints"].split(":") if c) for p in parameters
    }
    constrained = any(constraints.values())
    whole = parameters[0] if len(parameters) == 1 and not literal else None
    if whole is not None and whole["star"]:
        pattern = re.compile(f"(?P<{whole['name']}>.*)", re.DOTALL)
        return Segment(pattern, constraints, 4 if constrained else 5, optional=True, catch_all=True)
    pieces: list[str] = []
    end = 0
    for parameter in parameters:
        if parameter["star"] or (parameter["optional"] and whole is None):
            raise RouteError(f"'{template}': '{parameter.group()}' must be a segment of its own")
        pieces += [re.escape(text[end : parameter.start()]), f"(?P<{parameter['name']}>.+)"]
        end = parameter.end()
    pieces.append(re.escape(text[end:]))
    pattern = re.compile("".join(pieces), re.IGNORECASE | re.DOTALL)
    rank = 2 if constrained or whole is None else 3
    return Segment(pattern, constraints, rank, optional=whole is not None and bool(whole["optional"]))


def _decoded(segment: str) -> str:
    """Percent-decoded except for the slash, which would otherwise look like a border between segments."""
    return "%2F".join(unquote(piece) for piece in re.split("%2f", segment, flags=re.IGNORECASE))


@dataclass(frozen=True, slots=True)
class Route:
    """A template with the methods it answers and the name of its function."""

    template: str
    methods: frozenset[str]
    function_name: str
    segments: tuple[Segment, ...] = field(repr=False)

    @classmethod
    def read(cls, template: str, methods: Iterable[str], function_name: str) -> "Route":
        """`RouteError` when the template is not understood; no methods mean all of them, as in Azure."""
        segments = tuple(_read_segment(s, template) for s in template.strip("/").split("/") if s)
        for position, segment in enumerate(segments):
            if segment.optional and position != len(segments) - 1:
                raise RouteError(f"'{template}': an optional parameter or {{*rest}} must come last")
        upper = frozenset(m.upper() for m in methods) or ALL_METHODS
        return cls(template, upper, function_name, segments)

    def match(self, parts: list[str]) -> dict[str, str] | None:
        """The parameters as strings, or None; an absent optional parameter is left out."""
        values: dict[str, str] = {}
        for position, segment in enumerate(self.segments):
            if segment.catch_all:
                found = segment.match("/".join(parts[position:])) if len(parts) > position else {}
                return None if found is None else values | found
            if position >= len(parts):
                return values if segment.optional else None
            found = segment.match(parts[position])
            if found is None:
                return None
            values |= found
        return values if len(parts) == len(self.segments) else None


@dataclass(frozen=True, slots=True)
class Match:
    """The function a request is for, and its route parameters."""

    function_name: str
    parameters: dict[str, str]


class RouteTable:
    """All routes, the most specific first: literals before parameters, constrained ones before plain ones."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = sorted(routes, key=lambda r: [s.rank for s in r.segments])

    def find(self, method: str, raw_path: str) -> Match | frozenset[str]:
        """The match, or the methods the path would allow: empty when no route knows the path (404)."""
        path = raw_path.removeprefix("/").removesuffix("/")
        parts = [_decoded(part) for part in path.split("/")] if path else []
        allowed: frozenset[str] = frozenset()
        for route in self.routes:
            parameters = route.match(parts)
            if parameters is None:
                continue
            if method in route.methods:
                return Match(route.function_name, parameters)
            allowed |= route.methods
        return allowed
