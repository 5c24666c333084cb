"""One Bicep file: its declarations, by kind, with their expressions."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from tree_sitter_language_pack import get_parser

from tests.infra.checker.expressions import Condition, Expression, Loop, Object, Unreadable, read

if TYPE_CHECKING:
    from tree_sitter import Node


class Kind(StrEnum):
    PARAMETER = "param"
    VARIABLE = "var"
    RESOURCE = "resource"
    MODULE = "module"
    OUTPUT = "output"
    FUNCTION = "func"
    TYPE = "type"
    IMPORT = "import"


@dataclass(frozen=True, slots=True)
class Problem:
    file: str
    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.rule}: {self.message}"


@dataclass(frozen=True, slots=True)
class Declaration:
    """`target` is a resource's type with its version, a module's or an import's path. `value` is the body, with its
    loop and condition; `types` are the names that its type mentions."""

    kind: Kind
    name: str
    line: int
    value: Expression | None = None
    target: str = ""
    existing: bool = False
    optional: bool = False
    decorators: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()

    @property
    def body(self) -> Object:
        """Of a resource or module, without its loop and condition."""
        found = self.value
        while isinstance(found, Loop | Condition):
            found = found.body
        assert isinstance(found, Object), f"{self.name} has no object as its body"
        return found


@dataclass(slots=True)
class BicepFile:
    path: Path
    text: str
    declarations: list[Declaration] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    using: str | None = None

    def of(self, kind: Kind) -> dict[str, Declaration]:
        return {each.name: each for each in self.declarations if each.kind is kind}

    def problem(self, line: int, rule: str, message: str) -> Problem:
        return Problem(self.path.name, line, rule, message)


_KINDS = {
    "parameter_declaration": Kind.PARAMETER,
    "variable_declaration": Kind.VARIABLE,
    "resource_declaration": Kind.RESOURCE,
    "module_declaration": Kind.MODULE,
    "output_declaration": Kind.OUTPUT,
    "user_defined_function": Kind.FUNCTION,
    "type_declaration": Kind.TYPE,
}
_PRIMITIVE = frozenset({"string", "int", "bool", "object", "array"})


def load(path: Path) -> BicepFile:
    return parse(path.read_text("utf-8"), path)


def parse(text: str, path: Path) -> BicepFile:
    file = BicepFile(path, text)
    root = get_parser("bicep").parse(_readable(text, file).encode()).root_node
    _syntax(root, file)
    decorators: tuple[str, ...] = ()
    for node in root.named_children:
        if node.type == "decorators":
            decorators = tuple(_source(each) for each in node.named_children)
            continue
        try:
            _declare(node, decorators, file)
        except Unreadable as unread:
            file.problems.append(file.problem(node.start_point[0] + 1, "unreadable", str(unread)))
        decorators = ()
    return file


def _readable(text: str, file: BicepFile) -> str:
    """What the grammar does not know is taken out in place, so that lines stay as they are: `using`, `extension`, and
    the `param x = …` of parameter files."""
    using = re.search(r"(?m)^using '([^']+)'", text)
    file.using = using.group(1) if using else None
    text = re.sub(r"(?m)^(?:using|extension) .*$", "", text)
    return re.sub(r"(?m)^param (\w+) =", r"var \1 =", text) if file.path.suffix == ".bicepparam" else text


def _syntax(node: Node, file: BicepFile) -> None:
    if node.type == "ERROR" or node.is_missing:
        file.problems.append(file.problem(node.start_point[0] + 1, "syntax", f"not Bicep: {_source(node)[:60]!r}"))
        return
    for child in node.children:
        _syntax(child, file)


def _declare(node: Node, decorators: tuple[str, ...], file: BicepFile) -> None:
    line = node.start_point[0] + 1
    named = [child for child in node.named_children if child.type not in ("comment", "diagnostic_comment")]
    if node.type == "import_functionality":
        path = _source(named[-1]).strip("'")
        for name in (_source(each) for each in named[:-1]):
            file.declarations.append(Declaration(Kind.IMPORT, name, line, target=path))
        return
    kind = _KINDS.get(node.type)
    if kind is None:
        return
    name = _source(named[0])
    if kind in (Kind.RESOURCE, Kind.MODULE):
        file.declarations.append(
            Declaration(
                kind,
                name,
                line,
                value=read(named[-1]),
                target=_source(named[1]).strip("'"),
                existing=any(child.type == "existing" for child in node.children),
                decorators=decorators,
            )
        )
        return
    types, value, parameters, optional = _typed(kind, named[1:])
    file.declarations.append(
        Declaration(
            kind, name, line, value, optional=optional, decorators=decorators, types=types, parameters=parameters
        )
    )


def _typed(kind: Kind, rest: list[Node]) -> tuple[tuple[str, ...], Expression | None, tuple[str, ...], bool]:
    """The names that the type mentions, the value, a function's parameters, and whether it may be left out."""
    if kind is Kind.TYPE:
        return _type_names(rest), None, (), False
    if kind is Kind.VARIABLE:
        return (), read(rest[-1]), (), False
    if kind is Kind.FUNCTION:
        parameters = tuple(_source(each.named_children[0]) for each in rest[0].named_children)
        types = [each.named_children[1] for each in rest[0].named_children] + rest[1:-1]
        return _type_names(types), read(rest[-1]), parameters, False
    if kind is Kind.OUTPUT:
        return _type_names(rest[:-1]), read(rest[-1]), (), False
    nullable = any(_source(each).endswith("?") for each in rest[:1])
    value = read(rest[-1]) if len(rest) > 1 else None
    return _type_names(rest[:1]), value, (), nullable or value is not None


def _type_names(nodes: list[Node]) -> tuple[str, ...]:
    found: list[str] = []

    def visit(node: Node) -> None:
        if node.type in ("decorators", "string", "comment"):
            return
        if node.type == "object_property":
            for child in node.named_children[1:]:
                visit(child)
            return
        if node.type == "identifier" and _source(node) not in _PRIMITIVE:
            found.append(_source(node))
        for child in node.named_children:
            visit(child)

    for node in nodes:
        visit(node)
    return tuple(dict.fromkeys(found))


def _source(node: Node) -> str:
    return (node.text or b"").decode()
