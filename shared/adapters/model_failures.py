"""What a provider's refusal means, in Nexus' words. Its own words stay out: they can quote prompts and hosts."""

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from shared.errors import ModelFailed

_FILTERED = frozenset({"content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation"})


def unavailable() -> ModelFailed:
    return ModelFailed("The language model has a problem right now.", code="model_unavailable")


def unreachable() -> ModelFailed:
    return ModelFailed("The language model cannot be reached.", code="model_unavailable")


def rate_limited() -> ModelFailed:
    return ModelFailed("The language model is busy. Try again shortly.", code="model_rate_limited")


def late() -> ModelFailed:
    return ModelFailed("The language model did not answer in time.", code="model_timeout")


def stream_cut() -> ModelFailed:
    return ModelFailed("The language model's answer broke off.", code="model_stream_cut")


def bad_reply() -> ModelFailed:
    return ModelFailed("The language model sent something unreadable.", code="model_bad_reply")


def key_refused() -> ModelFailed:
    return ModelFailed("The language model's provider refuses our key.", code="model_key_missing")


def question_filtered() -> ModelFailed:
    return ModelFailed("The provider's content filter refused this question.", code="content_filtered")


def answer_filtered() -> ModelFailed:
    return ModelFailed("The provider's content filter stopped this answer.", code="content_filtered")


def too_long() -> ModelFailed:
    return ModelFailed("The question with its passages is too long for the model.", code="model_context_too_long")


def unknown_model() -> ModelFailed:
    return ModelFailed("The provider does not know the configured model.", code="model_not_found")


def refused() -> ModelFailed:
    return ModelFailed("The language model refused the request.", code="model_refused_request")


def of_status(status: int, code: str) -> ModelFailed:
    """`code` is the provider's own word in the error's body, "" for none."""
    match status, code:
        case _ if code in _FILTERED:
            return question_filtered()
        case (413, _) | (_, "context_length_exceeded"):
            return too_long()
        case ((401 | 403), _):
            return key_refused()
        case 404, _:
            return unknown_model()
        case 429, _:
            return rate_limited()
        case 408, _:
            return late()
        case _ if status >= 500:
            return unavailable()
        case _:
            return refused()


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """The wait that a reply asks for, in seconds: `retry-after-ms`, or `Retry-After` as seconds or as a date."""
    for name, unit_s in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        given = headers.get(name)
        if given is None:
            continue
        try:
            return max(0.0, float(given) * unit_s)
        except ValueError:
            pass  # not a number: a date, or nothing we know
        try:
            return max(0.0, parsedate_to_datetime(given).timestamp() - time.time())
        except ValueError:
            continue
    return None
