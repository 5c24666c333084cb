"""Microsoft's Python worker, driven in-process: indexing an app and invoking its functions."""

import json
import os
import sys
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from devstack.functions_host import protocol
from devstack.functions_host.configuration import is_disabled
from devstack.functions_host.protocol import TypedData

SERVED_TRIGGERS = frozenset({"httpTrigger", "timerTrigger", "orchestrationTrigger", "activityTrigger"})
SERVED_INPUTS = frozenset({"durableClient"})
SERVED_OUTPUTS = frozenset({"http"})


class IndexingFailed(Exception):
    """The worker refused the app, as it would in Azure; the message is the worker's own, `stack` its trace."""

    def __init__(self, message: str, stack: str = "") -> None:
        super().__init__(message)
        self.stack = stack


class InvocationFailed(Exception):
    """A function raised; the message is `Type: text`, `stack` the trace inside the app."""

    def __init__(self, message: str, stack: str) -> None:
        super().__init__(message)
        self.stack = stack


@dataclass(frozen=True, slots=True)
class Function:
    """One indexed function: its trigger and its further inputs, as the worker described them (JSON objects)."""

    name: str
    function_id: str
    trigger: Mapping[str, Any]
    inputs: tuple[Mapping[str, Any], ...]

    @property
    def trigger_type(self) -> str:
        return str(self.trigger["type"])


type InputSource = Callable[[Mapping[str, Any]], TypedData]
type WebServerStart = Callable[..., str]


class Worker:
    """The app in `app_directory`, indexed by `start`; `functions` by name, without the disabled ones.

    There can be one a process: the worker keeps its registry in module globals, and so does the app.
    """

    def __init__(self, app_directory: Path, start_web_server: WebServerStart) -> None:
        self._app_directory = app_directory.resolve()
        self._start_web_server = start_web_server
        self.functions: dict[str, Function] = {}
        self.input_sources: dict[str, InputSource] = {}

    async def start(self) -> None:
        """Imports and indexes the app inside the running loop; `IndexingFailed` with the worker's reason."""
        # As in Azure: the app's own folder is both on the path and the current directory.
        sys.path.insert(0, str(self._app_directory))
        os.chdir(self._app_directory)
        import azure_functions_runtime as runtime
        from azure_functions_runtime import handle_event

        # The worker would start its own uvicorn for the web extension; who hands the requests over decides.
        handle_event.initialize_http_server = self._start_web_server
        self._runtime = runtime
        runtime.start_threadpool_executor()
        request = SimpleNamespace(
            request=SimpleNamespace(
                worker_init_request=SimpleNamespace(capabilities={}, function_app_directory=str(self._app_directory))
            ),
            properties={"host": "127.0.0.1", "protos": protocol},
        )
        answer = await runtime.worker_init_request(request)
        if answer.result.status != protocol.StatusResult.Success:
            raise IndexingFailed(answer.result.exception.message, answer.result.exception.stack_trace)
        metadata = await runtime.functions_metadata_request(
            SimpleNamespace(request=SimpleNamespace(functions_metadata_request=SimpleNamespace()))
        )
        if not metadata.function_metadata_results:
            raise IndexingFailed(f"No functions found in {self._app_directory / 'function_app.py'}")
        for entry in metadata.function_metadata_results:
            function = _described(entry)
            if not is_disabled(function.name, os.environ):
                self.functions[function.name] = function
        self._require_web_extension()

    def _require_web_extension(self) -> None:
        from azure_functions_runtime.http_v2 import HttpV2Registry

        has_http = any(f.trigger_type == "httpTrigger" for f in self.functions.values())
        if has_http and not HttpV2Registry.http_v2_enabled():
            raise IndexingFailed("HTTP functions need azurefunctions.extensions.http.fastapi on this host")

    async def invoke(
        self,
        name: str,
        data: TypedData,
        *,
        invocation_id: str | None = None,
        trace_parent: str = "",
        trace_state: str = "",
    ) -> str | None:
        """Runs a function to its end and returns what it returned, as JSON text (None for HTTP and timers).

        `KeyError` when there is no such function, `InvocationFailed` when it raised.
        """
        function = self.functions[name]
        inputs = [protocol.ParameterBinding(function.trigger["name"], data)]
        inputs += [
            protocol.ParameterBinding(binding["name"], self.input_sources[binding["type"]](binding))
            for binding in function.inputs
        ]
        invocation = SimpleNamespace(
            invocation_id=invocation_id or str(uuid.uuid4()),
            function_id=function.function_id,
            input_data=inputs,
            trigger_metadata={},
            trace_context=SimpleNamespace(trace_parent=trace_parent, trace_state=trace_state, attributes={}),
            retry_context=SimpleNamespace(retry_count=0, max_retry_count=0, exception=None),
        )
        answer = await self._runtime.invocation_request(
            SimpleNamespace(request=SimpleNamespace(invocation_request=invocation))
        )
        if answer.result.status != protocol.StatusResult.Success:
            raise InvocationFailed(answer.result.exception.message, answer.result.exception.stack_trace)
        return answer.return_value.value if answer.return_value is not None else None

    def stop(self) -> None:
        """Drops synchronous functions that have not begun; those under way cannot be ended."""
        self._runtime.get_threadpool_executor().shutdown(wait=False, cancel_futures=True)


def _described(entry: Any) -> Function:
    bindings = [json.loads(binding) for binding in entry.raw_bindings]
    trigger = next((b for b in bindings if b["type"].endswith("Trigger")), None)
    if trigger is None or trigger["type"] not in SERVED_TRIGGERS:
        kind = trigger["type"] if trigger else "no trigger"
        raise IndexingFailed(f"{entry.name}: this host does not serve {kind}")
    inputs = [b for b in bindings if b["direction"] == "IN" and b is not trigger]
    outputs = [b for b in bindings if b["direction"] != "IN"]
    for binding, served in [(b, SERVED_INPUTS) for b in inputs] + [(b, SERVED_OUTPUTS) for b in outputs]:
        if binding["type"] not in served:
            raise IndexingFailed(f"{entry.name}: this host does not serve the binding {binding['type']}")
    return Function(entry.name, entry.function_id, trigger, tuple(inputs))
