"""What a reader is shown of a model's answer from documents, piece by piece (S15)."""

import re
from collections.abc import Iterable, Sequence

from shared.domain.addresses import GivenAddresses
from shared.domain.answer_links import LinkFilter
from shared.domain.citations import CitationFilter
from shared.domain.events import Source
from shared.domain.prompts import looks_german
from shared.domain.source_lists import SourceListFilter

# What the filters look at, or what may become that with the next piece. Most pieces hold no character of it, which
# the set tells in a third of the expression's time: this is done for every token of every answer.
_CHARS = frozenset("[]【<\\!\n:hHfFwW")
_NOTABLE = re.compile(r"(?i)[\[\]【<\\!\n:]|www|(?<![^\W_])(?:h|ht|htt|https?|f|ft|ftps?|ww?)\Z|\s\Z")
_CITED = re.compile(r"[\[【]\d{1,3}[\]】]")


class CheckedText:
    """Citations of `given` passages only, addresses that stand in `texts` or lead to a given source only, and no list
    of sources of the model's own. The same text is shown however it is cut into pieces.

    Lists go first, so that their numbers are not taken for citations, links last, so that they are looked for in
    exactly what would be shown. Of `question` only the language matters.
    """

    def __init__(self, given: Sequence[Source], texts: Iterable[str], *, question: str) -> None:
        self._lists = SourceListFilter()
        self._citations = CitationFilter(given)
        addresses = GivenAddresses(texts, (source.file_url for source in given))
        self._links = LinkFilter(addresses, "Link entfernt" if looks_german(question) else "link removed")
        self._idle = True
        # The last piece that went past the filters.
        self._unseen = ""

    def feed(self, text: str) -> str:
        """The text that is safe to show."""
        if self._idle:
            if (_CHARS.isdisjoint(text) and not text[-1:].isspace()) or not _NOTABLE.search(text):
                self._unseen = text or self._unseen
                return text
            if self._unseen:
                self._links.passed_by(self._unseen)
                self._unseen = ""
        shown = self._filtered(text)
        self._idle = self._lists.idle and self._citations.idle and self._links.idle
        return shown

    def _filtered(self, text: str) -> str:
        if (listed := self._lists.feed(text)) and (cited := self._citations.feed(listed)):
            return self._links.feed(cited)
        return ""

    def flush(self) -> str:
        """The rest, at the end of the answer. A model that cites nothing but in its own list of sources means the
        whole answer: what it lists counts as cited."""
        text = self._citations.feed(self._lists.flush()) + self._citations.flush()
        if not self._citations.cited:
            self._citations.feed("".join(_CITED.findall(self._lists.dropped)))
        return self._links.feed(text) + self._links.flush()

    @property
    def cited(self) -> tuple[Source, ...]:
        """The passages cited so far, under the numbers the reader sees."""
        return self._citations.cited
