"""Passages out of a document: what is embedded, found and cited.

Measured on real documents (facts/local-stack.md §5): passages of about 1,600 characters, 400 tokens, find the
right page more often than those of 700 or 1,000.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from shared.domain.breadcrumbs import Counted, Headings, Trails, embedded_text, with_section
from shared.domain.extracted import Block, Extracted
from shared.domain.packing import Piece, divide
from shared.domain.sentences import halves, sentences

TARGET_TOKENS = 400
MAX_TOKENS = 600
OVERLAP_TOKENS = 60

_SPLIT_FROM_CHARACTERS_A_TOKEN = 2.0  # blocks longer than this × target are cut at sentences before counting
_SURELY_TOO_LONG_CHARACTERS_A_TOKEN = 16

# Prices in the unit of packing: 1.0 is as bad as a passage with nothing in it.
_PAGE_INSIDE = 0.55  # so that a page below about 100 tokens joins its neighbour and a larger one does not
_HEADING_INSIDE = {1: 0.12, 2: 0.08}
_DEEPER_HEADING_INSIDE = 0.04
_CUT_BETWEEN_PARAGRAPHS = 0.02
_CUT_BETWEEN_ROWS = 0.06
_CUT_BETWEEN_SENTENCES = 0.12
_CUT_WITHIN_SENTENCE = 0.5
_STICKY = 1.0


@dataclass(frozen=True, slots=True)
class Passage:
    """`text` is what is cited; `breadcrumb` (library › folder › file › heading) is embedded in front of it.

    `page` is the 1-based page that most of the text is on, `last_page` the last one it touches; both None for
    formats without pages. `tokens` estimates `embedded_text`.
    """

    index: int
    text: str
    breadcrumb: str
    page: int | None
    last_page: int | None
    section: str | None
    tokens: int

    @property
    def embedded_text(self) -> str:
        return embedded_text(self.breadcrumb, self.text)


@dataclass(frozen=True, slots=True)
class _Unit:
    """A piece with its text. `lead` stands between it and the unit before when both are in one passage."""

    text: str
    lead: str
    block: Block
    section: Counted
    piece: Piece


def chunk(
    document: Extracted,
    *,
    breadcrumb: str,
    count_tokens: Callable[[str], int],
    target_tokens: int = TARGET_TOKENS,
    max_tokens: int = MAX_TOKENS,
    overlap_tokens: int = OVERLAP_TOKENS,
) -> list[Passage]:
    """Passages in the order of the document; the same document gives the same passages.

    Cuts fall between pages, under headings, between paragraphs, rows or sentences, in this order of liking, and
    within a word only where the word alone is too long. `max_tokens` bounds the embedded text as the sum of its
    parts counted one by one, which a byte-pair tokenizer exceeds by a few tokens at most. A long breadcrumb loses
    its beginning. Raises ValueError unless 0 ≤ overlap < target / 2 and target ≤ max and max ≥ 40.
    """
    if not (0 <= overlap_tokens < target_tokens / 2 and target_tokens <= max_tokens and max_tokens >= 40):
        raise ValueError("target, maximum and overlap do not fit together")
    crumbs = _trail(breadcrumb, count_tokens, max_tokens)
    sections = Trails(count_tokens, max_tokens // 8)
    room = max_tokens - overlap_tokens - crumbs.tokens
    target = min(target_tokens, room - max_tokens // 8)
    units = list(_units(document.blocks, count_tokens, target, sections))
    room -= max((unit.section.tokens for unit in units), default=0)
    passages: list[Passage] = []
    for first, end in divide([unit.piece for unit in units], target=target, room=room):
        body = units[first:end]
        overlap = _overlap(units, first, count_tokens, overlap_tokens) if first else Counted("", 0)
        section = _section(body)
        pages = [unit.block.page for unit in body if unit.block.page is not None]
        size = overlap.tokens + body[0].piece.header_tokens + sum(unit.piece.tokens for unit in body)
        passages.append(
            Passage(
                index=len(passages),
                text=_text(body, overlap.text),
                breadcrumb=with_section(crumbs.text, section.text),
                page=_main_page(body),
                last_page=max(pages, default=None),
                section=section.text or None,
                tokens=crumbs.tokens + section.tokens + size,
            )
        )
    return passages


def shortened(breadcrumb: str, count_tokens: Callable[[str], int], max_tokens: int = MAX_TOKENS) -> str:
    """As much of a breadcrumb's end as `chunk` leaves of it."""
    return _trail(breadcrumb, count_tokens, max_tokens).text


