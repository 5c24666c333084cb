"""A file's text, cut into passages that are known again as long as they say the same."""

import hashlib
from collections import Counter

from shared.domain.chunking import chunk
from shared.domain.documents import PassagePosition
from shared.domain.extracted import Extracted
from shared.domain.ids import passage_id
from shared.errors import ExtractionFailed
from shared.ports import Tokenizer
from shared.services.staging import NewPassage

# About 8,000 pages. A document beyond it is a data dump, not something to answer from.
MAX_PASSAGES = 20_000


def cut(
    extracted: Extracted, *, breadcrumb: str, drive_id: str, item_id: str, tokenizer: Tokenizer
) -> list[NewPassage]:
    """The file is known by `drive_id` and `item_id` (of an upload: its session and its own id). Raises
    ExtractionFailed("empty") and ("limits_exceeded")."""
    chunks = chunk(extracted, breadcrumb=breadcrumb, count_tokens=tokenizer.count)
    if not chunks:
        raise ExtractionFailed("empty", "The file holds no text.")
    if len(chunks) > MAX_PASSAGES:
        raise ExtractionFailed("limits_exceeded", f"The file would make more than {MAX_PASSAGES:,} passages.")
    occurrences: Counter[str] = Counter()
    passages: list[NewPassage] = []
    for index, piece in enumerate(chunks):
        # library, folder and file name are left out on purpose: a rename must not re-embed (design 04, 3)
        text_hash = hashlib.sha256(f"{piece.section or ''}\n{piece.text}".encode()).hexdigest()
        known_as = passage_id(drive_id, item_id, text_hash, occurrences[text_hash])
        occurrences[text_hash] += 1
        position = PassagePosition(known_as, index, len(chunks), piece.page, piece.last_page, piece.section)
        passages.append(NewPassage(position, piece.text, piece.embedded_text, extracted.language))
    return passages
