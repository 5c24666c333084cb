"""What is known of a document and a person, and what is found out from it."""

from dataclasses import dataclass, field

from shared.db.document_lists import ListedDocument
from shared.db.people import User
from shared.db.sync_runs import SyncRun
from shared.domain.documents import PassageCounts
from shared.domain.ledger import Library

# How far down a search is looked for the document.
SEARCHED = 50


@dataclass(frozen=True, slots=True)
class Check:
    """`ok` is None for what could not be looked at."""

    check: str
    ok: bool | None
    detail: str


@dataclass(frozen=True, slots=True)
class Verdict:
    findable: bool
    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where the document's best passage came in a search, from 1 on; None when it was not among the first SEARCHED."""

    place: int | None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known. `counts` is None while the index is away, `place` where nothing was searched for; `is_folder`
    when the address is that of a folder or of the library itself. `of_site` are libraries of the address' site, any of
    which might hold the file. `names_person`: whether the administrator may be
    told where the person belongs."""

    library: Library | None
    last_run: SyncRun | None = None
    document: ListedDocument | None = None
    counts: PassageCounts | None = None
    person: User | None = None
    names_person: bool = False
    place: Place | None = None
    search_failed: bool = False
    is_folder: bool = False
    of_site: tuple[Library, ...] = ()
    is_opaque: bool = False


@dataclass(slots=True)
class Findings:
    checks: list[Check] = field(default_factory=list[Check])
    obstacle: Verdict | None = None

    def says(self, check: str, ok: bool | None, detail: str) -> None:
        self.checks.append(Check(check, ok, detail))

    def stands_in_the_way(self, code: str, sentence: str) -> None:
        self.obstacle = self.obstacle or Verdict(False, code, sentence)
