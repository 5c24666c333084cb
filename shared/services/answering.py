"""One question becomes one answer: retrieve, ask the model, check what it cites. No knowledge of streams or storage."""

import json
import logging
import secrets
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal

from shared.domain.audience import Audience
from shared.domain.chat import Mode, ModelFinished, ModelText, ProviderConfig, Turn
from shared.domain.checked_text import CheckedText
from shared.domain.citations import sources_block, unsupported_sentences
from shared.domain.costs import Spent, cost_of
from shared.domain.documents import RetrievedPassage
from shared.domain.events import Source, Sources, Token, Usage
from shared.domain.prompt_placeholders import filled
from shared.domain.prompts import assistant_turns, not_covered, rag_turns, rewrite_turns
from shared.domain.quotes import with_quotes
from shared.domain.ranking import assemble
from shared.domain.sufficiency import unknown_names
from shared.errors import ModelFailed
from shared.ports import Tokenizer
from shared.services.model_calls import ModelCalls, ProviderChoice
from shared.services.retrieval import Retrieval
from shared.services.side_calls import SideCalls
from shared.services.steering import Steering
from shared.services.titling import Titling

log = logging.getLogger(__name__)

CANDIDATES = 12
# Passages that are asked whether they know a name of the question.
WITNESSES = 80
# Documents that are named when none answers.
CLOSEST = 3
CONTEXT_TOKENS = 6_000
HISTORY_TOKENS = 3_000
MAX_OUTPUT_TOKENS = 2_000
REWRITE_TOKENS = 200
# Of a candidate; of what an answer cites the whole passage, which is never this long.
SNIPPET_CHARS = 300
PASSAGE_CHARS = 8_000
FILTERED = "content_filter"


@dataclass(slots=True)
class Answer:
    """What is known of an answer so far; filled in while it streams, so that a run cut short keeps what it has.

    `text` is exactly what the reader was shown. `retrieved` are all candidates, `cited` those the answer names.
    `supported` stays None where nothing is to be supported. `beside` is what the calls beside the answer took.
    """

    provider: ProviderConfig | None = None
    pieces: list[str] = field(default_factory=list[str])
    finish_reason: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    prompt: tuple[Turn, ...] = ()
    retrieved: tuple[Source, ...] = ()
    cited: tuple[Source, ...] = ()
    supported: bool | None = None
    unsupported: tuple[str, ...] = ()
    beside: Spent = field(default_factory=Spent)

    @property
    def text(self) -> str:
        return "".join(self.pieces)


