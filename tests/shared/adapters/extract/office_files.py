"""Builds small Office packages by hand, so that tests say exactly what is in a file."""

import zipfile
from pathlib import Path

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
_SLIDES = "http://schemas.openxmlformats.org/presentationml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
MACRO_DOCUMENT = "application/vnd.ms-word.document.macroEnabled.main+xml"
DOCUMENT = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
PRESENTATION = "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"

STYLES = f"""<w:styles xmlns:w="{_WORD}">
  <w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>
  <w:style w:type="paragraph" w:styleId="H1"><w:name w:val="heading 1"/><w:basedOn w:val="Normal"/></w:style>
  <w:style w:type="paragraph" w:styleId="H2"><w:name w:val="heading 2"/></w:style>
  <w:style w:type="paragraph" w:styleId="Ours"><w:name w:val="Company chapter"/><w:basedOn w:val="H1"/></w:style>
  <w:style w:type="paragraph" w:styleId="Round"><w:name w:val="Round"/><w:basedOn w:val="Round"/></w:style>
</w:styles>"""


def relationships(*entries: tuple[str, str, str]) -> str:
    """Entries are (id, kind, target)."""
    rows = "".join(f'<Relationship Id="{i}" Type="{_OFFICE}/{kind}" Target="{target}"/>' for i, kind, target in entries)
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{rows}</Relationships>'


def package(path: Path, main_type: str, main: str, parts: dict[str, str | bytes]) -> Path:
    """Writes a package whose start part is `main`, one of `parts`."""
    types = (
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/{main}" ContentType="{main_type}"/></Types>'
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", types)
        archive.writestr("_rels/.rels", relationships(("r1", "officeDocument", main)))
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def docx(path: Path, body: str, *, parts: dict[str, str] | None = None, main_type: str = DOCUMENT) -> Path:
    """`body` is WordprocessingML inside w:body; `parts` maps file names under word/ (styles.xml, header1.xml,
    footnotes.xml, …) to their XML; each is related by the name without digits."""
    others = {"styles.xml": STYLES, **(parts or {})}
    links = [(f"r{number}", name.partition(".")[0].rstrip("0123456789"), name) for number, name in enumerate(others)]
    files: dict[str, str | bytes] = {
        "word/document.xml": f'<w:document xmlns:w="{_WORD}" xmlns:r="{_OFFICE}"><w:body>{body}</w:body></w:document>',
        "word/_rels/document.xml.rels": relationships(*links),
    }
    files.update({f"word/{name}": content for name, content in others.items()})
    return package(path, main_type, "word/document.xml", files)


def word_part(kind: str, body: str) -> str:
    return f'<w:{kind} xmlns:w="{_WORD}">{body}</w:{kind}>'


def paragraph(text: str, *, style: str = "", properties: str = "") -> str:
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f'<w:p><w:pPr>{named}{properties}</w:pPr><w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>'


def cell(text: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{paragraph(text)}</w:tc>"


def row(*cells: str, properties: str = "") -> str:
    return f"<w:tr><w:trPr>{properties}</w:trPr>{''.join(cells)}</w:tr>"


def pptx(path: Path, slides: list[str], *, notes: dict[int, str] | None = None) -> Path:
    """`slides` are PresentationML inside p:spTree, in showing order; their parts are named in reverse, because
    names say nothing. `notes` maps a slide's number to the XML of its notes."""
    files: dict[str, str | bytes] = {}
    links: list[tuple[str, str, str]] = []
    for number, shapes in enumerate(slides, start=1):
        name = f"slide{len(slides) - number + 1}.xml"
        links.append((f"s{number}", "slide", f"slides/{name}"))
        files[f"ppt/slides/{name}"] = _slide("sld", shapes)
        if notes and number in notes:
            files[f"ppt/slides/_rels/{name}.rels"] = relationships(("n", "notesSlide", f"../notesSlides/{name}"))
            files[f"ppt/notesSlides/{name}"] = _slide("notes", notes[number])
    listed = "".join(f'<p:sldId id="{256 + n}" r:id="s{n}"/>' for n in range(1, len(slides) + 1))
    files["ppt/presentation.xml"] = (
        f'<p:presentation xmlns:p="{_SLIDES}" xmlns:r="{_OFFICE}"><p:sldIdLst>{listed}</p:sldIdLst></p:presentation>'
    )
    files["ppt/_rels/presentation.xml.rels"] = relationships(*links)
    return package(path, PRESENTATION, "ppt/presentation.xml", files)


def _slide(kind: str, shapes: str) -> str:
    return (
        f'<p:{kind} xmlns:p="{_SLIDES}" xmlns:a="{_DRAWING}" xmlns:r="{_OFFICE}">'
        f"<p:cSld><p:spTree>{shapes}</p:spTree></p:cSld></p:{kind}>"
    )


def shape(*paragraphs: str, placeholder: str | None = None) -> str:
    """Paragraphs that begin with "- " are bulleted."""
    mark = f'<p:ph type="{placeholder}"/>' if placeholder else ""
    lines = "".join(map(_line, paragraphs))
    return f"<p:sp><p:nvSpPr><p:nvPr>{mark}</p:nvPr></p:nvSpPr><p:txBody>{lines}</p:txBody></p:sp>"


def _line(text: str) -> str:
    bullet = '<a:pPr><a:buChar char="•"/></a:pPr>' if text.startswith("- ") else ""
    return f"<a:p>{bullet}<a:r><a:t>{text.removeprefix('- ')}</a:t></a:r></a:p>"


def slide_table(*rows: list[str]) -> str:
    lines = ("".join(f"<a:tc><a:txBody>{_line(text)}</a:txBody></a:tc>" for text in row) for row in rows)
    table = "<a:tbl><a:tblPr firstRow='1'/>" + "".join(f"<a:tr>{line}</a:tr>" for line in lines) + "</a:tbl>"
    return f"<p:graphicFrame><a:graphic><a:graphicData>{table}</a:graphicData></a:graphic></p:graphicFrame>"
