"""Ids are types, so that a conversation's id is never passed for a message's."""

from typing import NewType
from uuid import UUID, uuid5

UserId = NewType("UserId", UUID)
DepartmentId = NewType("DepartmentId", UUID)
CountryId = NewType("CountryId", UUID)
ConversationId = NewType("ConversationId", UUID)
MessageId = NewType("MessageId", UUID)
RunId = NewType("RunId", UUID)
LibraryId = NewType("LibraryId", UUID)
SyncRunId = NewType("SyncRunId", UUID)
DocumentId = NewType("DocumentId", UUID)
PassageId = NewType("PassageId", UUID)
SessionId = NewType("SessionId", UUID)
IndexId = NewType("IndexId", UUID)
NotebookSessionId = NewType("NotebookSessionId", UUID)
FileId = NewType("FileId", UUID)
ProviderId = NewType("ProviderId", UUID)
PromptId = NewType("PromptId", UUID)

# Any fixed UUID serves as a name space; changing it would orphan every stored passage.
_NAMESPACE = UUID("5f0a1f6e-94a3-4c58-9f0e-0b7a53d6a9c1")


def document_id(drive_id: str, item_id: str) -> DocumentId:
    """The same file has the same id in every run, so that two syncs of one library end in one state."""
    return DocumentId(uuid5(_NAMESPACE, f"{drive_id}/{item_id}"))


def passage_id(drive_id: str, item_id: str, text_hash: str, occurrence: int) -> PassageId:
    """Known by what it says, not by its position: a passage that an edit only shifts keeps id and vector,
    and a new version never overwrites the old one in place (R02). `occurrence` tells equal texts apart."""
    return PassageId(uuid5(_NAMESPACE, f"{drive_id}/{item_id}/{text_hash}/{occurrence}"))
