"""What schemathesis is told about Nexus, by its own hooks (SCHEMATHESIS_HOOKS names this module).

Ids that there are, so that valid calls get behind the 404; what valid data may still be refused for; and streams in the
words of OpenAPI 3.2, in which schemathesis checks them event by event.
"""

import json
import os
import re
import zlib
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis.generation.meta import TestPhase

# Ids by operation and name: a file written by the test that starts schemathesis.
_IDS: dict[str, dict[str, str]] = json.loads(Path(os.environ["NEXUS_FUZZ_IDS"]).read_text("utf-8"))

# Rules over several fields, or over what an installation is set to: no JSON schema says them, so that valid data breaks
# them. By operation, the fields that a refusal may point at. Every other refusal needs a code of the route's own.
_RULES: dict[str, set[str]] = {
    "ask": {"/content"},
    "auth_login": {"/redirect_uri"},
    "create_conversation": {"/mode"},
    "explain_document": {"/document_id", "/user_id"},
    "make_eval_case": {"/expected"},
    "list_audit": {"/from", "/to"},
    "export_audit": {"/from", "/to"},
}


def _is_valid(case: schemathesis.Case) -> bool:
    return case.meta is not None and case.meta.generation.mode is schemathesis.GenerationMode.POSITIVE


def _name(case: schemathesis.Case) -> str:
    return case.operation.definition.raw["operationId"]


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case, kwargs: dict[str, Any]) -> None:
    """Of every four valid calls three name something that there is. Which is chosen by what was generated, so that a
    seed brings the same calls again; calls that are wrong on purpose stay as they are."""
    if not _is_valid(case):
        return
    assert case.meta is not None
    if case.meta.phase.name is TestPhase.STATEFUL:
        return  # it names what it has made itself
    if isinstance(case.query, dict):
        # a cursor is made by the list that it belongs to, not by a schema
        case.query.pop("cursor", None)
    known = _IDS.get(_name(case), {})
    for part in (case.path_parameters, case.query, case.body):
        for name in part.keys() & known.keys() if isinstance(part, dict) else ():
            if isinstance(part[name], str) and zlib.crc32(f"{name}{part[name]}".encode()) % 4:
                part[name] = known[name]


@schemathesis.check
def valid_data_is_refused_by_rules_only(
    context: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case
) -> None:
    """422 for data that the schema takes must name the rule that it broke: a code of the route, or a known pointer.
    schemathesis' own check (positive_data_acceptance) takes no 422 at all and is told to."""
    if response.status_code == 422 and _is_valid(case):
        problem = response.json()
        pointers = {error["pointer"] for error in problem.get("errors", [])}
        rules = _RULES.get(_name(case), set()) | {"/cursor"}
        told = problem["code"] not in ("invalid", "invalid_json") or pointers & rules
        # 24.0 is an integer to JSON Schema, and to no JSON writer that has one
        told = told or re.match(r"Expected `int.*got `float`", problem["detail"])
        assert told, f"the schema takes what the route refuses: {problem}"


@schemathesis.hook
def before_load_schema(context: schemathesis.HookContext, raw_schema: dict[str, Any]) -> None:
    schemas = raw_schema["components"]["schemas"]
    for methods in raw_schema["paths"].values():
        for operation in methods.values():
            stream = operation["responses"].get("200", {}).get("content", {}).get("text/event-stream")
            if stream is not None:
                item = stream.pop("schema")["contentSchema"]["items"]
                if "$ref" in item:
                    item = schemas[item["$ref"].rpartition("/")[2]]
                stream["itemSchema"] = {"anyOf": [_on_the_wire(kind) for kind in item.get("oneOf", [item])]}


def _on_the_wire(event: dict[str, Any]) -> dict[str, Any]:
    """An event as it is sent: its data is a string, and `message` is what an event without a name is."""
    fields = event["properties"]
    data = {"type": "string", "contentMediaType": "application/json", "contentSchema": fields["data"]}
    required = ["id", "data"] if fields["event"]["const"] == "message" else ["id", "event", "data"]
    return {"type": "object", "required": required, "properties": {**fields, "data": data}}
