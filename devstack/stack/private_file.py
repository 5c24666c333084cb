"""Files that hold secrets or state: written whole or not at all, readable by nobody else."""

import os
import tempfile
from pathlib import Path


def write_private(file: Path, text: str) -> None:
    """Replaces `file` in one step, mode 0600: a reader sees the old text or the new, never half of it."""
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as sink:
            sink.write(text + "\n")
        os.replace(name, file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
