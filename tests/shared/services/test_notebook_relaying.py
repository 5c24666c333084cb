"""S15: what NotebookLlama says reaches the reader through the same checks as an answer of Nexus."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from shared.db import notebooks, turns
from shared.db.pool import Db
from shared.domain.chat import ModelFinished, ModelText, ProviderKind
from shared.domain.events import RunStatus, Token
from shared.domain.ids import FileId, RunId
from shared.domain.notebook import NotebookEvent, NotebookQuestion, NotebookSource, NotebookSources
from shared.services.answering import Answer, Answering
from shared.services.model_calls import ModelCalls
from shared.services.notebook_answering import NotebookAnswering
from shared.services.provider_health import ProviderHealth
from tests.fakes.models import ScriptedModel, WordTokenizer
from tests.shared.services.test_notebook_files import Desk

SAID = (
    "The notice is 90 days [2][9]: see [the terms](https://terms.example/a), [more](https://evil.example/b), "
    "https://evil.example/c ![logo](https://evil.example/d).\n\nSources:\n[1] Made_up.pdf\n"
)


@dataclass
class Backend:
    """Says `said`, four characters at a time, from two places of the one file it is asked about."""

    said: str

    async def answer(self, question: NotebookQuestion) -> AsyncGenerator[NotebookEvent]:
        yield NotebookSources(tuple(_place(n, question.files[0].id) for n in (1, 2)))
        for start in range(0, len(self.said), 4):
            yield ModelText(self.said[start : start + 4])
        yield ModelFinished("stop", 7, 3)


def _place(n: int, file_id: FileId) -> NotebookSource:
    return NotebookSource(n, file_id, n, None, f"Page {n} of the terms at https://terms.example/a.", 1.0)


async def test_s15_what_the_backend_invents_is_not_shown(db: Db, tmp_path: Path) -> None:
    desk = Desk(db, tmp_path)
    alice = await desk.person()
    session = await desk.session(alice)
    file = await desk.upload(alice, session)
    await desk.handing_over.step(file.id, 0)
    async with db.transaction() as connection:
        turn = await turns.begin_turn(
            connection,
            alice,
            await notebooks.conversation_of(connection, session),
            question="How long is the notice?",
            run_id=RunId(uuid4()),
            correlation_id="corr",
            idempotency_key=None,
            status=RunStatus.STREAMING,
        )
    not_asked: Any = None
    answering = Answering(
        ModelCalls({ProviderKind.OPENAI: ScriptedModel([])}, ProviderHealth(0)), not_asked, not_asked, WordTokenizer()
    )
    told = NotebookAnswering(db, answering, not_asked, desk.notebook, desk.handing_over, Backend(SAID))
    answer = Answer()
    shown = [event.token async for event in told.answer(turn, into=answer) if isinstance(event, Token)]
    assert (
        answer.text
        == "".join(shown)
        == (
            "The notice is 90 days [1]: see [the terms](https://terms.example/a), more, (link removed) ."
            "\n\nSources:\n[1] a.txt"
        )
    )
    assert [source.page for source in answer.cited] == [2]
