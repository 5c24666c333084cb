"""Bodies of the routes' own models: any valid one, and valid ones with something in them that does not belong."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import inspect

# What a caller might hope to set along the way, and names that no model knows.
SMUGGLED = (
    "id", "user_id", "owner_id", "owner", "entra_id", "tenant_id", "role", "roles", "status", "is_active", "is_admin",
    "email", "created_at", "created_by", "updated_at", "reviewed_by", "department", "country", "scope", "audience",
    "session_epoch", "message_id", "run_id", "library_id", "drive_id", "api_key", "__proto__", "constructor",
)  # fmt: skip

_CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")


def bodies(model: Any) -> st.SearchStrategy[Any]:
    """JSON values that `model` takes."""
    (shape,) = inspect.multi_type_info([model])
    return _values(shape).filter(lambda value: _is_taken(model, value))


def _is_taken(model: Any, value: Any) -> bool:
    """What a model demands of its fields together stands in its `__post_init__`, not in its shape."""
    if not hasattr(model, "__post_init__"):
        return True
    try:
        msgspec.convert(value, model, strict=False)
    except msgspec.ValidationError:
        return False
    return True


def fields_of(model: Any) -> set[str]:
    shape = inspect.type_info(model)
    assert isinstance(shape, inspect.StructType), f"{model} is not a struct"
    return {field.encode_name for field in shape.fields}


def smuggled(model: Any) -> st.SearchStrategy[tuple[str, Any]]:
    """A field that `model` does not have, with a value that would tempt."""
    known = fields_of(model)
    names = st.sampled_from([name for name in SMUGGLED if name not in known]) | st.from_regex(
        r"\A[a-z_]{1,20}\Z"
    ).filter(lambda name: name not in known)
    values = st.sampled_from(["super_admin", "reviewed", True, False, None, 0, [], {}]) | st.uuids().map(str)
    return st.tuples(names, values)


def _values(shape: inspect.Type) -> st.SearchStrategy[Any]:
    match shape:
        case inspect.StructType():
            required = {f.encode_name: _values(f.type) for f in shape.fields if f.required}
            optional = {f.encode_name: _values(f.type) for f in shape.fields if not f.required}
            return st.fixed_dictionaries(required, optional=optional)
        case inspect.Metadata():
            # words for the API's description, around the type that they are about
            return _values(shape.type)
        case inspect.StrType():
            return _texts(shape)
        case inspect.UUIDType():
            return st.uuids().map(str)
        case inspect.BoolType():
            return st.booleans()
        case inspect.IntType():
            return st.integers(-(2**53) if shape.ge is None else shape.ge, 2**53 if shape.le is None else shape.le)
        case inspect.FloatType():
            return st.floats(shape.ge, shape.le, allow_nan=False, allow_infinity=False)
        case inspect.EnumType():
            return st.sampled_from([member.value for member in shape.cls])
        case inspect.LiteralType():
            return st.sampled_from(shape.values)
        case inspect.UnionType():
            return st.one_of([_values(one) for one in shape.types])
        case inspect.NoneType():
            return st.none()
        case inspect.ListType():
            return st.lists(_values(shape.item_type), min_size=shape.min_length or 0, max_size=3)
        case inspect.DateTimeType():
            return st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat)
        case _:
            raise NotImplementedError(f"no values are made for {shape} yet")


def _texts(shape: inspect.StrType) -> st.SearchStrategy[str]:
    low, high = shape.min_length or 0, min(shape.max_length or 100, (shape.min_length or 0) + 30)
    if shape.pattern is None or shape.pattern == r"\S":
        texts = st.text(_CHARACTERS, min_size=low, max_size=high)
        return texts if shape.pattern is None else texts.filter(lambda text: text.strip() != "")
    return st.from_regex(shape.pattern, fullmatch=True)
