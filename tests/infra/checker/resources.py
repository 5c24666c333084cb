"""A resource's properties against the table of what its type takes at its pinned version (resource_types.txt)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tests.infra.checker.expressions import (
    Array,
    Condition,
    Constant,
    Expression,
    Item,
    Loop,
    Member,
    Name,
    Object,
    Operation,
)
from tests.infra.checker.files import BicepFile, Declaration, Kind, Problem
from tests.infra.checker.names import walk

TABLE = Path(__file__).parent / "resource_types.txt"
# Of the language, not of a type.
_OF_EVERY_RESOURCE = frozenset({"parent", "scope", "dependsOn"})
_READABLE_OF_EVERY_RESOURCE = frozenset({"id", "name", "type", "apiVersion"})


@dataclass(slots=True)
class Shape:
    """`properties` None: not looked into. `values` empty: any. `others`: what any other key holds."""

    properties: dict[str, "Shape"] | None = None
    others: "Shape | None" = None
    required: bool = False
    values: frozenset[str] = frozenset()


@dataclass(slots=True)
class ResourceType:
    name: str
    takes: Shape
    gives: frozenset[str] = field(default_factory=lambda: frozenset[str]())


@cache
def resource_types() -> dict[str, ResourceType]:
    """By `type@version`, in lower case as Resource Manager compares."""
    text = "\n".join(line for line in TABLE.read_text("utf-8").splitlines() if not line.startswith("#"))
    found: dict[str, ResourceType] = {}
    for block in re.split(r"\n\s*\n", text.strip()):
        name, _, rest = block.partition("\n")
        takes, _, gives = rest.partition("\n  gives ")
        words = re.findall(r"[{}\[\]]|[^\s{}\[\]]+", takes.strip().removeprefix("takes"))
        found[name.lower()] = ResourceType(name, _object(iter([*words, "}"])), frozenset(gives.split()))
    return found


def _object(words: Iterator[str]) -> Shape:
    """Up to the bracket that closes it."""
    shape = Shape(properties={})
    assert shape.properties is not None
    last = Shape()
    for word in words:
        if word in "}]":
            return shape
        if word in "{[":
            inner = _object(words)
            last.properties, last.others = inner.properties, inner.others
            continue
        name, _, values = word.partition("=")
        last = Shape(required=name.endswith("!"), values=frozenset(values.split("|")) - {""})
        if name.rstrip("!") == "*":
            shape.others = last
        else:
            shape.properties[name.rstrip("!")] = last
    raise AssertionError("a bracket is not closed")


def check_resources(file: BicepFile) -> list[Problem]:
    problems: list[Problem] = []
    kinds = resource_types()
    for resource in file.of(Kind.RESOURCE).values():
        kind = kinds.get(resource.target.lower())
        if kind is None:
            problems.append(file.problem(resource.line, "type", f"{resource.target} is not in the table"))
            continue
        if not resource.existing:
            problems += [file.problem(line, "property", text) for line, text in _faults(kind, resource)]
    return problems + _reads(file)


def _faults(kind: ResourceType, resource: Declaration) -> Iterator[tuple[int, str]]:
    yield from _compared(resource.body, kind.takes, resource.target, top=True)


def _compared(value: Expression, shape: Shape, path: str, *, top: bool = False) -> Iterator[tuple[int, str]]:
    match value:
        case Object():
            if shape.properties is not None:
                yield from _object_faults(value, shape, path, top)
        case Array(items=items):
            for item in items:
                yield from _compared(item, shape, f"{path}[]")
        case Loop(body=body) | Condition(body=body):
            yield from _compared(body, shape, path)
        case Operation(operator="?", operands=(_, then, otherwise)):
            yield from _compared(then, shape, path)
            yield from _compared(otherwise, shape, path)
        case Constant(value=text) if shape.values and isinstance(text, str) and text not in shape.values:
            yield value.line, f"{path} is one of {', '.join(sorted(shape.values))}, not {text!r}"
        case _:
            return


def _object_faults(value: Object, shape: Shape, path: str, top: bool) -> Iterator[tuple[int, str]]:
    properties, given = shape.properties or {}, set[str]()
    for entry in value.properties:
        key = entry.key.value if isinstance(entry.key, Constant) else None
        if top and key in _OF_EVERY_RESOURCE:
            continue
        inner = properties.get(key) if isinstance(key, str) else None
        inner = inner or shape.others
        given.add(str(key))
        if inner is None:
            yield entry.line, f"{path} takes no {key}"
        else:
            yield from _compared(entry.value, inner, f"{path}.{key}")
    for name, inner in properties.items():
        if inner.required and name not in given:
            yield value.line, f"{path} needs {name}"


def _reads(file: BicepFile) -> list[Problem]:
    """`resource.properties.x` is something that the type gives, or takes and so gives back."""
    resources = {name: each for name, each in file.of(Kind.RESOURCE).items() if each.target.lower() in resource_types()}
    problems: list[Problem] = []
    for declaration in file.declarations:
        inner: set[int] = set()
        for expression, bound in walk(declaration.value) if declaration.value else ():
            if not isinstance(expression, Member) or id(expression) in inner:
                continue
            found: Expression = expression
            path: list[str] = []
            while isinstance(found, Member | Item):
                if isinstance(found, Member):
                    path.insert(0, found.name)
                    inner.add(id(found.of))
                found = found.of
            if isinstance(found, Name) and found.name in resources and found.name not in bound:
                kind = resource_types()[resources[found.name].target.lower()]
                if not _given(kind, path):
                    problems.append(file.problem(expression.line, "property", f"{kind.name} gives no {'.'.join(path)}"))
    return problems


def _given(kind: ResourceType, path: list[str]) -> bool:
    if path[0] in _READABLE_OF_EVERY_RESOURCE and len(path) == 1:
        return True
    if any(given == ".".join(path) or given.startswith(".".join(path) + ".") for given in kind.gives):
        return True
    shape: Shape | None = kind.takes
    for name in path:
        if shape is None or shape.properties is None:
            return shape is not None
        shape = shape.properties.get(name) or shape.others
    return shape is not None
