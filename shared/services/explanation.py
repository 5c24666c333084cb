"""Why a person finds a document, or not: from what is known of both to checks and one verdict, in plain words.

Each check says what it looked at. What stands in the way are obstacles, in the order in which they would have to be
cleared away; the first is the verdict.
"""

from datetime import UTC, datetime

from shared.db.document_lists import ListedDocument
from shared.db.people import User
from shared.db.sync_runs import SyncRun
from shared.domain.audience import Audience, Scope
from shared.domain.documents import PassageCounts
from shared.domain.ledger import MAX_ATTEMPTS, Library, Todo
from shared.services.answering import CANDIDATES
from shared.services.explanation_facts import SEARCHED, Check, Facts, Findings, Place, Verdict


def explained(facts: Facts) -> tuple[Verdict, list[Check]]:
    findings = Findings()
    if facts.is_opaque:
        _opaque(findings)
    elif facts.of_site:
        _in_none_of(findings, facts.of_site)
    elif facts.library is None:
        _library_unknown(findings)
    else:
        _library(findings, facts.library, facts.last_run)
        if facts.document is None:
            _not_in_ledger(findings, facts, facts.library)
        else:
            _document(findings, facts.document)
            _index(findings, facts.document, facts.counts)
            if facts.person is not None:
                _person(findings, facts, facts.document, facts.person)
            if facts.place is not None or facts.search_failed:
                _search(findings, facts.place)
            return findings.obstacle or _found(facts, facts.document), findings.checks
    assert findings.obstacle is not None, "a document that is not known has something in its way"
    return findings.obstacle, findings.checks


# --- the library ---------------------------------------------------------------------------------------------------


def _opaque(findings: Findings) -> None:
    sentence = (
        "This sharing link hides the file behind a token that only SharePoint can read. Open it, and copy the address"
        " that the browser then shows."
    )
    findings.says("address", False, sentence)
    findings.stands_in_the_way("address_opaque", sentence)


def _library_unknown(findings: Findings) -> None:
    sentence = "No registered library within your reach holds this address."
    findings.says("library", False, sentence)
    findings.stands_in_the_way("library_unknown", sentence + " Register its library first.")


def _in_none_of(findings: Findings, libraries: tuple[Library, ...]) -> None:
    for library in libraries:
        findings.says("sync", library.last_sync_at is not None, f"{library.name}: {_synced(library, None)}")
    names = ", ".join(library.name for library in libraries)
    sentence = f"None of the registered libraries of this site ({names}) has this file, as far as they were synced."
    findings.says("ledger", False, sentence)
    findings.stands_in_the_way("not_in_ledger", sentence)


def _library(findings: Findings, library: Library, run: SyncRun | None) -> None:
    if library.is_removing:
        findings.says("library", False, f"The library {library.name} is being removed from Nexus.")
        findings.stands_in_the_way("library_removing", "The library is being removed from Nexus.")
    elif not library.enabled:
        findings.says("library", False, f"The library {library.name} is paused: nothing that changes in it is noticed.")
    else:
        findings.says("library", True, f"The library {library.name} is registered ({library.library_url}).")
    findings.says("sync", library.last_sync_at is not None and library.status != "error", _synced(library, run))


def _synced(library: Library, run: SyncRun | None) -> str:
    if library.last_sync_at is None:
        said = "No sync of the library has ended well yet."
    else:
        said = f"The last complete sync of the library ended at {_time(library.last_sync_at)}."
    if run is not None:
        how = "the whole library" if run.is_full else "changes only"
        came = {"timer": "by the timer", "manual": "by hand", "change": "by a change in Nexus"}[run.trigger]
        ended = f", ended at {_time(run.finished_at)}" if run.finished_at else ", not ended yet"
        said += f" The newest run: {run.status}, {how}, started {came}{ended}."
    if library.status == "error" and library.error_message:
        said += f" It failed: {library.error_message}"
    return said


