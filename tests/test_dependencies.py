"""S22: dependencies are locked with hashes, name no registry, and the tree holds no secret."""

import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LOCKS = {"requirements.in": "requirements.txt", "requirements-dev.in": "requirements-dev.txt"}


def name_of(requirement: str) -> str:
    return re.split(r"[\[=<>~ ;]", requirement.strip(), maxsplit=1)[0].lower().replace("_", "-")


def wanted(source: Path) -> set[str]:
    lines = [line.split("#")[0].strip() for line in source.read_text().splitlines()]
    return {name_of(line) for line in lines if line and not line.startswith("-")}


def locked(lock: Path) -> dict[str, str]:
    """name → the whole block of a pinned requirement."""
    blocks = re.split(r"(?m)^(?=[A-Za-z0-9])", lock.read_text())
    return {name_of(block): block for block in blocks if "==" in block}


@pytest.mark.parametrize(("source", "lock"), LOCKS.items())
def test_every_requirement_is_pinned_with_hashes(source: str, lock: str) -> None:
    pins = locked(ROOT / lock)
    assert wanted(ROOT / source) <= pins.keys()
    assert [name for name, block in pins.items() if "--hash=sha256:" not in block] == []


def test_what_is_shipped_is_what_is_tested() -> None:
    shipped, tested = (locked(ROOT / lock) for lock in LOCKS.values())
    version = re.compile(r"==(\S+)")
    for name, block in shipped.items():
        assert version.findall(block)[0] == version.findall(tested[name])[0], name


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_no_lock_names_a_registry() -> None:
    for lock in LOCKS.values():
        assert "://" not in (ROOT / lock).read_text(), lock
    packages = json.loads((ROOT / "devstack/node/package-lock.json").read_text())["packages"]
    assert [name for name, package in packages.items() if "resolved" in package] == []


SECRETS = [
    re.compile(r"-----BEGIN (?:RSA |EC )?PRIVATE KEY-----"),
    re.compile(r"\bsk-[A-Za-z0-9]{32,}"),
    re.compile(r"AccountKey=[A-Za-z0-9+/]{60,}"),
    re.compile(r"\beyJ[A-Za-z0-9_-]{30,}\.eyJ[A-Za-z0-9_-]{30,}\."),
]


def test_the_tree_holds_no_secret() -> None:
    hits = []
    for path in tracked_files():
        if path.suffix in {".npz", ".png", ".pdf", ".ico", ".woff2"} or path == Path(__file__):
            continue
        text = path.read_text(errors="replace")
        hits += [f"{path.relative_to(ROOT)}: {pattern.pattern}" for pattern in SECRETS if pattern.search(text)]
    assert hits == []
