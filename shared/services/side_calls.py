"""The small model calls beside an answer: rewriting its question, naming its conversation. Each is paid for."""

from contextlib import aclosing
from dataclasses import dataclass

from shared.domain.chat import ModelFinished, ModelText, ProviderConfig, Turn
from shared.domain.costs import Spent
from shared.errors import ModelFailed
from shared.ports import Tokenizer
from shared.services.model_calls import ModelCalls, ProviderChoice


@dataclass(frozen=True, slots=True)
class SideCalls:
    calls: ModelCalls
    tokenizer: Tokenizer

    async def ask(
        self, choice: ProviderChoice, turns: tuple[Turn, ...], *, max_output_tokens: int, spent: Spent
    ) -> str:
        """The whole reply. Its tokens are added to `spent` however it ends, counted here where the provider did not
        report them: a call that is given up halfway is paid for as well. Raises ModelFailed."""
        pieces: list[str] = []
        finished: ModelFinished | None = None
        paid = True
        try:
            async with aclosing(self.calls.stream(choice, turns, max_output_tokens)) as events:
                async for event in events:
                    match event:
                        case ModelText(text):
                            pieces.append(text)
                        case ModelFinished():
                            finished = event
        except ModelFailed:
            # refused or never reached, unless something was said
            paid = bool(pieces)
            raise
        finally:
            if paid:
                self._count(spent, choice.current, turns, "".join(pieces), finished)
        return "".join(pieces)

    def _count(
        self, spent: Spent, provider: ProviderConfig, turns: tuple[Turn, ...], text: str, end: ModelFinished | None
    ) -> None:
        if end is not None and end.input_tokens is not None and end.output_tokens is not None:
            spent.add(provider, end.input_tokens, end.output_tokens, estimated=False)
            return
        read = sum(self.tokenizer.count(turn.content) for turn in turns)
        spent.add(provider, read, self.tokenizer.count(text), estimated=True)