def _not_in_ledger(findings: Findings, facts: Facts, library: Library) -> None:
    if facts.is_folder:
        sentence = "This is the address of a folder or of the library itself, not of a document."
        findings.says("ledger", False, sentence)
        findings.stands_in_the_way("not_a_document", sentence)
        return
    findings.says("ledger", False, f"The library {library.name} is registered, but no sync has brought this file.")
    run = facts.last_run
    is_under_way = run is not None and run.finished_at is None
    if library.last_sync_at is None and is_under_way:
        findings.stands_in_the_way(
            "first_sync_running", "The library's first sync is still running, and has not brought this file yet."
        )
    elif library.status == "error":
        findings.stands_in_the_way("sync_failed", f"This file is not known to Nexus. {_synced(library, run)}")
    elif not library.enabled:
        findings.stands_in_the_way(
            "library_paused", f"This file is not known to Nexus, and its library is paused. {_synced(library, run)}"
        )
    elif library.last_sync_at is None:
        findings.stands_in_the_way("never_synced", "The library has never been synced. Start a sync of it.")
    else:
        meanwhile = " A sync is running now and may bring it." if is_under_way else ""
        findings.stands_in_the_way(
            "not_in_ledger",
            f"The last complete sync ended at {_time(library.last_sync_at)}, and this file was not in it: it was added"
            f" or moved since, lies elsewhere, or has another name.{meanwhile}",
        )


# --- the document --------------------------------------------------------------------------------------------------


def _document(findings: Findings, document: ListedDocument) -> None:
    if document.todo is Todo.REMOVE:
        sentence = "SharePoint deleted the file; the next step of a sync removes it."
        findings.says("ledger", False, sentence)
        findings.stands_in_the_way("being_removed", sentence)
    else:
        findings.says("ledger", True, f"The file is in the ledger as {document.path or document.file_name}.")
    if document.is_active:
        findings.says("active", True, "No administrator has switched the document off.")
    else:
        findings.says("active", False, "An administrator has switched the document off.")
        findings.stands_in_the_way("inactive", "An administrator has switched this document off. Switch it on again.")
    match document.status:
        case "indexed":
            read = f"It was indexed at {_time(document.ingested_at)} in {_passages(document.passages)}."
            newer = " A newer version, or the same one again, waits to be read." if document.todo is Todo.INGEST else ""
            findings.says("status", True, read + newer)
        case "inactive":
            findings.says("status", None, "Whether it could be read is shown once it is switched on again.")
        case "pending":
            where = "" if document.path else " SharePoint has not said yet which folder it is in."
            sentence = f"The file waits to be read since {_time(document.created_at)}.{where}"
            findings.says("status", False, sentence)
            findings.stands_in_the_way("pending", sentence)
        case "skipped" | "failed":
            _not_read(findings, document)


def _not_read(findings: Findings, document: ListedDocument) -> None:
    reason = f"{document.reason} ({document.reason_code})"
    if document.status == "skipped":
        sentence = f"The file was read, but not indexed: {reason} It is read again once it changes."
    else:
        sentence = f"The file could not be read: {reason} {_next_attempt(document)}"
    if document.todo is Todo.INGEST:
        sentence += " It waits to be read again now."
    findings.says("status", False, sentence)
    if document.passages == 0:
        findings.stands_in_the_way(document.status, sentence)


def _next_attempt(document: ListedDocument) -> str:
    tried = f"It was tried {document.attempts} of {MAX_ATTEMPTS} times;"
    if document.retry_at is not None:
        return f"{tried} a sync from {_time(document.retry_at)} on tries it again."
    return f"{tried} it now waits for a new version or for an administrator who has it read again."


def _index(findings: Findings, document: ListedDocument, counts: PassageCounts | None) -> None:
    if counts is None:
        sentence = "The vector index does not answer right now: nobody finds anything."
        findings.says("index", None, sentence)
        findings.stands_in_the_way("index_unavailable", sentence)
        return
    told = (
        f"The ledger has {_passages(document.passages)}; the index has {counts.active} that are found,"
        f" {counts.inactive} switched off and {counts.staged} of a version that is not whole yet."
    )
    expected = document.passages if document.is_active else 0
    findings.says("index", counts.active == expected, told)
    if counts.active == 0 and document.todo is Todo.RELABEL:
        findings.stands_in_the_way(
            "change_pending", "The index does not show the document yet: the next step of a sync changes that."
        )
    elif counts.active == 0:
        findings.stands_in_the_way(
            "missing_in_index", "The index has no passage of it that is found. Have the document read again."
        )


