"""The language of a document, from a sample of its text."""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from shared.domain.extracted import Block

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_SAMPLE_CHARACTERS = 4000
_FEWEST_LETTERS = 40
_SURE_ENOUGH = 0.8


def detect(blocks: Sequence[Block]) -> str | None:
    """ISO 639-1 code, or None where there is too little prose to say. Tables of figures say nothing."""
    sample = _sample(blocks)
    if sum(character.isalpha() for character in sample) < _FEWEST_LETTERS:
        return None
    language, probability = _identifier().classify(sample)
    return str(language) if float(probability) >= _SURE_ENOUGH else None


def _sample(blocks: Sequence[Block]) -> str:
    """Pieces from the whole document, so that an English cover page does not decide."""
    prose = [block.text for block in blocks if block.kind in ("paragraph", "list_item", "note")]
    texts = prose if sum(map(len, prose)) > 200 else [block.text for block in blocks]
    step = max(1, len(texts) // 40)
    picked: list[str] = []
    length = 0
    for text in texts[::step]:
        picked.append(text[:400])
        length += len(picked[-1])
        if length >= _SAMPLE_CHARACTERS:
            break
    return "\n".join(picked)


@cache
def _identifier() -> "LanguageIdentifier":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def warm_up() -> None:
    """Loads the model (0.4 s), so that the first document does not wait for it."""
    _identifier()
