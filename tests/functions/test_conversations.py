"""Conversations found again, and taken along as a file."""

import json
from uuid import uuid4

import pytest

from tests.functions.nexus import Nexus
from tests.functions.person import Person

SAID = "One two three four five six seven eight nine ten."


async def found(person: Person, q: str, **more: str | int) -> list[tuple[str, str | None]]:
    """(conversation, snippet) of every page, two a page."""
    rows: list[tuple[str, str | None]] = []
    cursor: str | None = None
    while True:
        page = await person.get("conversations", q=q, limit=2, **more, **({"cursor": cursor} if cursor else {}))
        rows += [(row["id"], row["hit"] and row["hit"]["snippet"]) for row in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            return rows


async def test_titles_and_messages_are_searched_newest_first_in_pages(nexus: Nexus, alice: Person) -> None:
    word = f"w{uuid4().hex}"
    by_title = await alice.conversation(title=f"Über {word.upper()} und mehr")
    nexus.script(text=f"The answer is that {word} takes ten weeks.")
    by_answer = await alice.conversation("assistant", title="Leave")
    answer = (await alice.ask(by_answer, "How long?"))[0].data["message_id"]
    nexus.script(text=SAID)
    by_question = await alice.conversation("rag", title="Other")
    await alice.ask(by_question, f"Wie lange dauert {word} in Straßburg?")
    rows = await found(alice, word[:20])
    assert [row[0] for row in rows] == [by_question, by_answer, by_title]
    assert rows[0][1] == f"Wie lange dauert {word} in Straßburg?"
    assert rows[1][1] == f"The answer is that {word} takes ten weeks."
    assert rows[2][1] == f"Über {word.upper()} und mehr"
    (hit,) = [row["hit"] for row in (await alice.get("conversations", q=f"{word} weeks"))["items"]]
    assert hit["message_id"] == answer
    assert [row[0] for row in await found(alice, word, mode="rag")] == [by_question]
    assert [row[0] for row in await found(alice, f"strassburg {word}")] == [by_question]
    assert await found(alice, f"{word} nowhere") == []
    assert await found(alice, word[1:]) == [], "a word's middle is no word"


async def test_a_search_finds_ones_own_only_and_what_is_there_now(nexus: Nexus, alice: Person, bob: Person) -> None:
    word = f"w{uuid4().hex}"
    conversation = await alice.conversation(title=f"About {word}")
    await alice.ask(conversation, f"What is {word}?")
    assert len(await found(alice, word)) == 1
    assert await found(bob, word) == []
    other = f"w{uuid4().hex}"
    await alice.patch(f"conversations/{conversation}", {"title": f"Now {other}"})
    assert [row[0] for row in await found(alice, other)] == [conversation]
    await alice.call("DELETE", f"conversations/{conversation}", status=204)
    assert await found(alice, word) == []


@pytest.mark.parametrize(
    "q", ["&", "a & b | !c", "'", "it's", '"quoted', "\\", "a:*", "<->", "(", "🎉🎉", "ü" * 200, "word " * 300, "%_%",
          "\u202e", "SELECT 1; --", "年次休暇", ":", "a\u0301"]
)  # fmt: skip
async def test_whatever_is_searched_for_is_no_error(nexus: Nexus, alice: Person, q: str) -> None:
    page = await alice.get("conversations", q=q)
    assert all(row["hit"] for row in page["items"])


async def test_an_emoji_is_found_and_nothing_said_lists_everything(nexus: Nexus, alice: Person) -> None:
    conversation = await alice.conversation(title="Fertig 🦩")
    assert [row[0] for row in await found(alice, "🦩")] == [conversation]
    for blank in ("", "   "):
        page = await alice.get("conversations", q=blank, limit=1)
        assert [(row["id"], row["hit"]) for row in page["items"]] == [(conversation, None)]


# --- export ----------------------------------------------------------------------------------------------------------


async def test_a_conversation_is_exported_as_the_api_gives_it(nexus: Nexus, alice: Person) -> None:
    nexus.script(text=SAID)
    conversation = await alice.conversation(title="Zählen: eins/zwei")
    await alice.ask(conversation, "Count")
    reply = await alice.call("GET", f"conversations/{conversation}/export", status=200, params={"format": "json"})
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["content-disposition"].startswith('attachment; filename="Zahlen eins zwei.json"')
    assert json.loads(reply.content) == await alice.get(f"conversations/{conversation}")


async def test_a_conversation_is_exported_as_markdown_that_cannot_break_out(nexus: Nexus, alice: Person) -> None:
    nexus.script(text="Yes.\n# No heading\n![x](https://evil.example/p.png)")
    title = "# `Title` [x](y)\r\nSet-Cookie: a=b"
    conversation = await alice.conversation(title=title)
    await alice.ask(conversation, "```\n# mine\n</script>")
    reply = await alice.call("GET", f"conversations/{conversation}/export", status=200)
    assert reply.headers["content-type"] == "text/markdown; charset=utf-8"
    assert "set-cookie" not in reply.headers
    assert "\n" not in reply.headers["content-disposition"]
    lines = reply.text.splitlines()
    assert lines[0] == r"# \# \`Title\` \[x\]\(y\) Set-Cookie\: a\=b"
    assert [line for line in lines[1:] if line.startswith("#")] == [
        line for line in lines if line.startswith(("## Question, ", "## Answer, "))
    ]
    assert "> # No heading" in lines
    assert "](https://evil.example" not in reply.text
    assert "</script>" not in reply.text.replace("\\<", "").replace("\\>", "")


async def test_an_export_knows_two_formats(nexus: Nexus, alice: Person) -> None:
    conversation = await alice.conversation()
    reply = await alice.call("GET", f"conversations/{conversation}/export", status=422, params={"format": "pdf"})
    assert reply.json()["errors"][0]["pointer"] == "/format"