# --- the person ----------------------------------------------------------------------------------------------------


def _person(findings: Findings, facts: Facts, document: ListedDocument, person: User) -> None:
    if not person.is_active:
        findings.says("person", False, "The person's account is switched off.")
        findings.stands_in_the_way("person_inactive", "The person's account in Nexus is switched off.")
    meant = _meant(document.department, document.country)
    covers = Audience.of(person.caller).covers(document.scope)
    if facts.names_person:
        place = _belongs(
            person.department.name if person.department else None, person.country.name if person.country else None
        )
    else:
        place = "The person's own place is outside your reach"
    detail = f"The document is for {meant}. {place}, which {'is' if covers else 'is not'} covered by that."
    findings.says("audience", covers, detail)
    _labels(findings, facts.counts, detail, covers=covers)
    wanted = facts.library.scope_where_known(document.path) if facts.library else None
    if wanted is not None and wanted != document.scope:
        findings.says(
            "scope", False, "The library's scope or rules were changed: the next step of a sync applies them."
        )


def _labels(findings: Findings, counts: PassageCounts | None, detail: str, *, covers: bool) -> None:
    """What the index has of the scope decides what is found. The ledger says the same, but while a change is under
    way."""
    if counts is None or counts.active == 0:
        if not covers:
            findings.stands_in_the_way("outside_audience", detail)
        return
    is_readable = bool(counts.readable)
    if is_readable is not covers:
        sentence = "The index has another department or country of the document than the ledger."
        findings.says("labels", False, sentence)
        if covers:
            findings.stands_in_the_way("labels_differ", f"{sentence} Have the document read again.")
    elif not covers:
        findings.stands_in_the_way("outside_audience", detail)


def _meant(department: str | None, country: str | None) -> str:
    match department, country:
        case None, None:
            return "everyone"
        case str(), None:
            return f"everyone in {department}"
        case None, str():
            return f"everyone in {country}"
        case _:
            return f"{department} in {country}"


def _belongs(department: str | None, country: str | None) -> str:
    return f"The person belongs to {department or 'no department'} and {country or 'no country'}"


# --- the search ----------------------------------------------------------------------------------------------------


def _search(findings: Findings, searched: Place | None) -> None:
    if searched is None:
        findings.says("search", None, "The search could not be run right now.")
    elif searched.place is None:
        sentence = f"For this question the document is not among the first {SEARCHED} passages: others fit better."
        findings.says("search", False, sentence)
        findings.stands_in_the_way("not_in_results", sentence)
    else:
        detail = f"For this question its best passage comes at place {searched.place}"
        reached = searched.place <= CANDIDATES
        findings.says("search", reached, f"{detail}; an answer is made from the first {CANDIDATES}.")


def _found(facts: Facts, document: ListedDocument) -> Verdict:
    whom = "This person finds" if facts.person else "Whoever may read it finds"
    if facts.place and facts.place.place and facts.place.place > CANDIDATES:
        sentence = f"{whom} the document, but for this question others fit better: its best passage comes at place"
        return Verdict(True, "ranked_low", f"{sentence} {facts.place.place}, and answers use the first {CANDIDATES}.")
    if document.status == "failed" or document.todo is Todo.INGEST:
        sentence = f"{whom} the version that was indexed at {_time(document.ingested_at)}; a newer one is not read yet."
        return Verdict(True, "older_version", sentence)
    return Verdict(True, "findable", f"{whom} the document.")


def person_scope(person: User) -> Scope:
    return Scope(person.caller.department_id, person.caller.country_id)


def _passages(number: int) -> str:
    return "1 passage" if number == 1 else f"{number:,} passages"


def _time(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if at else "an unknown time"
