"""What a comparison of ledger, passage index and SharePoint can find."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from shared.domain.ledger import Library

# Told one by one; beyond them differences are counted only. A library that was never synced differs in every file.
MOST_TOLD = 1_000


class DriftKind(StrEnum):
    """`unsynced` is what the next sync is expected to mend; everything else should not be."""

    UNSYNCED = "unsynced"
    NOT_IN_SHAREPOINT = "not_in_sharepoint"
    WRONG_FOLDER = "wrong_folder"
    WRONG_PATH = "wrong_path"
    WRONG_ADDRESS = "wrong_address"
    WRONG_SCOPE = "wrong_scope"
    PASSAGES_MISSING = "passages_missing"
    PASSAGES_SURPLUS = "passages_surplus"
    PASSAGES_STAGED = "passages_staged"
    WRONG_LABELS = "wrong_labels"
    UNKNOWN_DOCUMENT = "unknown_document"
    UNKNOWN_LIBRARY = "unknown_library"


@dataclass(frozen=True, slots=True)
class Difference:
    """`what` is a path, or an id where there is no path; `detail` a sentence for people."""

    kind: DriftKind
    what: str
    detail: str


@dataclass(slots=True)
class DriftReport:
    """Of one library, or, with `library` None, of passages that belong to none. `counts` are all differences by their
    kind, `differences` the first of them. While `syncing`, differences may be what that sync is about to mend."""

    library: Library | None
    syncing: bool = False
    files: int = 0
    documents: int = 0
    passages: int = 0
    counts: Counter[DriftKind] = field(default_factory=Counter[DriftKind])
    differences: list[Difference] = field(default_factory=list[Difference])

    @property
    def agrees(self) -> bool:
        return not self.counts

    def add(self, kind: DriftKind, what: str, detail: str) -> None:
        self.counts[kind] += 1
        if len(self.differences) < MOST_TOLD:
            self.differences.append(Difference(kind, what, detail))
