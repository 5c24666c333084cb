"""S10: what stands in a passage of another scope is nowhere in what a person is shown, stored or logged for."""

import json
import secrets
from typing import Any

import pytest

from tests.functions.nexus import Nexus, eventually
from tests.functions.person import Person, text

# A word of the documents alone, and one that questions share with them.
CANARY, TOPIC = f"canary{secrets.token_hex(6)}", f"topic{secrets.token_hex(4)}"


GUIDE = f"# {CANARY} {TOPIC}\n\nThe {TOPIC} bonus is 4711 {CANARY} for everybody in HR."


async def index(nexus: Nexus, carol: Person, guide: str = GUIDE) -> None:
    url = nexus.sharepoint_library(f"HR-{secrets.token_hex(4)}", guide_md=guide)
    scope = {"department_id": nexus.departments["HR"], "country_id": nexus.countries["DE"]}
    library = await carol.post("admin/libraries", {"library_url": url, **scope})
    run = await carol.post(f"admin/libraries/{library['id']}/sync", {}, status=202)

    async def ended() -> bool:
        return (await carol.get(f"admin/sync-runs/{run['id']}"))["finished_at"] is not None

    await eventually(ended, "the end of the sync", 120)


async def everything_shown(person: Person, question: str) -> tuple[str, str, dict[str, Any]]:
    """(conversation, all that came back on every way, the stored answer)."""
    conversation = await person.conversation("rag")
    events = await person.ask(conversation, question)
    answer = await person.answer(conversation)
    await person.call("PUT", f"messages/{answer['id']}/feedback", status=200, json={"rating": "negative"})
    shown = [json.dumps([event.data for event in events]), text(events)]
    for path, params in (
        (f"conversations/{conversation}", {}),
        (f"conversations/{conversation}/export", {"format": "md"}),
        (f"conversations/{conversation}/export", {"format": "json"}),
        ("conversations", {"q": TOPIC}),
    ):
        shown.append((await person.call("GET", path, status=200, params=params)).text)
    shown.append(json.dumps(await person.post("search", {"query": question}, status=200)))
    return conversation, "\n".join(shown), answer


async def test_s10_a_passage_of_another_scope_is_in_no_answer_source_title_feedback_or_log(
    nexus: Nexus, alice: Person, bob: Person, carol: Person
) -> None:
    await index(nexus, carol)
    question = f"How high is the {TOPIC} bonus?"
    _, seen, answer = await everything_shown(alice, question)
    assert CANARY in seen, "who may read it is shown it: without this the rest could not fail"
    assert answer["sources"]
    conversation, seen, answer = await everything_shown(bob, question)
    assert CANARY not in seen
    assert "4711" not in seen
    # follow-ups, rewritten with the turns before, and the same anew
    await bob.ask(conversation, f"And for {TOPIC} in HR?")
    await bob.ask_again(conversation, (await bob.answer(conversation))["id"])
    whole = await bob.get(f"conversations/{conversation}")
    assert CANARY not in json.dumps(whole)
    assert CANARY not in nexus.host.log()
    asked = [request["body"] for request in nexus.model_requests(titles=True)]
    assert asked
    assert not [body for body in asked if CANARY in body], "a title is made of the question alone"


@pytest.mark.parametrize("invented", [[99], ["7", "[3]"], [2, 99]])
async def test_s15_numbers_that_a_model_invents_are_not_in_the_answer(
    nexus: Nexus, alice: Person, carol: Person, invented: list[int | str]
) -> None:
    nexus.script(text="It is 4711.", invent_citations=invented, task="answer")
    conversation = await alice.conversation("rag", title="Invented")
    events = await alice.ask(conversation, f"How high is the {TOPIC} bonus?")
    done = events[-1].data
    given = next((event.data["sources"] for event in events if event.name == "sources"), [])
    candidates = {source["passage_id"] for source in given}
    assert {source["passage_id"] for source in done["sources"]} <= candidates
    for number in (99, 7):
        assert f"[{number}]" not in text(events)
    assert (await alice.answer(conversation))["sources"] == done["sources"]


PORTAL = f"https://portal.example/{secrets.token_hex(4)}"
INVENTED = (
    f"The {TOPIC} allowance is 4711 [1][99]. Ask for it [here](https://evil.example/a), at https://evil.example/b or "
    f"at [the portal]({PORTAL}). ![seal](https://evil.example/c.png)\n\n"
    "Sources:\n[1] Made_up.pdf - https://evil.example/d\n[99] Other.pdf\n"
)


async def test_s15_addresses_and_lists_that_a_model_invents_are_not_in_the_answer(
    nexus: Nexus, alice: Person, carol: Person
) -> None:
    guide = f"# Allowances\n\nThe {TOPIC} allowance is 4711 a year. It is asked for at {PORTAL}."
    await index(nexus, carol, guide)
    nexus.script(text=INVENTED, task="answer")
    conversation = await alice.conversation("rag", title="Invented")
    events = await alice.ask(conversation, f"How high is the {TOPIC} allowance, and where is {PORTAL} asked for it?")
    shown, done = text(events), events[-1].data
    said, _, listed = shown.partition("\n\nSources:\n")
    assert said == (
        f"The {TOPIC} allowance is 4711 [1]. Ask for it here, at (link removed) or at [the portal]({PORTAL}). "
    ), shown
    assert "evil.example" not in json.dumps(done)
    assert "Made_up" not in shown
    assert "[99]" not in shown
    (source,) = done["sources"]
    assert listed == f"[1] {source['file_name']} - {source['file_url']}", "the list is the server's, and the only one"
    assert (await alice.answer(conversation))["content"] == shown


async def test_s15_the_assistant_has_no_passages_and_says_what_its_model_says(nexus: Nexus, alice: Person) -> None:
    nexus.script(text=INVENTED, task="answer")
    conversation = await alice.conversation(title="Invented")
    assert text(await alice.ask(conversation, "Which allowances are there?")) == INVENTED
