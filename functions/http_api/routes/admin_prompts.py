"""What each mode's model is told. Every edit is a version; going back is activating an older one. Prompts are of the
whole company: a content manager's scope does not narrow them. Effective within 30 s everywhere."""

import asyncio
import hashlib
from typing import Any

from functions.http_api.schemas.prompts import (
    DiffQuery,
    NewPrompt,
    PromptDefault,
    PromptDefaults,
    PromptDiff,
    PromptsQuery,
    PromptView,
)
from shared.db import prompts, steering
from shared.db.pool import Connection
from shared.db.prompts import Prompt
from shared.domain.chat import Mode
from shared.domain.ids import PromptId
from shared.domain.line_diff import line_diff
from shared.domain.prompt_placeholders import require_placeholders
from shared.domain.prompts import DEFAULT_PROMPTS
from shared.errors import Conflict, FieldError, Invalid
from shared.web import auditing
from shared.web.paging import Page, after_time_and_id, page
from shared.web.routes import Call, Policy, Routes

routes = Routes("admin prompts")


@routes.add("GET", "admin/prompts", Policy.CONTENT_MANAGER, query=PromptsQuery, reply=Page[PromptView], errors={})
async def list_prompts(call: Call) -> Page[PromptView]:
    """The versions of the prompts, newest first"""
    query: PromptsQuery = call.query
    async with call.runtime.db.connection() as connection:
        rows = await prompts.list_all(
            connection, mode=query.mode, before=after_time_and_id(query.cursor), limit=query.limit + 1
        )
    return page(rows, query.limit, lambda row: (row.created_at, row.id), PromptView.of)


@routes.add("GET", "admin/prompts/defaults", Policy.CONTENT_MANAGER, reply=PromptDefaults, errors={})
async def list_prompt_defaults(call: Call) -> PromptDefaults:
    """The product's own prompt of each mode, and the placeholders that prompts may hold"""
    async with call.runtime.db.connection() as connection:
        active = await prompts.active_ids(connection)
    return PromptDefaults([PromptDefault.of(mode, DEFAULT_PROMPTS[mode], active.get(mode)) for mode in Mode])


@routes.add(
    "POST",
    "admin/prompts",
    Policy.CONTENT_MANAGER,
    body=NewPrompt,
    reply=PromptView,
    status=201,
    errors={422: ("prompt_placeholders",)},
)
async def create_prompt(call: Call) -> PromptView:
    """Adds a version, which serves at once unless it says otherwise"""
    new: NewPrompt = call.body
    require_placeholders(new.mode, new.prompt_text)
    text = new.prompt_text.replace("\r\n", "\n")
    async with call.runtime.db.transaction() as connection:
        await steering.lock_mode(connection, new.mode)
        prompt_id = await prompts.add(connection, new.mode, text, call.caller.user_id)
        created = await prompts.get(connection, prompt_id)
        await auditing.record(call, connection, "prompt.create", prompt_id, _told_of(created))
        if new.is_active:
            created = await _activate(call, connection, created)
    call.runtime.steering.expire()
    return PromptView.of(created)


@routes.add(
    "POST",
    "admin/prompts/{prompt_id}/activate",
    Policy.CONTENT_MANAGER,
    reply=PromptView,
    errors={404: ("prompt_not_found",), 409: ("prompt_outdated",)},
)
async def activate_prompt(call: Call) -> PromptView:
    """Lets a version serve: the way back to an older one"""
    async with call.runtime.db.transaction() as connection:
        prompt = await _locked(call, connection)
        _require_usable(prompt)
        if not prompt.is_active:
            prompt = await _activate(call, connection, prompt)
    call.runtime.steering.expire()
    return PromptView.of(prompt)


@routes.add(
    "DELETE",
    "admin/prompts/{prompt_id}",
    Policy.SUPER_ADMIN,
    status=204,
    errors={404: ("prompt_not_found",), 409: ("prompt_active",)},
)
async def delete_prompt(call: Call) -> None:
    """Deletes a version that is not the active one; the audit log keeps its text"""
    async with call.runtime.db.transaction() as connection:
        prompt = await _locked(call, connection)
        deleted = await prompts.delete(connection, prompt.id)
        detail = {"before": _told_of(deleted) | {"prompt_text": deleted.text}}
        await auditing.record(call, connection, "prompt.delete", deleted.id, detail)


@routes.add(
    "GET",
    "admin/prompts/{prompt_id}/diff",
    Policy.CONTENT_MANAGER,
    query=DiffQuery,
    reply=PromptDiff,
    errors={404: ("prompt_not_found",), 422: ("prompt_of_another_mode",)},
)
async def diff_prompt(call: Call) -> PromptDiff:
    """What a version changed, line by line, against another one of its mode"""
    query: DiffQuery = call.query
    async with call.runtime.db.connection() as connection:
        newer = await prompts.get(connection, _prompt_id(call))
        if query.against is None:
            older = await prompts.version_before(connection, newer)
        else:
            older = await prompts.get(connection, query.against)
    if older is not None and older.mode is not newer.mode:
        detail = f"This version is one of {older.mode}, not of {newer.mode}"
        raise Invalid(detail + ".", errors=(FieldError("/against", detail),), code="prompt_of_another_mode")
    text = DEFAULT_PROMPTS[newer.mode] if older is None else older.text
    lines = await asyncio.to_thread(line_diff, text, newer.text)
    return PromptDiff.of(newer.id, None if older is None else older.id, lines)


def _prompt_id(call: Call) -> PromptId:
    return PromptId(call.id("prompt_id", "prompt"))


async def _locked(call: Call, connection: Connection) -> Prompt:
    """As it is once its mode is ours; a version never changes its mode."""
    prompt_id = _prompt_id(call)
    await steering.lock_mode(connection, (await prompts.get(connection, prompt_id)).mode)
    return await prompts.get(connection, prompt_id)


def _require_usable(prompt: Prompt) -> None:
    """A version may be older than the placeholders of today."""
    try:
        require_placeholders(prompt.mode, prompt.text)
    except Invalid as error:
        raise Conflict(
            f"This version cannot serve any more. {error.detail} Save it anew with them.", code="prompt_outdated"
        ) from error


async def _activate(call: Call, connection: Connection, prompt: Prompt) -> Prompt:
    before = await prompts.activate(connection, prompt)
    detail = {"mode": prompt.mode, "before": before and str(before), "after": str(prompt.id)}
    await auditing.record(call, connection, "prompt.activate", prompt.id, detail)
    return await prompts.get(connection, prompt.id)


def _told_of(prompt: Prompt) -> dict[str, Any]:
    """For the audit log: enough to prove which text it was."""
    digest = hashlib.sha256(prompt.text.encode()).hexdigest()
    return {"mode": prompt.mode, "characters": len(prompt.text), "sha256": digest}
