"""Bicep's expressions as Python values, made of tree-sitter's tree.

The grammar binds some things too loosely: in `map(a, x => x.b)` it takes `.b` of the whole lambda, in `a ? b : c!.d`
`.d` of the whole condition, in `a && b.c == d` `==` after the `&&`, and in arrays it splits `f(x)`. `read` mends that,
so that what comes after works on expressions as Bicep means them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node


@dataclass(frozen=True, slots=True)
class Expression:
    line: int


@dataclass(frozen=True, slots=True)
class Constant(Expression):
    value: str | int | bool | None


@dataclass(frozen=True, slots=True)
class Text(Expression):
    """A string with ${…} in it."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Name(Expression):
    name: str


@dataclass(frozen=True, slots=True)
class Member(Expression):
    """`of.name`, `of.?name`, `of::name`."""

    of: Expression
    name: str


@dataclass(frozen=True, slots=True)
class Item(Expression):
    """`of[key]`."""

    of: Expression
    key: Expression


@dataclass(frozen=True, slots=True)
class Call(Expression):
    """`of` is the namespace or nothing: `sys.concat(…)`, `concat(…)`."""

    function: str
    arguments: tuple[Expression, ...]
    of: Expression | None = None


@dataclass(frozen=True, slots=True)
class Property(Expression):
    key: Expression
    value: Expression


@dataclass(frozen=True, slots=True)
class Object(Expression):
    properties: tuple[Property, ...]

    def __contains__(self, name: str) -> bool:
        return self.get(name) is not None

    def get(self, name: str) -> Expression | None:
        return next((p.value for p in self.properties if p.key == Constant(p.key.line, name)), None)


@dataclass(frozen=True, slots=True)
class Array(Expression):
    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Operation(Expression):
    """`! -` of one, `&& || == …` of two, `?` of three operands."""

    operator: str
    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Lambda(Expression):
    parameters: tuple[str, ...]
    body: Expression


@dataclass(frozen=True, slots=True)
class Loop(Expression):
    variables: tuple[str, ...]
    over: Expression
    body: Expression


@dataclass(frozen=True, slots=True)
class Condition(Expression):
    """`if (when) {…}` before a body."""

    when: Expression
    body: Expression


class Unreadable(Exception):
    """A construct that the checker does not know: better said than passed over."""


def read(node: Node) -> Expression:
    line = node.start_point[0] + 1
    named = [child for child in node.named_children if child.type not in ("comment", "diagnostic_comment")]
    match node.type:
        case "string":
            return _text(node, named, line)
        case "number":
            return Constant(line, int(_source(node)))
        case "boolean":
            return Constant(line, _source(node) == "true")
        case "null":
            return Constant(line, None)
        case "identifier" | "property_identifier" | "loop_variable" | "loop_enumerator":
            return Name(line, _source(node))
        case "parenthesized_expression" | "nullable_type":
            return read(named[0])
        case "member_expression" | "resource_expression" | "subscript_expression":
            return _innermost(node, lambda inner: inner)
        case "call_expression":
            return _call(named, line)
        case "object":
            return Object(line, tuple(_property(each) for each in named if each.type == "object_property"))
        case "array":
            return Array(line, _items(named))
        case "unary_expression":
            return Operation(line, _operator(node), (read(named[0]),))
        case "binary_expression":
            operator, right = _operator(node), read(named[1])
            return _operated(named[0], operator, right, line)
        case "ternary_expression":
            then, otherwise = read(named[1]), read(named[2])
            return _inside(read(named[0]), lambda inner: Operation(line, "?", (inner, then, otherwise)))
        case "lambda_expression":
            parameters = named[0].named_children or [named[0]]
            return Lambda(line, tuple(_source(each) for each in parameters), read(named[-1]))
        case "for_statement":
            head = named[0]
            variables = head.named_children if head.type == "for_loop_parameters" else [head]
            return Loop(line, tuple(_source(each) for each in variables), read(named[1]), read(named[-1]))
        case "if_statement":
            return Condition(line, read(named[0]), read(named[1]))
        case "interpolation":
            return read(named[0])
        case _:
            raise Unreadable(f"line {line}: {node.type}: {_source(node)[:60]}")


def _source(node: Node) -> str:
    return (node.text or b"").decode()


def _operator(node: Node) -> str:
    return next(child.type for child in node.children if not child.is_named)


