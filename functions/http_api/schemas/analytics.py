"""Wire models of the reports on use, quality and documents."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from shared.db.quality_reports import CitedDocument, Gap
from shared.domain.ids import DocumentId
from shared.domain.usage import Grouping, UsageGroup
from shared.domain.usage_times import Times
from shared.web.paging import PageQuery

type Rank = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class PeriodQuery(PageQuery, forbid_unknown_fields=True):
    """Whole days in UTC, both included; the last 30 where nothing is said, 366 at most."""

    first: date | None = msgspec.field(default=None, name="from")
    last: date | None = msgspec.field(default=None, name="to")
    format: Literal["json", "csv"] | None = None


class UsageQuery(PeriodQuery, forbid_unknown_fields=True):
    """Only users come in pages; of all else there is little."""

    group_by: Grouping = Grouping.DAY


class QualityQuery(PeriodQuery, forbid_unknown_fields=True):
    """`limit` is how many questions are listed; `table` says which of the two lists a CSV file holds."""

    table: Literal["days", "questions"] = "days"


class DocumentsReportQuery(PeriodQuery, forbid_unknown_fields=True):
    """`limit` holds for both lists, `cursor` for the documents that were not cited."""

    table: Literal["cited", "not_cited"] = "cited"


class Percentiles(msgspec.Struct):
    """Milliseconds, each within 5 % of the exact one; null where nothing was timed."""

    p50: int | None
    p95: int | None

    @classmethod
    def of(cls, times: Times) -> "Percentiles":
        return cls(times.percentile(50), times.percentile(95))


class UsageView(msgspec.Struct):
    """Of answers that have ended. `messages` are questions and answers; an answer that was asked for anew is one more
    answer. Tokens and `cost` are of all calls that the answers took; `unpriced` answers are not in the cost."""

    messages: int
    questions: int
    answers: int
    active_users: int
    input_tokens: int
    output_tokens: int
    cost: float
    unpriced: int
    latency_ms: Percentiles
    first_token_ms: Percentiles

    @classmethod
    def of(cls, group: UsageGroup) -> "UsageView":
        sums = group.sums
        return cls(
            messages=sums.messages,
            questions=sums.questions,
            answers=sums.answers,
            active_users=group.active_users,
            input_tokens=sums.input_tokens,
            output_tokens=sums.output_tokens,
            cost=float(sums.cost),
            unpriced=sums.unpriced,
            latency_ms=Percentiles.of(group.latency),
            first_token_ms=Percentiles.of(group.first_token),
        )


class UsageItem(msgspec.Struct):
    """`key` is the day, the mode, `provider/model`, the department's or the user's id; null for none of them, and for
    a user who was forgotten."""

    key: str | None
    name: str
    usage: UsageView


class UsageReport(msgspec.Struct):
    """Groups without an answer are not in it. Users come with most tokens first."""

    first: date = msgspec.field(name="from")
    last: date = msgspec.field(name="to")
    group_by: Grouping
    total: UsageView
    items: list[UsageItem]
    next_cursor: str | None


class QualityView(msgspec.Struct):
    """How answers ended, and what is known of how good they were. `checked` are complete answers that documents could
    bear out; `unsupported` those of them that no document does. Shares are null where there is nothing to share."""

    answers: int
    complete: int
    failed: int
    cancelled: int
    interrupted: int
    checked: int
    unsupported: int
    unsupported_share: float | None
    positive: int
    negative: int
    positive_share: float | None

    @classmethod
    def of(cls, group: UsageGroup) -> "QualityView":
        sums = group.sums
        return cls(
            answers=sums.answers,
            complete=sums.complete,
            failed=sums.failed,
            cancelled=sums.cancelled,
            interrupted=sums.interrupted,
            checked=sums.checked,
            unsupported=sums.unsupported,
            unsupported_share=_share(sums.unsupported, sums.checked),
            positive=sums.positive,
            negative=sums.negative,
            positive_share=_share(sums.positive, sums.positive + sums.negative),
        )


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 6) if whole else None


class QualityDay(msgspec.Struct):
    day: date
    quality: QualityView


class UnansweredQuestion(msgspec.Struct):
    """Questions to the documents that are the same but for case, spaces and punctuation. `examples` are at most three
    of them as they were asked, the newest first; none once their conversations are deleted."""

    key: UUID
    asked: int
    people: int
    last_asked: date
    examples: list[str]

    @classmethod
    def of(cls, gap: Gap) -> "UnansweredQuestion":
        return msgspec.convert(gap, cls, from_attributes=True)


class QualityReport(msgspec.Struct):
    """Ratings count for the day of the answer. Questions without an answer come with those asked most often first."""

    first: date = msgspec.field(name="from")
    last: date = msgspec.field(name="to")
    total: QualityView
    days: list[QualityDay]
    unanswered_questions: list[UnansweredQuestion]


class CitedDocumentView(msgspec.Struct):
    """`citations` counts the answers that cite it within the period; `last_cited` looks at all times."""

    document_id: DocumentId
    file_name: str
    file_url: str
    citations: int
    last_cited: date | None

    @classmethod
    def of(cls, document: CitedDocument) -> "CitedDocumentView":
        return cls(document.id, document.file_name, document.file_url, document.citations, document.last_cited)


class DocumentsReport(msgspec.Struct):
    """`documents` could be cited, `cited_documents` of them were. Documents that were not come by name, in pages."""

    first: date = msgspec.field(name="from")
    last: date = msgspec.field(name="to")
    documents: int
    cited_documents: int
    most_cited: list[CitedDocumentView]
    not_cited: list[CitedDocumentView]
    next_cursor: str | None
