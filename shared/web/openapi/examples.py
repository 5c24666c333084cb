"""Examples, made from a model's schema and the product's own words."""

import copy
from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from shared.web.openapi import example_values

_MOMENT = "2026-03-02T09:30:00Z"
_DAY = "2026-03-02"


class Examples:
    """`missing` names the fields for which there is no word, as sentences."""

    def __init__(self, components: Mapping[str, Mapping[str, Any]]) -> None:
        self._components = components
        self.missing: list[str] = []

    def of(self, shape: Mapping[str, Any], model: str = "", field: str = "") -> Any:
        """A value that the schema takes; of a field, the word that the vocabulary has for it."""
        for key in (f"{model}.{field}", field):
            if key in example_values.FIELDS and self._fits(example_values.FIELDS[key], shape):
                return copy.deepcopy(example_values.FIELDS[key])
        if "$ref" in shape:
            name = shape["$ref"].rpartition("/")[2]
            if name in example_values.MODELS:
                return copy.deepcopy(example_values.MODELS[name])
            return self.of(self._components[name], name if "properties" in self._components[name] else model, field)
        if "const" in shape:
            return shape["const"]
        if "enum" in shape:
            return shape["enum"][0]
        if shape.get("examples"):
            return shape["examples"][0]
        if shape.get("default") is not None:
            return shape["default"]
        for several in ("anyOf", "oneOf"):
            if several in shape:
                return self.of(next(each for each in shape[several] if each.get("type") != "null"), model, field)
        return self._of_type(shape, model, field)

    def _of_type(self, shape: Mapping[str, Any], model: str, field: str) -> Any:
        match shape.get("type"):
            case "object":
                properties: Mapping[str, Any] = shape.get("properties", {})
                return {name: self.of(each, model, name) for name, each in properties.items()}
            case "array":
                items: Mapping[str, Any] = shape.get("items", {})
                return [self.of(items, model, field)] if "$ref" in items or "anyOf" in items else []
            case "string" if shape.get("format") == "uuid":
                return str(uuid5(NAMESPACE_URL, f"nexus:{model if field == 'id' else field}"))
            case "string" if shape.get("format") == "date-time":
                return _MOMENT
            case "string" if shape.get("format") == "date":
                return _DAY
            case "string":
                self._miss(model, field)
                return "text"
            case "integer" | "number":
                self._miss(model, field)
                return shape.get("minimum", 1)
            case "boolean":
                return False
            case _:
                return {}

    def _fits(self, word: Any, shape: Mapping[str, Any]) -> bool:
        """One name may mean a text here and a number there: a word is taken only where it is of the right kind."""
        if "$ref" in shape:
            return self._fits(word, self._components[shape["$ref"].rpartition("/")[2]])
        for several in ("anyOf", "oneOf"):
            if several in shape:
                return any(self._fits(word, each) for each in shape[several])
        if "enum" in shape:
            return word in shape["enum"]
        match shape.get("type"):
            case "string":
                return isinstance(word, str) and shape.get("format") != "uuid"
            case "integer":
                return isinstance(word, int) and not isinstance(word, bool)
            case "number":
                return isinstance(word, int | float) and not isinstance(word, bool)
            case "boolean":
                return isinstance(word, bool)
            case "array":
                items: Mapping[str, Any] = shape.get("items", {})
                return isinstance(word, list) and all(self._fits(each, items) for each in word)  # pyright: ignore
            case "object":
                return isinstance(word, dict) and "properties" not in shape
            case "null":
                return word is None
            case _:
                return True

    def _miss(self, model: str, field: str) -> None:
        sentence = f"{model}.{field} has no example: add a word for {field!r} to FIELDS in {example_values.PLACE}"
        if field and sentence not in self.missing:
            self.missing.append(sentence)