def _inside(of: Expression, wrap: Callable[[Expression], Expression]) -> Expression:
    """Around the expression, or around the body of the lambda that the grammar has ended too early."""
    return replace(of, body=wrap(of.body)) if isinstance(of, Lambda) else wrap(of)


# The looser first.
_BINDING = ("?", "??", "||", "&&", "== != =~ !~", "< <= > >=", "+ -", "* / %")


def _operated(left: Node, operator: str, right: Expression, line: int) -> Expression:
    def combine(found: Expression) -> Expression:
        if isinstance(found, Lambda):
            return replace(found, body=combine(found.body))
        if isinstance(found, Operation) and len(found.operands) > 1 and _binding(found.operator) < _binding(operator):
            return replace(found, operands=(*found.operands[:-1], combine(found.operands[-1])))
        return Operation(line, operator, (found, right))

    found = read(left)
    return Operation(line, operator, (found, right)) if left.type == "parenthesized_expression" else combine(found)


def _binding(operator: str) -> int:
    return next(place for place, level in enumerate(_BINDING) if operator in level.split())


def _innermost(node: Node, wrap: Callable[[Expression], Expression]) -> Expression:
    """Around the last operand: what stands before a `.` or `[` without parentheses is never a whole operation."""
    line = node.start_point[0] + 1
    match node.type:
        case "member_expression" | "resource_expression":
            name = _source(node.named_children[-1])
            return _innermost(node.named_children[0], lambda inner: wrap(Member(line, inner, name)))
        case "subscript_expression":
            key = read(node.named_children[-1])
            return _innermost(node.named_children[0], lambda inner: wrap(Item(line, inner, key)))
        case "lambda_expression" | "ternary_expression" | "binary_expression" | "unary_expression":
            found, last = read(node), _innermost(node.named_children[-1], wrap)
            if isinstance(found, Lambda):
                return replace(found, body=last)
            assert isinstance(found, Operation)
            return replace(found, operands=(*found.operands[:-1], last))
        case _:
            return wrap(read(node))


def _text(node: Node, named: list[Node], line: int) -> Expression:
    source = _source(node)
    if source.startswith("'''"):
        return Constant(line, source[3:-3].removeprefix("\n"))
    parts: list[Expression] = []
    for child in named:
        if child.type == "interpolation":
            parts.append(read(child))
        else:
            parts.append(Constant(line, _unescaped(_source(child))))
    if all(isinstance(part, Constant) for part in parts):
        return Constant(line, "".join(str(part.value) for part in parts if isinstance(part, Constant)))
    return Text(line, tuple(parts))


def _unescaped(text: str) -> str:
    for written, meant in (("\\'", "'"), ("\\n", "\n"), ("\\t", "\t"), ("\\${", "${"), ("\\\\", "\\")):
        text = text.replace(written, meant)
    return text


def _items(nodes: list[Node]) -> tuple[Expression, ...]:
    """Inside arrays the grammar ends an item too early as well: of `[f(x)]` it makes `f` and `(x)`, of `[a[0]]` `a` and
    `[0]`. What follows without a gap belongs together."""
    found: list[Expression] = []
    end = -1
    for node in nodes:
        line = node.start_point[0] + 1
        if node.start_byte == end and node.type == "parenthesized_expression":
            found[-1] = _called(found[-1], tuple(read(each) for each in node.named_children), line)
        elif node.start_byte == end and node.type == "array":
            found[-1] = Item(line, found[-1], read(node.named_children[0]))
        else:
            found.append(read(node))
        end = node.end_byte
    return tuple(found)


def _call(named: list[Node], line: int) -> Expression:
    return _called(read(named[0]), tuple(read(each) for each in named[-1].named_children), line)


def _called(callee: Expression, arguments: tuple[Expression, ...], line: int) -> Expression:
    match callee:
        case Name(name=name):
            return Call(line, name, arguments)
        case Member(of=of, name=name):
            return Call(line, name, arguments, of)
        case Lambda(parameters=parameters, body=Name(name=name)):
            return Lambda(line, parameters, Call(line, name, arguments))
        case _:
            raise Unreadable(f"line {line}: a call of {callee}")


def _property(node: Node) -> Property:
    line = node.start_point[0] + 1
    key, value = (child for child in node.named_children if child.type != "comment")
    read_key = read(key)
    if isinstance(read_key, Name):
        read_key = Constant(line, read_key.name)
    return Property(line, read_key, read(value))
