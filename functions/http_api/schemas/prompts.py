"""Wire models of the prompts of each mode."""

from datetime import datetime
from typing import Annotated

import msgspec

from shared.db.prompts import Prompt
from shared.domain.chat import Mode
from shared.domain.ids import PromptId, UserId
from shared.domain.line_diff import Change, DiffLine
from shared.domain.prompt_placeholders import PLACEHOLDERS, Placeholder
from shared.web.paging import PageQuery

type PromptText = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=20_000,
        pattern=r"\S",
        description="May hold the mode's placeholders, such as {today}, and must hold the required ones; see "
        "`GET /admin/prompts/defaults`. {{word}} is the text {word}.",
    ),
]


class PromptsQuery(PageQuery, forbid_unknown_fields=True):
    mode: Mode | None = None


class NewPrompt(msgspec.Struct, forbid_unknown_fields=True):
    """`is_active` false only keeps it as a version."""

    mode: Mode
    prompt_text: PromptText
    is_active: bool = True


class AuthorView(msgspec.Struct):
    id: UserId
    display_name: str


class PromptView(msgspec.Struct):
    """One version. `author` is null once Nexus has forgotten the person."""

    id: PromptId
    mode: Mode
    prompt_text: str
    is_active: bool
    author: AuthorView | None
    created_at: datetime

    @classmethod
    def of(cls, prompt: Prompt) -> "PromptView":
        author = prompt.author and AuthorView(prompt.author.id, prompt.author.display_name)
        return cls(prompt.id, prompt.mode, prompt.text, prompt.is_active, author, prompt.created_at)


class PlaceholderView(msgspec.Struct):
    """`name` is written in braces; a prompt without a `required` one is refused."""

    name: str
    meaning: str
    required: bool

    @classmethod
    def of(cls, placeholder: Placeholder) -> "PlaceholderView":
        return cls(placeholder.name, placeholder.meaning, placeholder.required)


class PromptDefault(msgspec.Struct):
    """The product's own prompt, which serves as long as `active_id` is null, and what prompts of the mode may hold."""

    mode: Mode
    prompt_text: str
    active_id: PromptId | None
    placeholders: list[PlaceholderView]

    @classmethod
    def of(cls, mode: Mode, prompt_text: str, active_id: PromptId | None) -> "PromptDefault":
        return cls(mode, prompt_text, active_id, [PlaceholderView.of(each) for each in PLACEHOLDERS[mode]])


class PromptDefaults(msgspec.Struct):
    items: list[PromptDefault]


class DiffQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Left out, `against` is the version before; of the first one the product's own prompt."""

    against: PromptId | None = None


class DiffLineView(msgspec.Struct):
    """Numbered from 1; `old_number` is null for an added line, `new_number` for a removed one."""

    change: Change
    old_number: int | None
    new_number: int | None
    text: str


class PromptDiff(msgspec.Struct):
    """How `prompt_id` differs from `against`, null for the product's own prompt. Without the added lines `lines` is the
    older text, without the removed ones the newer; removed lines come before those that replace them."""

    prompt_id: PromptId
    against: PromptId | None
    added: int
    removed: int
    lines: list[DiffLineView]

    @classmethod
    def of(cls, prompt_id: PromptId, against: PromptId | None, lines: list[DiffLine]) -> "PromptDiff":
        changes = [line.change for line in lines]
        views = [DiffLineView(line.change, line.old_number, line.new_number, line.text) for line in lines]
        return cls(prompt_id, against, changes.count("added"), changes.count("removed"), views)
