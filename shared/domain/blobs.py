"""What lies in Blob Storage."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """`path` within the container; `created_at` in UTC, by the storage's clock."""

    path: str
    created_at: datetime
