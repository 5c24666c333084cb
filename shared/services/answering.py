"""One question becomes one answer: retrieve, ask the model, check what it cites. No knowledge of streams or storage."""

import json
import logging
import secrets
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from shared.domain.audience import Audience
from shared.domain.chat import Mode, ModelFinished, ModelRequest, ModelText, ProviderConfig, ProviderKind, Turn
from shared.domain.citations import CitationFilter, sources_block, unsupported_sentences
from shared.domain.documents import RetrievedPassage
from shared.domain.events import Source, Sources, Token, Usage
from shared.domain.prompts import assistant_turns, not_covered, rag_turns, rewrite_turns
from shared.domain.ranking import assemble
from shared.errors import ModelFailed
from shared.ports import ChatModel, Tokenizer
from shared.services.retrieval import Retrieval
from shared.services.steering import ModeSettings, Steering

log = logging.getLogger(__name__)

CANDIDATES = 12
CONTEXT_TOKENS = 6_000
HISTORY_TOKENS = 3_000
MAX_OUTPUT_TOKENS = 2_000
REWRITE_TOKENS = 200
SNIPPET_CHARS = 300


@dataclass(slots=True)
class Answer:
    """What is known of an answer so far; filled in while it streams, so that a run cut short keeps what it has.

    `text` is exactly what the reader was shown. `supported` stays None where nothing is to be supported.
    """

    provider: ProviderConfig | None = None
    pieces: list[str] = field(default_factory=list[str])
    finish_reason: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    prompt: tuple[Turn, ...] = ()
    cited: tuple[Source, ...] = ()
    supported: bool | None = None
    unsupported: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return "".join(self.pieces)


@dataclass(frozen=True, slots=True)
class Answering:
    models: Mapping[ProviderKind, ChatModel]
    retrieval: Retrieval
    steering: Steering
    tokenizer: Tokenizer
    new_marker: Callable[[], str] = lambda: secrets.token_hex(8)

    async def answer(
        self, mode: Mode, question: str, history: Sequence[Turn], *, audience: Audience, into: Answer
    ) -> AsyncGenerator[Sources | Token]:
        """The events of an answer, as they come; `into` holds the rest. Raises ModelFailed, Unavailable."""
        settings = await self.steering.of(mode)
        into.provider = settings.provider
        history = self._recent(history)
        if mode is Mode.ASSISTANT:
            into.prompt = assistant_turns(settings.prompt, history, question)
            async with aclosing(self._model_text(settings, into)) as pieces:
                async for piece in pieces:
                    into.pieces.append(piece)
                    yield Token(piece)
            return
        async with aclosing(self._from_documents(settings, question, history, audience, into)) as events:
            async for event in events:
                yield event

    async def _from_documents(
        self, settings: ModeSettings, question: str, history: Sequence[Turn], audience: Audience, into: Answer
    ) -> AsyncGenerator[Sources | Token]:
        queries = [question, *await self._rewritten(settings, history, question)]
        found = await self.retrieval.search(queries, audience=audience, limit=CANDIDATES)
        passages = assemble(found, budget_tokens=CONTEXT_TOKENS, count_tokens=self.tokenizer.count)
        given = tuple(_source(number, passage) for number, passage in enumerate(passages, start=1))
        yield Sources(given)
        if not passages:
            into.supported, into.finish_reason = False, "not_covered"
            into.pieces.append(not_covered(question, ()))
            yield Token(into.text)
            return
        into.prompt = rag_turns(settings.prompt, history, question, passages, self.new_marker())
        citations = CitationFilter(given)
        async with aclosing(self._model_text(settings, into)) as pieces:
            async for piece in pieces:
                if shown := citations.feed(piece):
                    into.pieces.append(shown)
                    into.cited = citations.cited
                    yield Token(shown)
        tail = citations.flush()
        into.cited = citations.cited
        into.supported = bool(into.cited)
        texts = {source.n: _text_of(source, passages) for source in into.cited}
        into.unsupported = unsupported_sentences(into.text, into.cited, texts)
        tail += sources_block(into.cited)
        if tail:
            into.pieces.append(tail)
            yield Token(tail)

    async def _model_text(self, settings: ModeSettings, into: Answer) -> AsyncGenerator[str]:
        request = ModelRequest(settings.provider, into.prompt, MAX_OUTPUT_TOKENS)
        async with aclosing(self._model(settings.provider).stream(request)) as events:
            async for event in events:
                match event:
                    case ModelText(text):
                        # PostgreSQL's text cannot hold U+0000, and no reader misses it
                        if shown := text.replace("\0", ""):
                            yield shown
                    case ModelFinished(finish_reason, input_tokens, output_tokens):
                        into.finish_reason = finish_reason
                        into.input_tokens, into.output_tokens = input_tokens, output_tokens

    def _model(self, provider: ProviderConfig) -> ChatModel:
        try:
            return self.models[provider.provider]
        except KeyError as error:
            raise ModelFailed(
                f"The provider {provider.provider} is not available in this installation.", code="model_unavailable"
            ) from error

    async def _rewritten(self, settings: ModeSettings, history: Sequence[Turn], question: str) -> list[str]:
        """Stand-alone forms of a follow-up question; none without history. The raw question is searched as well, so
        a rewriting that fails or comes back malformed costs quality, not the answer."""
        if not history:
            return []
        request = ModelRequest(settings.provider, rewrite_turns(history, question), REWRITE_TOKENS)
        reply: list[str] = []
        try:
            async for event in self._model(settings.provider).stream(request):
                if isinstance(event, ModelText):
                    reply.append(event.text)
            queries = json.loads("".join(reply))
        except (ModelFailed, ValueError):
            log.warning("rewriting failed; searching the question as it is")
            return []
        if not isinstance(queries, list):
            return []
        texts = [str(query).strip() for query in queries if isinstance(query, str)]  # pyright: ignore[reportUnknownVariableType]
        return [text for text in texts if text and text != question][:3]

    def _recent(self, history: Sequence[Turn]) -> tuple[Turn, ...]:
        """The newest turns that fit the budget, whole ones only."""
        left, recent = HISTORY_TOKENS, list[Turn]()
        for turn in reversed(history):
            left -= self.tokenizer.count(turn.content)
            if left < 0:
                break
            recent.append(turn)
        return tuple(reversed(recent))

    def usage(self, answer: Answer) -> Usage:
        """What the provider reported, else counted here."""
        if answer.input_tokens is not None and answer.output_tokens is not None:
            return Usage(answer.input_tokens, answer.output_tokens)
        if not answer.prompt:
            return Usage(0, 0)
        prompt = sum(self.tokenizer.count(turn.content) for turn in answer.prompt)
        return Usage(prompt, self.tokenizer.count(answer.text), estimated=True)


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
