"""Lists files of code that have grown beyond what fits in a head. A report: it never fails."""

import subprocess
from pathlib import Path

from devstack.stack.configuration import ROOT

LIMIT = 300
_CODE = (".py", ".ts", ".tsx", ".bicep", ".sh")


def too_long(root: Path = ROOT, limit: int = LIMIT) -> list[tuple[int, str]]:
    """(lines, path) of the project's own files over `limit`, longest first."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=root,
        capture_output=True,
        check=True,
    ).stdout.decode()
    found: list[tuple[int, str]] = []
    for name in listed.split("\0"):
        if name.endswith(_CODE) and (root / name).is_file():
            lines = (root / name).read_bytes().count(b"\n")
            if lines > limit:
                found.append((lines, name))
    return sorted(found, reverse=True)


def main() -> None:
    found = too_long()
    print(f"{len(found)} files over {LIMIT} lines" + "".join(f"\n  {lines:>5} {name}" for lines, name in found))


if __name__ == "__main__":
    main()
