"""What a test wants the model to say or to suffer next (`POST /_control/script`)."""

import re
from collections import deque
from dataclasses import dataclass
from typing import Any

import msgspec

from devstack.models.prompt_reading import Passage, Prompt, Task

OBEDIENCE = r"(?i)ignore (?:all |any )?(?:previous|prior|above) instructions[^.:\n]*[.:]?\s*(?P<order>[^\n]*)"


class Script(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All fields may be left out.

    text               said instead of an answer
    tokens_per_second  0: as fast as it goes
    first_token_ms     waited before the first token
    invent_citations   put as ` [x]` behind the answer's first sentence
    refusal            said as a refusal (`delta.refusal`)
    usage              reported instead of what was counted; null: none is reported
    finish_reason      such as length or content_filter
    obey               true, or a pattern whose group `order` (else its first, else all of it) is said when it is
                       found in a passage: a model that follows what documents tell it
    prompt_filtered    true: 400, refused by the provider's content filter
    cut_after_tokens, hang_after_tokens, malformed_after_tokens
                       the stream breaks, stays open in silence, or holds a line that is no JSON, after n tokens
    error_after_tokens the stream itself says, after n tokens, that the provider is overloaded, and ends
    task               answer (default), title, queries or any: which calls this is for
    times              for this many calls, in the order posted; without it, for all until cleared or replaced
    """

    text: str | None = None
    tokens_per_second: float | None = None
    first_token_ms: float = 0
    invent_citations: list[int | str] = []
    refusal: str | None = None
    usage: dict[str, Any] | msgspec.UnsetType | None = msgspec.UNSET
    finish_reason: str | None = None
    obey: bool | str = False
    prompt_filtered: bool = False
    cut_after_tokens: int | None = None
    hang_after_tokens: int | None = None
    malformed_after_tokens: int | None = None
    error_after_tokens: int | None = None
    task: str = "answer"
    times: int | None = None

    def order_in(self, passages: tuple[Passage, ...]) -> str | None:
        """What the first passage with an order tells the model to say."""
        if self.obey is False:
            return None
        pattern = re.compile(OBEDIENCE if self.obey is True else self.obey)
        for passage in passages:
            if found := pattern.search(passage.text):
                groups = found.groupdict()
                return groups.get("order") or (found[1] if pattern.groups else found[0])
        return None

    def fits(self, task: Task) -> bool:
        return self.task in ("any", task.value)


@dataclass(slots=True)
class _Left:
    script: Script
    times: int


class Scripts:
    def __init__(self) -> None:
        self._counted: deque[_Left] = deque()
        self._standing: dict[str, Script] = {}

    async def post(self, given: dict[str, Any]) -> dict[str, Any]:
        """For FaultControl. Raises ValueError, which becomes its 400."""
        script = msgspec.convert(given, Script)
        if script.task not in ("any", *Task):
            raise ValueError(f"task cannot be {script.task!r}")
        if isinstance(script.obey, str):
            try:
                re.compile(script.obey)
            except re.error as error:
                raise ValueError(f"obey is no regular expression: {error}") from error
        if script.times is None:
            self._standing[script.task] = script
        else:
            self._counted.append(_Left(script, script.times))
        return {"status": "ok", "waiting": len(self._counted), "standing": sorted(self._standing)}

    def clear(self) -> None:
        self._counted.clear()
        self._standing.clear()

    def next(self, prompt: Prompt) -> Script:
        """The script for this call, counted down; an empty one when there is none."""
        for left in self._counted:
            if left.script.fits(prompt.task):
                left.times -= 1
                if left.times <= 0:
                    self._counted.remove(left)
                return left.script
        return self._standing.get(prompt.task.value) or self._standing.get("any") or Script()
