"""The peers' own environment in .cache/bench-venv, made from bench/requirements.txt where it is missing or outdated."""

import hashlib
import subprocess
import sys
from pathlib import Path

from bench.servers import REPO

_VENV = REPO / ".cache" / "bench-venv"
_LOCK = REPO / "bench" / "requirements.txt"


def peer_python() -> Path:
    """The interpreter of that environment. Making it takes a minute or two."""
    python, made_of = _VENV / "bin" / "python", _VENV / "made-of"
    wanted = hashlib.sha256(_LOCK.read_bytes()).hexdigest()
    if not python.is_file():
        subprocess.run([sys.executable, "-m", "venv", str(_VENV)], check=True)
    if not made_of.is_file() or made_of.read_text(encoding="ascii") != wanted:
        install = [str(python), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(_LOCK)]
        subprocess.run(install, check=True)
        made_of.write_text(wanted, encoding="ascii")
    return python


def peer_script(name: str) -> str:
    return str(REPO / "bench" / "peers" / f"{name}.py")


def peer_versions(python: Path, *packages: str) -> str:
    program = "import sys, importlib.metadata as m; print(', '.join(f'{p} {m.version(p)}' for p in sys.argv[1:]))"
    return subprocess.run(
        [str(python), "-c", program, *packages], check=True, capture_output=True, text=True
    ).stdout.strip()
