"""Renders the sample documents: `python -m devstack.sample.build OUT_DIR` writes OUT_DIR/<library>/<file>.

A source `texts/HR/Recruiting_Guide.docx.md` becomes `HR/Recruiting_Guide.docx`; a plain `.md` is copied.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

from devstack.sample import TEXTS
from devstack.sample.office import render_docx, render_pptx, render_xlsx
from devstack.sample.pdf import render_pdf
from devstack.sample.source import Source, SourceMistake, read_source

RENDERERS: dict[str, Callable[[Source, Path], None]] = {
    ".pdf": render_pdf,
    ".docx": render_docx,
    ".xlsx": render_xlsx,
    ".pptx": render_pptx,
}


def build(out_dir: Path, texts: Path = TEXTS) -> list[Path]:
    """Writes all documents below `out_dir` (made if absent) and returns their paths, relative and sorted.
    Raises SourceMistake for a source that cannot be rendered."""
    written: list[Path] = []
    for source_path in sorted(texts.glob("*/*.md")):
        inner = source_path.with_suffix("")
        name = inner.name if inner.suffix in RENDERERS else source_path.name
        relative = Path(source_path.parent.name) / name
        target = out_dir / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        if inner.suffix in RENDERERS:
            RENDERERS[inner.suffix](read_source(source_path), target)
        elif inner.suffix:
            raise SourceMistake(f"{source_path.name}: no renderer for {inner.suffix}")
        else:
            target.write_bytes(source_path.read_bytes())
        written.append(relative)
    return written


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m devstack.sample.build", description=__doc__)
    parser.add_argument("out_dir", type=Path)
    for path in build(parser.parse_args().out_dir):
        print(path)


if __name__ == "__main__":
    main()
