"""What an extractor hands on: the text of one file, in reading order, with its structure."""

from dataclasses import dataclass, field
from typing import Literal

import msgspec

type BlockKind = Literal[
    "heading",
    "paragraph",
    "list_item",
    "table_row",
    "code",
    "slide_title",
    "note",  # speaker notes, comments on the side
    "footnote",
    "page_furniture",  # headers and footers of a whole document, once
]

type FileType = Literal["pdf", "docx", "xlsx", "pptx", "html", "md", "txt", "csv"]

type ReasonCode = Literal[
    "too_large",
    "encrypted",
    "unsupported_type",
    "empty",
    "needs_ocr",
    "corrupt",
    "limits_exceeded",
]

REASON_SENTENCES: dict[ReasonCode, str] = {
    "too_large": "The file is larger than Nexus may read.",
    "encrypted": "The file is protected with a password. Save it without one to have it indexed.",
    "unsupported_type": "Files of this kind are not indexed.",
    "empty": "The file holds no text.",
    "needs_ocr": "The pages are images without text. Run text recognition (OCR) over the file to have it indexed.",
    "corrupt": "The file is damaged and could not be read.",
    "limits_exceeded": "Reading the file took more time, memory or text than one document may.",
}


@dataclass(frozen=True, slots=True)
class ExtractionFailure:
    """Why a file was not read: a code for programs and one English sentence for administrators."""

    reason_code: ReasonCode
    sentence: str

    @classmethod
    def of(cls, reason_code: ReasonCode, sentence: str | None = None) -> "ExtractionFailure":
        return cls(reason_code, sentence or REASON_SENTENCES[reason_code])


class Block(msgspec.Struct, frozen=True, gc=False):
    """One heading, paragraph, list item or table row; `text` is stripped and never empty.

    `level` is 1-based for headings, the nesting depth (0 = outermost) for list items, else 0.
    `page` is the 1-based page or slide, None for formats without. `section` is set where the place is not a
    heading of the text itself: sheet, slide title, entry of a PDF's outline; otherwise headings say it. `header`
    is the header row of the table a row belongs to, to be repeated above it; the header row itself is the first
    row and has none.

    A workbook has a block a row, so they are made, sent and read in great numbers: as a Struct ten times cheaper
    than as a frozen dataclass. `gc=False` is safe as long as it holds texts and numbers only.
    """

    kind: BlockKind
    text: str
    level: int = 0
    page: int | None = None
    section: str | None = None
    header: str | None = None


@dataclass(frozen=True, slots=True)
class Extracted:
    """The text of one file. `language` is an ISO 639-1 code, None where too little text says it.

    `page_count` is pages, slides or sheets, None where the format has none. `metadata` holds plain facts for
    administrators, such as the names of sheets that were hidden and therefore left out.
    """

    file_type: FileType
    title: str | None
    page_count: int | None
    blocks: tuple[Block, ...]
    language: str | None = None
    metadata: dict[str, str] = field(default_factory=dict[str, str])
