"""Wire models of how long things are kept, and of forgetting people."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from shared.db.forgetting import ForgetJob
from shared.db.retention import Retention
from shared.domain.ids import UserId

type Days = Annotated[int, msgspec.Meta(ge=1, le=36_500)]
type AuditDays = Annotated[int, msgspec.Meta(ge=30, le=36_500)]


class RetentionSettings(msgspec.Struct, forbid_unknown_fields=True):
    """All three are said, null for what is kept for ever. Feedback goes with its answer at the latest; the audit log is
    kept for 30 days at least."""

    messages_days: Days | None
    feedback_days: Days | None
    audit_days: AuditDays | None

    def retention(self) -> Retention:
        return Retention(self.messages_days, self.feedback_days, self.audit_days)


class RetentionView(msgspec.Struct):
    """`updated_at` is null while nobody has set anything."""

    messages_days: int | None
    feedback_days: int | None
    audit_days: int | None
    updated_by: UserId | None
    updated_at: datetime | None

    @classmethod
    def of(cls, retention: Retention) -> "RetentionView":
        return msgspec.convert(retention, cls, from_attributes=True)


class ForgetJobView(msgspec.Struct):
    """`erased` and `anonymised` count by kind what was done until now. `problem` is the code of what the job last met,
    such as `blob_unavailable`; it goes on by itself. `user_id` names nobody any more."""

    id: UUID
    user_id: UserId
    requested_by: UserId | None
    status: Literal["waiting", "running", "done"]
    erased: dict[str, int]
    anonymised: dict[str, int]
    problem: str | None
    created_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, job: ForgetJob) -> "ForgetJobView":
        return msgspec.convert(job, cls, from_attributes=True)
