"""The text of one Word paragraph: runs, tabs, breaks, links, fields, equations, notes; text boxes apart."""

from shared.adapters.extract.xml import Element, attribute, child, local

_SKIPPED = frozenset(
    {
        "del",
        "moveFrom",
        "delText",
        "instrText",
        "delInstrText",
        "pPr",
        "rPr",
        "sdtPr",
        "sdtEndPr",
        "annotationRef",
        "proofErr",
        "bookmarkStart",
        "bookmarkEnd",
        "commentRangeStart",
        "commentRangeEnd",
        "oMathParaPr",
        "ctrlPr",
        "docPr",
        "cNvGraphicFramePr",
    }
)
_CHARACTERS = {
    "tab": "\t",
    "ptab": "\t",
    "br": "\n",
    "cr": "\n",
    "noBreakHyphen": "-",
    "softHyphen": "",
}
# Equations keep their order; these signs stand for what their layout says.
_MATH_BETWEEN = {"den": "/", "sup": "^", "sub": "_", "deg": "√"}


def paragraph_text(paragraph: Element) -> tuple[str, list[Element]]:
    """The text, not yet cleaned, and the contents of text boxes found in it."""
    pieces: list[str] = []
    boxes: list[Element] = []
    _collect(paragraph, pieces, boxes)
    return "".join(pieces), boxes


def _collect(parent: Element, pieces: list[str], boxes: list[Element]) -> None:
    for element in parent:
        name = local(element)
        if name == "t":
            pieces.append(element.text or "")
        elif name in _SKIPPED:
            continue
        elif name in _CHARACTERS:
            pieces.append(_CHARACTERS[name])
        elif name == "txbxContent":
            boxes.append(element)
        elif name == "AlternateContent":
            # Choice and Fallback say the same thing in new and in old markup: one of them is enough.
            choice = child(element, "Choice")
            if choice is None:
                choice = child(element, "Fallback")
            if choice is not None:
                _collect(choice, pieces, boxes)
        elif name == "sym":
            pieces.append(_symbol(element))
        elif name == "checkBox":
            pieces.append("☒ " if _checked(element) else "☐ ")
        elif name in _MATH_BETWEEN and len(element):
            pieces.append(_MATH_BETWEEN[name])
            _collect(element, pieces, boxes)
        elif len(element) and not (name == "r" and _is_hidden(element)):
            _collect(element, pieces, boxes)
            if name == "fName":  # "log x", not "logx"
                pieces.append(" ")


def _is_hidden(run: Element) -> bool:
    """Text that Word does not show must not be found either."""
    properties = child(run, "rPr")
    vanish = child(properties, "vanish") if properties is not None else None
    return vanish is not None and attribute(vanish, "val") not in ("0", "false", "off")


def _symbol(element: Element) -> str:
    """Characters of symbol fonts live in the private use area and mean nothing elsewhere."""
    code = attribute(element, "char") or ""
    try:
        character = chr(int(code, 16))
    except (ValueError, OverflowError):
        return ""
    return "" if "\ue000" <= character <= "\uf8ff" else character


def _checked(box: Element) -> bool:
    """A box that was never touched shows its default."""
    state = child(box, "checked")
    if state is None:
        state = child(box, "default")
        return state is not None and attribute(state, "val") not in ("0", "false")
    return attribute(state, "val") not in ("0", "false")
