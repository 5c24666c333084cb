"""What the reports should say: every answer counted by itself."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from shared.domain.usage import Grouping
from shared.domain.usage_times import bucket_of, middle_of
from tests.shared.db.usage_month import Asked


def key_of(answer: Asked, grouping: Grouping) -> str:
    match grouping:
        case Grouping.DAY:
            return str(answer.day)
        case Grouping.MODE:
            return answer.mode
        case Grouping.MODEL:
            return f"{answer.provider or ''}/{answer.model or ''}"
        case Grouping.DEPARTMENT:
            return str(answer.department or UUID(int=0))
        case Grouping.USER:
            return str(answer.person.id)


def grouped[K](answers: Iterable[Asked], key: Callable[[Asked], K]) -> dict[K, list[Asked]]:
    groups: defaultdict[K, list[Asked]] = defaultdict(list)
    for answer in answers:
        groups[key(answer)].append(answer)
    return dict(groups)


def nearest_rank(times: list[int], percent: int) -> int | None:
    """The exact percentile."""
    return sorted(times)[max(0, -(-len(times) * percent // 100) - 1)] if times else None


def words_of(question: str) -> str:
    return " ".join(re.findall(r"\w+", question.lower()))


def counts(answers: list[Asked]) -> dict[str, Any]:
    """What a report tells of these answers; percentiles are exact ones, told as the middle of their bucket."""
    complete = [answer for answer in answers if answer.status == "complete"]

    def rounded(times: list[int | None]) -> tuple[int | None, ...]:
        ranks = (nearest_rank([time for time in times if time is not None], percent) for percent in (50, 95))
        return tuple(None if exact is None else middle_of(bucket_of(exact)) for exact in ranks)

    by_status = Counter(answer.status for answer in answers)
    ratings = Counter(answer.rating for answer in answers)
    return {
        "questions": sum(answer.is_question for answer in answers),
        "answers": len(answers),
        "input_tokens": sum(answer.input_tokens for answer in answers),
        "output_tokens": sum(answer.output_tokens for answer in answers),
        "cost_units": sum(int(answer.cost * 10**8) for answer in answers if answer.cost is not None),
        "unpriced": sum(answer.cost is None for answer in answers),
        **{status: by_status[status] for status in ("complete", "failed", "cancelled", "interrupted")},
        "checked": sum(answer.supported is not None for answer in complete),
        "unsupported": sum(answer.supported is False for answer in complete),
        "positive": ratings["positive"],
        "negative": ratings["negative"],
        "active_users": len({answer.person.id for answer in answers}),
        "latency": rounded([answer.latency_ms for answer in complete]),
        "first_token": rounded([answer.first_token_ms for answer in answers]),
    }
