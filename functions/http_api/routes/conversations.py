"""A person's own conversations."""

from functions.http_api.schemas.chat import (
    ConversationsQuery,
    ConversationView,
    ConversationWithMessages,
    ExportQuery,
    ListedConversation,
    MessageView,
    NewConversation,
    Renamed,
)
from shared.db import conversations, feedback, messages
from shared.domain.chat import Mode
from shared.domain.exporting import MARKDOWN, ExportedMessage, attachment, conversation_markdown
from shared.domain.ids import ConversationId
from shared.domain.search_words import WordQuery
from shared.errors import FieldError, Invalid
from shared.web.paging import Page, after_time_and_id, page
from shared.web.routes import Call, Policy, Reply, Routes

routes = Routes("conversations")


def conversation_id(call: Call) -> ConversationId:
    return ConversationId(call.id("conversation_id", "conversation"))


@routes.add(
    "POST", "conversations", Policy.SIGNED_IN, body=NewConversation, reply=ConversationView, status=201, errors={}
)
async def create_conversation(call: Call) -> ConversationView:
    """Starts a conversation"""
    new: NewConversation = call.body
    if new.mode is Mode.NOTEBOOK:
        detail = "Notebook conversations are started in a notebook session."
        raise Invalid(detail, errors=(FieldError("/mode", detail),))
    async with call.runtime.db.connection() as connection:
        created = await conversations.create(connection, call.caller, new.mode, new.title)
    return ConversationView.of(created)


@routes.add(
    "GET", "conversations", Policy.SIGNED_IN, query=ConversationsQuery, reply=Page[ListedConversation], errors={}
)
async def list_conversations(call: Call) -> Page[ListedConversation]:
    """The caller's conversations, newest first; with `q` those whose title or messages hold all its words"""
    query: ConversationsQuery = call.query
    after = after_time_and_id(query.cursor)
    more = query.limit + 1
    found: list[tuple[conversations.Conversation, conversations.Hit | None]]
    async with call.runtime.db.connection() as connection:
        if query.q is None or not query.q.strip():
            own = await conversations.list_own(connection, call.caller, mode=query.mode, after=after, limit=more)
            found = [(conversation, None) for conversation in own]
        else:
            words = WordQuery.of(query.q)
            found = [
                *await conversations.search_own(
                    connection, call.caller, words, mode=query.mode, after=after, limit=more
                )
            ]
    return page(
        found, query.limit, lambda row: (row[0].updated_at, row[0].id), lambda row: ListedConversation.listed(*row)
    )


@routes.add(
    "GET",
    "conversations/{conversation_id}",
    Policy.SIGNED_IN,
    reply=ConversationWithMessages,
    errors={404: ("conversation_not_found",)},
)
async def get_conversation(call: Call) -> ConversationWithMessages:
    """A conversation with its messages, their sources and what the caller thought of them"""
    return await _whole(call)


async def _whole(call: Call) -> ConversationWithMessages:
    async with call.runtime.db.connection() as connection:
        found = await conversations.get(connection, call.caller, conversation_id(call))
        stored = await messages.messages_of(connection, found.id)
        ratings = await feedback.of_conversation(connection, call.caller, found.id)
    return ConversationWithMessages(
        found.id,
        found.mode,
        found.title,
        found.created_at,
        found.updated_at,
        [MessageView.of(message, ratings.get(message.id)) for message in stored],
    )


@routes.add(
    "GET",
    "conversations/{conversation_id}/export",
    Policy.SIGNED_IN,
    query=ExportQuery,
    reply=ConversationWithMessages,
    also_as=MARKDOWN,
    errors={404: ("conversation_not_found",)},
)
async def export_conversation(call: Call) -> Reply:
    """A conversation as a file: Markdown for people, or JSON as the API gives it"""
    query: ExportQuery = call.query
    whole = await _whole(call)
    disposition = {"Content-Disposition": attachment(whole.title, query.format)}
    if query.format == "json":
        return Reply(200, whole, disposition)
    text = conversation_markdown(
        whole.title,
        whole.mode,
        whole.created_at,
        [
            ExportedMessage(
                message.role == "user",
                message.content,
                message.created_at,
                message.status,
                message.sources,
                is_replaced=message.replaced_by is not None,
            )
            for message in whole.messages
        ],
    )
    return Reply(200, text.encode(), disposition | {"Content-Type": f"{MARKDOWN}; charset=utf-8"})


@routes.add(
    "PATCH",
    "conversations/{conversation_id}",
    Policy.SIGNED_IN,
    body=Renamed,
    reply=ConversationView,
    errors={404: ("conversation_not_found",)},
)
async def rename_conversation(call: Call) -> ConversationView:
    """Gives a conversation a title"""
    renamed: Renamed = call.body
    async with call.runtime.db.connection() as connection:
        changed = await conversations.rename(connection, call.caller, conversation_id(call), renamed.title)
    return ConversationView.of(changed)


@routes.add(
    "DELETE", "conversations/{conversation_id}", Policy.SIGNED_IN, status=204, errors={404: ("conversation_not_found",)}
)
async def delete_conversation(call: Call) -> None:
    """Deletes a conversation with its messages"""
    async with call.runtime.db.connection() as connection:
        await conversations.delete(connection, call.caller, conversation_id(call))