@dataclass(frozen=True, slots=True)
class Answering:
    calls: ModelCalls
    retrieval: Retrieval
    steering: Steering
    tokenizer: Tokenizer
    new_marker: Callable[[], str] = lambda: secrets.token_hex(8)
    today: Callable[[], date] = lambda: datetime.now(UTC).date()

    async def answer(
        self, mode: Mode, question: str, history: Sequence[Turn], *, audience: Audience, into: Answer
    ) -> AsyncGenerator[Sources | Token]:
        """The events of an answer, as they come; `into` holds the rest. Raises ModelFailed, Unavailable."""
        if mode is Mode.ASSISTANT:
            settings = await self.steering.of(mode)
            choice = self.calls.choice(settings.providers)
            into.provider = choice.current
            prompt = filled(mode, settings.prompt, today=self.today())
            into.prompt = assistant_turns(prompt, self.recent(history), question)
            async with aclosing(self._model_text(choice, into)) as pieces:
                async for piece in pieces:
                    into.pieces.append(piece)
                    yield Token(piece)
            return
        documents = self.from_documents(mode, question, history, retrieval=self.retrieval, audience=audience, into=into)
        async with aclosing(documents) as events:
            async for event in events:
                yield event

    async def from_documents(
        self,
        mode: Mode,
        question: str,
        history: Sequence[Turn],
        *,
        retrieval: Retrieval,
        audience: Audience,
        into: Answer,
    ) -> AsyncGenerator[Sources | Token]:
        """The events of an answer from what `audience` may read of the index that `retrieval` searches."""
        settings = await self.steering.of(mode)
        choice = self.calls.choice(settings.providers)
        into.provider = choice.current
        history = self.recent(history)
        queries = [question, *await self._rewritten(choice, history, question, into.beside)]
        candidates = await retrieval.search(queries, audience=audience, limit=WITNESSES)
        passages = assemble(candidates[:CANDIDATES], budget_tokens=CONTEXT_TOKENS, count_tokens=self.tokenizer.count)
        given = tuple(_source(number, passage) for number, passage in enumerate(passages, start=1))
        into.retrieved = given
        yield Sources(given)
        # With history the rewritten forms stand alone, the question itself may not.
        unknown = unknown_names(queries[1:] or queries, passages, candidates)
        if unknown or not passages:
            into.supported, into.finish_reason = False, "not_covered"
            closest = list(dict.fromkeys(passage.file_name for passage in passages))[:CLOSEST]
            into.pieces.append(not_covered(question, closest, unknown))
            yield Token(into.text)
            return
        prompt = filled(mode, settings.prompt, today=self.today())
        into.prompt = rag_turns(prompt, history, question, passages, self.new_marker())
        checked = CheckedText(given, [passage.text for passage in passages], question=question)
        async with aclosing(self._model_text(choice, into)) as pieces:
            async for piece in pieces:
                if shown := checked.feed(piece):
                    into.pieces.append(shown)
                    into.cited = checked.cited
                    yield Token(shown)
        tail = checked.flush()
        into.cited = checked.cited
        into.supported = bool(into.cited)
        said = into.text + tail
        texts = {source.n: _text_of(source, passages) for source in into.cited}
        into.unsupported = unsupported_sentences(said, into.cited, texts, asked=question)
        # what a reader opens holds the cited sentence, wherever in its passage that stands
        whole = tuple(replace(source, snippet=texts[source.n][:PASSAGE_CHARS]) for source in into.cited)
        into.cited = with_quotes(said, whole)
        tail += sources_block(into.cited)
        if tail:
            into.pieces.append(tail)
            yield Token(tail)

    async def _model_text(self, choice: ProviderChoice, into: Answer) -> AsyncGenerator[str]:
        said = False
        try:
            async with aclosing(self.calls.stream(choice, into.prompt, MAX_OUTPUT_TOKENS)) as events:
                async for event in events:
                    said = True
                    match event:
                        case ModelText(text):
                            # PostgreSQL's text cannot hold U+0000, and no reader misses it
                            if shown := text.replace("\0", ""):
                                yield shown
                        case ModelFinished(finish_reason, input_tokens, output_tokens):
                            into.finish_reason = finish_reason
                            into.input_tokens, into.output_tokens = input_tokens, output_tokens
        except ModelFailed:
            if not said:
                # refused or never reached: nobody charges for it
                into.prompt = ()
            raise
        finally:
            into.provider = choice.current
        if into.finish_reason == FILTERED:
            raise ModelFailed("The provider's content filter stopped this answer.", code="content_filtered")

    @property
    def _side_calls(self) -> SideCalls:
        return SideCalls(self.calls, self.tokenizer)

    @property
    def titling(self) -> Titling:
        return Titling(self._side_calls, self.steering)

    async def _rewritten(
        self, choice: ProviderChoice, history: Sequence[Turn], question: str, spent: Spent
    ) -> list[str]:
        """Stand-alone forms of a follow-up question; none without history. The raw question is searched as well, so
        a rewriting that fails or comes back malformed costs quality, not the answer."""
        if not history:
            return []
        turns = rewrite_turns(history, question)
        try:
            reply = await self._side_calls.ask(choice, turns, max_output_tokens=REWRITE_TOKENS, spent=spent)
            queries = json.loads(reply)
        except (ModelFailed, ValueError):
            log.warning("rewriting failed; searching the question as it is")
            return []
        if not isinstance(queries, list):
            return []
        texts = [str(query).strip() for query in queries if isinstance(query, str)]  # pyright: ignore[reportUnknownVariableType]
        return [text for text in texts if text and text != question][:3]

    def recent(self, history: Sequence[Turn]) -> tuple[Turn, ...]:
        """The newest turns that fit the budget, whole ones only."""
        left, recent = HISTORY_TOKENS, list[Turn]()
        for turn in reversed(history):
            left -= self.tokenizer.count(turn.content)
            if left < 0:
                break
            recent.append(turn)
        return tuple(reversed(recent))

    def usage(self, answer: Answer) -> Usage:
        """What the providers reported, else counted here; priced by the rows that served."""
        read, written, estimated = 0, 0, False
        if answer.input_tokens is not None and answer.output_tokens is not None:
            read, written = answer.input_tokens, answer.output_tokens
        elif answer.prompt:
            read = sum(self.tokenizer.count(turn.content) for turn in answer.prompt)
            written, estimated = self.tokenizer.count(answer.text), True
        beside = answer.beside
        cost = cost_of(answer.provider, read, written) if answer.provider else Decimal(0)
        return Usage(
            read,
            written,
            estimated=estimated or beside.estimated,
            side_input_tokens=beside.input_tokens,
            side_output_tokens=beside.output_tokens,
            cost=None if cost is None or beside.cost is None else cost + beside.cost,
        )


def _source(number: int, passage: RetrievedPassage) -> Source:
    return Source(
        n=number,
        document_id=passage.document_id,
        passage_id=passage.passage_id,
        file_name=passage.file_name,
        file_url=passage.file_url,
        page=passage.page,
        section=passage.section,
        snippet=passage.text[:SNIPPET_CHARS],
        score=round(passage.score, 6),
    )


def _text_of(source: Source, passages: Sequence[RetrievedPassage]) -> str:
    return next(passage.text for passage in passages if passage.passage_id == source.passage_id)
