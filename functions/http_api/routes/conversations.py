"""A person's own conversations."""

from functions.http_api.schemas.chat import (
    ConversationsQuery,
    ConversationView,
    ConversationWithMessages,
    MessageView,
    NewConversation,
    Renamed,
)
from shared.db import conversations, messages
from shared.domain.chat import Mode
from shared.domain.ids import ConversationId
from shared.errors import FieldError, Invalid
from shared.web.paging import Page, after_time_and_id, page
from shared.web.routes import Call, Policy, Routes

routes = Routes("conversations")


def conversation_id(call: Call) -> ConversationId:
    return ConversationId(call.id("conversation_id", "conversation"))


@routes.add("POST", "conversations", Policy.SIGNED_IN, body=NewConversation, reply=ConversationView, status=201)
async def create_conversation(call: Call) -> ConversationView:
    """Starts a conversation"""
    new: NewConversation = call.body
    if new.mode is Mode.NOTEBOOK:
        detail = "Notebook conversations are started in a notebook session."
        raise Invalid(detail, errors=(FieldError("/mode", detail),))
    async with call.runtime.db.connection() as connection:
        created = await conversations.create(connection, call.caller, new.mode, new.title)
    return ConversationView.of(created)


@routes.add("GET", "conversations", Policy.SIGNED_IN, query=ConversationsQuery, reply=Page[ConversationView])
async def list_conversations(call: Call) -> Page[ConversationView]:
    """The caller's conversations, newest first"""
    query: ConversationsQuery = call.query
    async with call.runtime.db.connection() as connection:
        rows = await conversations.list_own(
            connection,
            call.caller,
            mode=query.mode,
            after=after_time_and_id(query.cursor),
            limit=query.limit + 1,
        )
    return page(rows, query.limit, lambda row: (row.updated_at, row.id), ConversationView.of)


@routes.add("GET", "conversations/{conversation_id}", Policy.SIGNED_IN, reply=ConversationWithMessages)
async def get_conversation(call: Call) -> ConversationWithMessages:
    """A conversation with its messages and their sources"""
    async with call.runtime.db.connection() as connection:
        found = await conversations.get(connection, call.caller, conversation_id(call))
        stored = await messages.messages_of(connection, found.id)
    return ConversationWithMessages(
        found.id,
        found.mode,
        found.title,
        found.created_at,
        found.updated_at,
        [MessageView.of(message) for message in stored],
    )


@routes.add("PATCH", "conversations/{conversation_id}", Policy.SIGNED_IN, body=Renamed, reply=ConversationView)
async def rename_conversation(call: Call) -> ConversationView:
    """Gives a conversation a title"""
    renamed: Renamed = call.body
    async with call.runtime.db.connection() as connection:
        changed = await conversations.rename(connection, call.caller, conversation_id(call), renamed.title)
    return ConversationView.of(changed)


@routes.add("DELETE", "conversations/{conversation_id}", Policy.SIGNED_IN, status=204)
async def delete_conversation(call: Call) -> None:
    """Deletes a conversation with its messages"""
    async with call.runtime.db.connection() as connection:
        await conversations.delete(connection, call.caller, conversation_id(call))
