"""Finds in a prompt what the offline model needs: the numbered passages, the question, and what kind of task it is."""

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from devstack.models.wire import Refused, clean

# The product's prompt: `<<<DOCUMENTS marker>>>`, then `[n] file | page | section` lines each followed by its text,
# then `<<<END marker>>>`. Whatever else stands between the angle brackets is not ours to judge.
_BLOCK = re.compile(
    r"^[ \t]*<<<DOCUMENTS[ \t]+(\S+?)[ \t]*>>>[ \t]*\n(.*?)^[ \t]*<<<END[ \t]+\1[ \t]*>>>", re.MULTILINE | re.DOTALL
)
_HEADER = re.compile(r"^\[(\d+)\][ \t]+(.*)$", re.MULTILINE)
_TALK = re.compile(r"^(?:user|assistant): ", re.MULTILINE)
_LABEL = re.compile(r"^\s*(?:question|frage)\s*:\s*", re.IGNORECASE | re.MULTILINE)


class Task(StrEnum):
    ANSWER = "answer"
    TITLE = "title"
    QUERIES = "queries"


@dataclass(frozen=True, slots=True)
class Message:
    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Passage:
    """`number` is the one to cite; `header` the file, page and section after it."""

    number: int
    header: str
    text: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """`passages` is None when the prompt has no document block at all, empty when the block is."""

    task: Task
    question: str
    earlier: tuple[str, ...]
    passages: tuple[Passage, ...] | None
    wants_object: bool = False


def messages(given: Any, param: str = "messages") -> list[Message]:
    """Chat messages with plain or part-wise content. Raises Refused as OpenAI does."""
    if not isinstance(given, list) or not given:
        raise Refused(400, f"Invalid '{param}': empty array.", param=param, code="empty_array")
    return [_message(item, f"{param}[{index}]") for index, item in enumerate(given)]


def _message(item: Any, where: str) -> Message:
    if not isinstance(item, dict) or item.get("role") not in ("system", "developer", "user", "assistant", "tool"):
        raise Refused(400, f"Invalid value for '{where}.role'.", param=f"{where}.role", code="invalid_value")
    content = item.get("content")
    if isinstance(content, list):
        content = "".join(part.get("text", "") for part in content if isinstance(part, dict))
    if content is None and item["role"] == "assistant":
        content = ""
    if not isinstance(content, str):
        raise Refused(400, f"Invalid type for '{where}.content'.", param=f"{where}.content", code="invalid_type")
    return Message("system" if item["role"] == "developer" else item["role"], clean(content))


def read(chat: list[Message]) -> Prompt:
    instructions = "\n".join(message.text for message in chat if message.role == "system")
    turns = [message for message in chat if message.role in ("user", "assistant")]
    asked = [message.text for message in turns if message.role == "user"]
    last = asked[-1] if asked else ""
    passages: tuple[Passage, ...] | None = None
    for text in (message.text for message in chat):
        for block in _BLOCK.finditer(text):
            passages = numbered(block.group(2))
    question = _question(last)
    task = Task.ANSWER if passages is not None else _task(instructions)
    earlier = tuple(_question(message.text) for message in turns if message.text is not last)
    if task is Task.QUERIES and len(talk := _TALK.split(last)) > 1:
        # The product sends the whole conversation in one turn, a line each: "user: …", "assistant: …".
        question, earlier = talk[-1].strip(), tuple(text.strip() for text in talk if text.strip())[:-1]
    return Prompt(task, question, earlier, passages, '"queries"' in instructions)


def numbered(block: str) -> tuple[Passage, ...]:
    """The passages of a block. A line of a passage can look like a header (footnotes do): true ones count up."""
    headers: list[re.Match[str]] = []
    for found in _HEADER.finditer(block):
        if not headers or int(found[1]) == int(headers[-1][1]) + 1:
            headers.append(found)
    ends = [header.start() for header in headers[1:]] + [len(block)] * bool(headers)
    return tuple(
        Passage(int(header[1]), header[2].strip(), block[header.end() : end].strip("\n"))
        for header, end in zip(headers, ends, strict=True)
    )


def _question(text: str) -> str:
    rest = _BLOCK.sub("", text)
    labelled = _LABEL.search(rest)
    return (rest[labelled.end() :] if labelled else rest).strip()


def _task(instructions: str) -> Task:
    if re.search(r"\btitle\b|\btitel\b", instructions, re.IGNORECASE):
        return Task.TITLE
    if re.search(r"\bJSON\b", instructions) and re.search(r"quer(?:y|ies)", instructions, re.IGNORECASE):
        return Task.QUERIES
    return Task.ANSWER


def as_json(queries: list[str], *, wants_object: bool) -> str:
    return json.dumps({"queries": queries} if wants_object else queries, ensure_ascii=False)
