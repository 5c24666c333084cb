"""The messages between host and worker.

In Azure they are protobuf over gRPC (FunctionRpc.proto). The worker only reads attributes and calls
constructors of the module it is given as `protos`, so plain objects with the same names do; this module is
what the worker gets.
"""

from types import SimpleNamespace
from typing import Any


class Message:
    """Any message without behaviour: what it is constructed with are its attributes."""

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.__dict__})"


class BindingInfo(Message):
    undefined = None
    out = 1
    inout = 2


# `in` is a keyword, and yet what the enum member is called.
setattr(BindingInfo, "in", 0)


class StatusResult(Message):
    Failure = 0
    Success = 1
    Cancelled = 2


class RpcException(Message):
    """`message`, `stack_trace`."""


class WorkerInitResponse(Message):
    """`capabilities`, `worker_metadata`, `result`."""


class WorkerMetadata(Message):
    """What the worker says about itself."""


class RpcFunctionMetadata(Message):
    """`name`, `function_id`, `raw_bindings` (JSON texts), …"""


class RpcRetryOptions(Message):
    """The retry policy of a function."""


class FunctionMetadataResponse(Message):
    """`function_metadata_results`, `result`."""


class InvocationResponse(Message):
    """`return_value`, `output_data`, `result`."""


class RpcHttpCookie(Message):
    SameSite = SimpleNamespace(**{"None": 0, "Lax": 1, "Strict": 2, "ExplicitNone": 3})


class TypedData:
    """A value under the name of its kind: `TypedData(json="{}")`; without one it is nothing."""

    def __init__(self, **value: Any) -> None:
        self._kind = next(iter(value), None)
        self.__dict__.update(value)

    def WhichOneof(self, _group: str) -> str | None:
        return self._kind

    @property
    def value(self) -> Any:
        return getattr(self, self._kind) if self._kind else None


class RpcHttp(Message):
    """An HTTP request as the worker reads it; with the web extension only `params` carry anything."""

    def __init__(self, *, params: dict[str, str]) -> None:
        super().__init__(method="", url="", headers={}, body=TypedData(), params=params, query={})


class ParameterBinding:
    """The value of one parameter of a function."""

    def __init__(self, name: str, data: TypedData) -> None:
        self.name = name
        self.data = data

    def WhichOneof(self, _group: str) -> str:
        return "data"
