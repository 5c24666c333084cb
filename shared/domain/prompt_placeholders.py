"""What an administrator's prompt may leave to Nexus to fill in: `{name}`. Passages, history and question are not among
it: where they stand is a matter of safety (S14), not of wording."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from shared.domain.chat import Mode
from shared.errors import FieldError, Invalid

# Braces around one word; doubled they stand for themselves. Braces around anything else (JSON, code) are text.
_BRACED = re.compile(r"\{\{(\w+)\}\}|\{(\w+)\}")

CITATION_RULE = "After every statement put the number of the passage it comes from in square brackets, such as [2]."


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A required one must stand in every prompt of its mode."""

    name: str
    meaning: str
    required: bool = False


_TODAY = Placeholder("today", "The date in UTC, such as 2026-03-31.")
_CITATIONS = Placeholder("citation_rule", "How passages are cited. Without it answers have no sources.", required=True)
PLACEHOLDERS: Mapping[Mode, tuple[Placeholder, ...]] = MappingProxyType(
    {Mode.RAG: (_CITATIONS, _TODAY), Mode.ASSISTANT: (_TODAY,), Mode.NOTEBOOK: (_CITATIONS, _TODAY)}
)


def filled(mode: Mode, prompt: str, *, today: date) -> str:
    """The prompt as a model is told it. What is no placeholder of the mode stays as it is written."""
    values = {"today": today.isoformat(), "citation_rule": CITATION_RULE}
    allowed = {placeholder.name for placeholder in PLACEHOLDERS[mode]}

    def value(match: re.Match[str]) -> str:
        literal, name = match.groups()
        if literal is not None:
            return f"{{{literal}}}"
        return values[name] if name in allowed else match.group()

    return _BRACED.sub(value, prompt)


def require_placeholders(mode: Mode, prompt: str) -> None:
    """Raises Invalid with one error for each placeholder that is unknown or missing; each names those allowed."""
    used = [name for _, name in (match.groups() for match in _BRACED.finditer(prompt)) if name is not None]
    allowed = PLACEHOLDERS[mode]
    names = ", ".join(f"{{{placeholder.name}}}" for placeholder in allowed)
    listed = f"Allowed in {mode} prompts: {names}"
    unknown = sorted(set(used) - {placeholder.name for placeholder in allowed})
    missing = [each.name for each in allowed if each.required and each.name not in used]
    told = [f"{{{name}}} is unknown (doubled braces stand for themselves). {listed}" for name in unknown]
    told += [f"{{{name}}} is missing. {listed}" for name in missing]
    if told:
        errors = tuple(FieldError("/prompt_text", detail) for detail in told)
        raise Invalid(f"This prompt's placeholders are wrong. {listed}.", errors=errors, code="prompt_placeholders")
