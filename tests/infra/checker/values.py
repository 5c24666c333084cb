"""What a template's variables and outputs come to, given its parameters: the pure part of Bicep, worked out here.

Whatever only Azure knows (ids, addresses of resources) is said by the caller as a value of its own."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

from tests.infra.checker.expressions import (
    Array,
    Call,
    Condition,
    Constant,
    Expression,
    Item,
    Lambda,
    Loop,
    Member,
    Name,
    Object,
    Operation,
    Text,
)
from tests.infra.checker.files import BicepFile, Kind


class TemplateFails(Exception):
    """The template's own `fail(…)`."""


AZURE: Mapping[str, Any] = {
    "environment": {
        "suffixes": {"storage": "core.windows.net"},
        "authentication": {"loginEndpoint": "https://login.microsoftonline.com/"},
    },
    "tenant": {"tenantId": "11111111-2222-3333-4444-555555555555"},
    "resourceGroup": {"id": "/subscriptions/s/resourceGroups/rg", "location": "westeurope"},
}


@dataclass(slots=True)
class Values:
    """`known`: parameters, and whatever else the caller says (module outputs, resources)."""

    file: BicepFile
    known: dict[str, Any]
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))

    def output(self, name: str) -> Any:
        value = self.file.of(Kind.OUTPUT)[name].value
        assert value is not None
        return self.of(value, {})

    def variable(self, name: str) -> Any:
        return self.of(Name(0, name), {})

    def of(self, expression: Expression, bound: Mapping[str, Any]) -> Any:
        match expression:
            case Constant(value=value):
                return value
            case Text(parts=parts):
                return "".join(_text(self.of(part, bound)) for part in parts)
            case Name(name=name):
                return self._named(name, bound)
            case Member(of=of, name=name):
                return self.of(of, bound)[name]
            case Item(of=of, key=key):
                return self.of(of, bound)[self.of(key, bound)]
            case Object(properties=properties):
                return {self.of(each.key, bound): self.of(each.value, bound) for each in properties}
            case Array(items=items):
                return [self.of(each, bound) for each in items]
            case Operation(operator=operator, operands=operands):
                return self._operation(operator, operands, bound)
            case Loop(variables=variables, over=over, body=body):
                return [
                    self.of(body, {**bound, **dict(zip(variables, (item, index), strict=False))})
                    for index, item in enumerate(self.of(over, bound))
                ]
            case Lambda(parameters=parameters, body=body):
                return lambda *given: self.of(body, {**bound, **dict(zip(parameters, given, strict=True))})
            case Condition(when=when, body=body):
                return self.of(body, bound) if self.of(when, bound) else None
            case Call():
                return self._call(expression, bound)
            case _:
                raise AssertionError(f"line {expression.line}: {expression}")

    def _named(self, name: str, bound: Mapping[str, Any]) -> Any:
        if name in bound:
            return bound[name]
        if name not in self.known:
            declared = self.file.of(Kind.VARIABLE).get(name) or self.file.of(Kind.PARAMETER).get(name)
            assert declared is not None, f"{name} is not declared in {self.file.path.name}"
            assert declared.value is not None, f"{name} of {self.file.path.name} has no value"
            self.known[name] = self.of(declared.value, {})
        return self.known[name]

    def _operation(self, operator: str, operands: tuple[Expression, ...], bound: Mapping[str, Any]) -> Any:
        first = self.of(operands[0], bound)
        if operator == "?":
            return self.of(operands[1] if first else operands[2], bound)
        if operator == "!":
            return not first
        if operator == "&&":
            return bool(first and self.of(operands[1], bound))
        if operator == "||":
            return bool(first or self.of(operands[1], bound))
        if operator == "??":
            return first if first is not None else self.of(operands[1], bound)
        if len(operands) == 1:
            return -first
        return _BINARY[operator](first, self.of(operands[1], bound))

    def _call(self, call: Call, bound: Mapping[str, Any]) -> Any:
        if call.function in AZURE:
            return AZURE[call.function]
        own = self.file.of(Kind.FUNCTION).get(call.function)
        given = [self.of(each, bound) for each in call.arguments]
        if own is not None and own.value is not None:
            return self.of(own.value, dict(zip(own.parameters, given, strict=True)))
        if call.function == "readEnvironmentVariable":
            if given[0] not in self.environment and len(given) == 1:
                raise KeyError(given[0])
            return self.environment.get(given[0], given[-1])
        if call.function == "loadTextContent":
            return (self.file.path.parent / given[0]).read_text("utf-8")
        return _FUNCTIONS[call.function](*given)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _fail(message: str) -> Any:
    raise TemplateFails(message)


def _items(value: dict[str, Any]) -> list[dict[str, Any]]:
    """Sorted by key, as Bicep does."""
    return [{"key": key, "value": value[key]} for key in sorted(value)]


_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "=~": lambda a, b: a.lower() == b.lower(),
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a // b,
    "%": lambda a, b: a % b,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "bool": lambda text: text.lower() == "true" if isinstance(text, str) else bool(text),
    "concat": lambda *parts: reduce(lambda a, b: a + b, parts),
    "contains": lambda whole, part: part in whole,
    "empty": lambda value: not value,
    "fail": _fail,
    "filter": lambda items, keep: [item for item in items if keep(item)],
    "guid": lambda *parts: "guid:" + ":".join(parts),
    "items": _items,
    "join": lambda items, by: by.join(items),
    "json": json.loads,
    "length": len,
    "map": lambda items, make: [make(item) for item in items],
    "replace": lambda text, old, new: text.replace(old, new),
    "startsWith": lambda text, start: text.lower().startswith(start.lower()),
    "string": lambda value: (
        json.dumps(value, separators=(",", ":")) if isinstance(value, dict | list) else _text(value)
    ),
    "take": lambda whole, count: whole[:count],
    "toLower": str.lower,
    "union": lambda *parts: reduce(lambda a, b: {**a, **b} if isinstance(a, dict) else a + b, parts),
    "uniqueString": lambda *parts: "uniqueabcdef1",
}


def parameter_values(file: BicepFile, environment: Mapping[str, str]) -> dict[str, Any]:
    """What a parameter file says, with these environment variables."""
    values = Values(file, {}, environment)
    return {name: values.variable(name) for name in file.of(Kind.VARIABLE)}
