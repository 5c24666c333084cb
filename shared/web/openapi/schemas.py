"""The models as components: their names, what of them is always there, and an example of each."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import inspect

from shared.web.openapi import events
from shared.web.openapi.examples import Examples
from shared.web.openapi.problems import Problem

_REF = "#/components/schemas/"

# What Python takes for white space, spelled out: ECMAScript, whose patterns JSON Schema has, means other characters.
_NO_SPACE = r"[^\t-\r\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"


class Schemas:
    """`lacking` says which names and examples are missing, as sentences."""

    def __init__(self, *, requests: list[Any], queries: list[Any], replies: list[Any]) -> None:
        models = [*requests, *queries, *replies, Problem, *events.MODELS]
        shapes, components = msgspec.json.schema_components(models, ref_template=_REF + "{name}")
        names = {name: _readable(name) for name in components}
        self._all: dict[str, dict[str, Any]] = {names[name]: _renamed(part, names) for name, part in components.items()}
        self._shapes = {repr(model): _renamed(shape, names) for model, shape in zip(models, shapes, strict=True)}
        self._complete(models)
        taken = _reachable([self.of(model) for model in (*requests, *queries)], self._all)
        for name in self._all.keys() - taken:
            _always_sent(self._all[name])
        events.complete(self._all)
        self.examples = Examples(self._all)
        only_queries = {_name(self.of(model)) for model in queries}
        self.components = {name: part for name, part in sorted(self._all.items()) if name not in only_queries}
        for name, part in self.components.items():
            part["examples"] = [self.examples.of({"$ref": _REF + name})]
        self.lacking = [*self.examples.missing, *(_ambiguous(name) for name in self.components if "." in name)]

    def of(self, model: Any) -> dict[str, Any]:
        """The schema to write where this model is meant."""
        return self._shapes[repr(model)]

    def fields(self, model: Any) -> tuple[str, Mapping[str, dict[str, Any]], set[str]]:
        """A model's name, its fields, and which of them are required."""
        name = _name(self.of(model))
        part = self._all[name]
        return name, part.get("properties", {}), set(part.get("required", []))

    def _complete(self, models: list[Any]) -> None:
        """msgspec says `format: date-time` only where an offset is demanded; what Nexus sends always has one."""
        for kind in _structures(inspect.multi_type_info(models)):
            part = self._all.get(kind.cls.__name__, {})
            for field in kind.fields:
                if _is_moment(field.type) and field.encode_name in part.get("properties", {}):
                    _with_format(part["properties"][field.encode_name])


def _readable(name: str) -> str:
    """`Page_UserView_` → `PageOfUserView`."""
    generic = re.fullmatch(r"(\w+?)_(\w+)_", name)
    return f"{generic.group(1)}Of{generic.group(2)}" if generic else name


def _name(shape: Mapping[str, Any]) -> str:
    return shape["$ref"].removeprefix(_REF)


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    """With the names that clients see; and an object of any fields says so, which generators else take for empty."""
    if isinstance(value, dict):
        if value == {"type": "object"}:
            return {"type": "object", "additionalProperties": True}
        if value.get("pattern") == r"\S":
            value = value | {"pattern": _NO_SPACE}
        return {
            key: _REF + names[item.removeprefix(_REF)] if key == "$ref" else _renamed(item, names)
            for key, item in value.items()
        }
    return [_renamed(item, names) for item in value] if isinstance(value, list) else value


def _reachable(shapes: Iterable[Any], components: Mapping[str, Any]) -> set[str]:
    found: set[str] = set()
    waiting: list[Any] = list(shapes)
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            if "$ref" in value and (name := _name(value)) not in found:
                found.add(name)
                waiting.append(components[name])
            waiting += value.values()
    return found


def _always_sent(part: dict[str, Any]) -> None:
    """In a reply a field with a default is sent as any other, unless its default is that it is not."""
    fields = part.get("properties", {})
    required = set(part.get("required", []))
    sent = [name for name, field in fields.items() if name in required or field.get("default", []) != []]
    if fields:
        part["required"] = sent
    for field in fields.values():
        field.pop("default", None)


def _structures(kinds: Iterable[inspect.Type]) -> Iterable[Any]:
    """Every struct and dataclass that these types hold."""
    seen: set[int] = set()
    waiting: list[Any] = list(kinds)
    while waiting:
        kind = waiting.pop()
        if id(kind) in seen:
            continue
        seen.add(id(kind))
        if isinstance(kind, inspect.StructType | inspect.DataclassType):
            yield kind
            waiting += [field.type for field in kind.fields]
        elif isinstance(kind, inspect.UnionType):
            waiting += kind.types
        elif isinstance(kind, inspect.Metadata):
            waiting.append(kind.type)
        elif isinstance(kind, inspect.DictType):
            waiting.append(kind.value_type)
        elif isinstance(kind, inspect.TupleType):
            waiting += kind.item_types
        elif isinstance(kind, inspect.ListType | inspect.VarTupleType):
            waiting.append(kind.item_type)


def _is_moment(kind: Any) -> bool:
    if isinstance(kind, inspect.UnionType):
        return any(isinstance(each, inspect.DateTimeType) for each in kind.types)
    return isinstance(kind, inspect.DateTimeType)


def _with_format(shape: dict[str, Any]) -> None:
    for each in shape.get("anyOf", [shape]):
        if each.get("type") == "string":
            each["format"] = "date-time"


def _ambiguous(name: str) -> str:
    return f"Two models are called {name.rpartition('.')[2]} ({name} is one): clients see that name, so rename one"
