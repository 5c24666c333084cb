"""What operators are told of a run that has ended: one log record, its counts, the end of its span."""

import logging

from shared import metrics, tracing
from shared.db.turns import TurnStart
from shared.domain.events import Problem
from shared.services.answer_storing import Ending

log = logging.getLogger("shared.services.runs")


def tell_end(ending: Ending, turn: TurnStart, problem: Problem | None, span: tracing.Span) -> None:
    """`problem` is what the reader was told, which may be that the answer could not be stored."""
    code = problem.code if problem else None
    _log(ending, turn, code)
    _measure(ending, turn, code or "", span)


def _log(ending: Ending, turn: TurnStart, code: str | None) -> None:
    """One record of every run; neither the question nor the answer in it (S20)."""
    done = ending.done
    log.info(
        "run ended",
        extra={
            "run_id": turn.run_id,
            "message_id": done.message_id,
            "mode": turn.conversation.mode.value,
            "outcome": done.status.value,
            "code": code,
            "provider": done.provider,
            "model": done.model,
            "input_tokens": done.usage.input_tokens,
            "output_tokens": done.usage.output_tokens,
            "first_token_ms": ending.first_token_ms,
            "latency_ms": ending.latency_ms,
        },
    )


def _measure(ending: Ending, turn: TurnStart, code: str, span: tracing.Span) -> None:
    """The platform counts a stream as a success before its first token: how it went is counted here."""
    done, usage = ending.done, ending.done.usage
    labels = {"mode": turn.conversation.mode.value, "provider": done.provider or "none"}
    metrics.count(metrics.ANSWERS, outcome=done.status.value, code=code, **labels)
    metrics.count(metrics.ANSWER_TOKENS, usage.input_tokens + usage.side_input_tokens, type="input", **labels)
    metrics.count(metrics.ANSWER_TOKENS, usage.output_tokens + usage.side_output_tokens, type="output", **labels)
    if ending.first_token_ms is not None:
        metrics.record(metrics.FIRST_TOKEN, ending.first_token_ms / 1000, labels)
    span.set(
        {
            "nexus.run.outcome": done.status.value,
            "nexus.run.first_token_ms": ending.first_token_ms,
            "nexus.run.cited": len(done.sources),
        }
    )
    if code:
        span.failed(code)