def _trail(breadcrumb: str, count_tokens: Callable[[str], int], max_tokens: int) -> Counted:
    return Trails(count_tokens, max_tokens // 5).fit(breadcrumb)


def _units(blocks: Sequence[Block], count: Callable[[str], int], target: int, sections: Trails) -> Iterator[_Unit]:
    headings = Headings()
    headers: dict[str, int] = {}
    before: Block | None = None
    for number, block in enumerate(blocks):
        if block.kind in ("heading", "slide_title"):
            headings.enter(block.level or 1, block.text)
        section = sections.fit(block.section or headings.path())
        repeated = 0
        if block.header is not None:
            if block.header not in headers:
                headers[block.header] = count(block.header) + 1
            repeated = headers[block.header] if headers[block.header] <= target // 2 else 0
        following = blocks[number + 1] if number + 1 < len(blocks) else None
        sticky = _STICKY if _belongs_to_next(block, following) else 0.0
        pieces = _pieces(block.text, count, target - repeated)
        for place, (text, lead, tokens, cut) in enumerate(pieces):
            start = place == 0
            yield _Unit(
                text=text,
                lead=_lead(before, block) if start else lead,
                block=block,
                section=section,
                piece=Piece(
                    tokens=tokens + 1,
                    header_tokens=repeated,
                    cut=_cut_before(before, block) if start else cut,
                    inside=_inside(before, block) if start else 0.0,
                    sticky=sticky if place == len(pieces) - 1 else 0.0,
                ),
            )
        before = block


def _pieces(text: str, count: Callable[[str], int], limit: int) -> list[tuple[str, str, int, float]]:
    """(text, lead, tokens, price of cutting before it), each at most `limit` tokens, each counted once."""
    whole = len(text) <= _SPLIT_FROM_CHARACTERS_A_TOKEN * limit
    if whole and (tokens := count(text)) <= limit:
        return [(text, "", tokens, 0.0)]
    pieces: list[tuple[str, str, int, float]] = []
    lead = ""
    for sentence in sentences(text):
        price = _CUT_BETWEEN_ROWS if "\n" in lead else _CUT_BETWEEN_SENTENCES
        for part in _small_enough(sentence, count, limit):
            stripped = part[0].strip()
            if stripped:
                pieces.append((stripped, lead, part[1], price))
            tail = part[0][len(part[0].rstrip()) :]
            lead = "\n" if "\n" in tail else (" " if tail else "")
            price = _CUT_WITHIN_SENTENCE
    return pieces


def _small_enough(text: str, count: Callable[[str], int], limit: int) -> Iterator[tuple[str, int]]:
    # What is far too long is cut before it is counted: counting is the dear part.
    if len(text) <= _SURELY_TOO_LONG_CHARACTERS_A_TOKEN * limit:
        tokens = count(text.strip())
        if tokens <= limit or len(text.strip()) < 2:
            yield text, tokens
            return
    for half in halves(text):
        yield from _small_enough(half, count, limit)


def _belongs_to_next(block: Block, following: Block | None) -> bool:
    """A heading without its text, or a table's head without a row, is no end of a passage."""
    if following is None:
        return False
    if block.kind in ("heading", "slide_title"):
        return True
    if block.kind == "table_row" and block.header is None and following.header == block.text:
        return True
    return block.kind == "paragraph" and len(block.text) < 200 and block.text.endswith(":")


def _cut_before(before: Block | None, block: Block) -> float:
    if before is None or _place(before) != _place(block) or block.kind in ("heading", "slide_title"):
        return 0.0
    return _CUT_BETWEEN_ROWS if _same_run(before, block) else _CUT_BETWEEN_PARAGRAPHS


def _inside(before: Block | None, block: Block) -> float:
    if before is None:
        return 0.0
    price = _PAGE_INSIDE if _place(before) != _place(block) else 0.0
    if block.kind == "heading" and before.kind != "heading":
        price += _HEADING_INSIDE.get(block.level, _DEEPER_HEADING_INSIDE)
    return price


def _place(block: Block) -> int | str | None:
    """The page, or the sheet: what a citation points at."""
    return block.section if block.page is None else block.page


def _same_run(before: Block, block: Block) -> bool:
    return before.kind == block.kind and block.kind in ("list_item", "table_row")


def _lead(before: Block | None, block: Block) -> str:
    if before is None:
        return ""
    return "\n" if _same_run(before, block) or before.kind in ("heading", "slide_title") else "\n\n"


def _overlap(units: Sequence[_Unit], first: int, count: Callable[[str], int], limit: int) -> Counted:
    """The last whole sentences before the cut, where running text goes on over it."""
    before, after = units[first - 1], units[first]
    running = ("paragraph", "list_item", "note")
    if limit == 0 or before.block.kind not in running or after.block.kind not in running:
        return Counted("", 0)
    ended = before.text.rstrip("\"'”’»)")[-1:] in ".!?:…。！？"
    elsewhere = before.section != after.section or _place(before.block) != _place(after.block)
    if before.block is not after.block and ended and elsewhere:
        return Counted("", 0)
    taken: list[str] = []
    tokens = 0
    for sentence in reversed(sentences(before.text)):
        size = count(sentence.strip()) + 1
        if tokens + size > limit:
            break
        taken.append(sentence)
        tokens += size
    return Counted("".join(reversed(taken)).strip(), tokens)


def _text(body: Sequence[_Unit], overlap: str) -> str:
    first = body[0]
    parts: list[str] = []
    if overlap:
        parts.extend((overlap, first.lead))
    elif first.block.header is not None and first.piece.header_tokens:
        parts.extend((first.block.header, "\n"))
    parts.append(first.text)
    for unit in body[1:]:
        parts.extend((unit.lead, unit.text))
    return "".join(parts)


def _section(body: Sequence[_Unit]) -> Counted:
    """The one that most of the passage is in; the first among equals."""
    weights: dict[Counted, int] = {}
    for unit in body:
        weights[unit.section] = weights.get(unit.section, 0) + unit.piece.tokens
    return max(weights, key=lambda section: weights[section])


def _main_page(body: Sequence[_Unit]) -> int | None:
    weights: dict[int, int] = {}
    for unit in body:
        if unit.block.page is not None:
            weights[unit.block.page] = weights.get(unit.block.page, 0) + unit.piece.tokens
    return max(weights, key=lambda page: weights[page], default=None)
