"""A person's notebook sessions."""

import msgspec

from functions.notebook_proxy.schemas import (
    FileView,
    NewNotebookSession,
    NotebookSessionChange,
    NotebookSessionView,
    NotebookSessionWithFiles,
)
from shared.db import notebooks, uploads
from shared.domain.ids import NotebookSessionId
from shared.errors import Unavailable
from shared.web.paging import Page, PageQuery, after_time_and_id, page
from shared.web.routes import Call, Policy, Reply, Routes

routes = Routes("notebook")


def session_id(call: Call) -> NotebookSessionId:
    return NotebookSessionId(call.id("session_id", "notebook session"))


@routes.add(
    "POST",
    "notebook/sessions",
    Policy.SIGNED_IN,
    body=NewNotebookSession,
    reply=NotebookSessionView,
    status=201,
    errors={429: ("too_many_sessions",)},
)
async def create_notebook_session(call: Call) -> NotebookSessionView:
    """A private workspace for uploaded files, gone after 24 hours unless pinned"""
    new: NewNotebookSession = call.body
    limits = call.runtime.settings.notebook.limits
    async with call.runtime.db.transaction() as connection:
        return NotebookSessionView.of(await notebooks.create(connection, call.caller, new.title, limits))


@routes.add("GET", "notebook/sessions", Policy.SIGNED_IN, query=PageQuery, reply=Page[NotebookSessionView], errors={})
async def list_notebook_sessions(call: Call) -> Page[NotebookSessionView]:
    """The caller's notebook sessions, newest first, with the time left"""
    query: PageQuery = call.query
    after = after_time_and_id(query.cursor)
    async with call.runtime.db.connection() as connection:
        rows = await notebooks.list_own(connection, call.caller, after=after, limit=query.limit + 1)
    return page(rows, query.limit, lambda row: (row.created_at, row.id), NotebookSessionView.of)


@routes.add(
    "GET",
    "notebook/sessions/{session_id}",
    Policy.SIGNED_IN,
    reply=NotebookSessionWithFiles,
    errors={404: ("notebook_session_not_found",)},
)
async def get_notebook_session(call: Call) -> NotebookSessionWithFiles:
    """A notebook session with its files and how far each is"""
    async with call.runtime.db.connection() as connection:
        session = await notebooks.get(connection, call.caller, session_id(call))
        files = await uploads.of_session(connection, session.id)
    return NotebookSessionWithFiles(NotebookSessionView.of(session), [FileView.of(file) for file in files])


@routes.add(
    "PATCH",
    "notebook/sessions/{session_id}",
    Policy.SIGNED_IN,
    body=NotebookSessionChange,
    reply=NotebookSessionView,
    errors={404: ("notebook_session_not_found",), 429: ("too_many_sessions",)},
)
async def change_notebook_session(call: Call) -> NotebookSessionView:
    """Renames a notebook session, pins it, or unpins it, which gives it 24 hours again"""
    change: NotebookSessionChange = call.body
    async with call.runtime.db.connection() as connection:
        changed = await notebooks.change(
            connection,
            call.caller,
            session_id(call),
            title=None if change.title is msgspec.UNSET else change.title,
            is_pinned=None if change.is_pinned is msgspec.UNSET else change.is_pinned,
        )
    return NotebookSessionView.of(changed)


@routes.add(
    "DELETE",
    "notebook/sessions/{session_id}",
    Policy.SIGNED_IN,
    status=204,
    also=(202,),
    errors={404: ("notebook_session_not_found",)},
)
async def delete_notebook_session(call: Call) -> Reply:
    """Deletes a notebook session with its files and its conversation; 202 when a part of that has to wait"""
    doomed = session_id(call)
    async with call.runtime.db.connection() as connection:
        await notebooks.hide(connection, call.caller, doomed)
    try:
        await call.runtime.notebook_upkeep.remove_session(doomed)
    except Unavailable:
        return Reply(202, None)  # hidden already; the timer does the rest
    return Reply(204, None)
