"""What the developer may set: where the stack keeps its data and which ports it takes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from devstack.stack.failures import StackError
from devstack.stack.ports import HIGHEST_OFFSET, ports

ROOT = Path(__file__).resolve().parents[2]
EMBEDDINGS = ("e5", "use", "hash")


class SettingsWrong(StackError):
    """Names everything that is wrong at once; `problems` has one sentence per setting."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(
            "These settings are missing or wrong:\n"
            + "\n".join(f"  - {problem}" for problem in problems)
            + "\nSet them in your shell (or unset them), then run the command again."
        )
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Configuration:
    """`home` is absolute; `ports` maps each part to its port, `offset` included; `embedding` is one of EMBEDDINGS."""

    home: Path
    offset: int
    ports: Mapping[str, int]
    embedding: str

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> tuple["Configuration", list[str]]:
        """The configuration and what is wrong with it, so that the caller can add what else it finds."""
        problems: list[str] = []
        text = environment.get("NEXUS_PORT_OFFSET", "").strip() or "0"
        offset = int(text) if re.fullmatch(r"\d{1,5}", text) else -1
        if not 0 <= offset <= HIGHEST_OFFSET:
            problems.append(f"NEXUS_PORT_OFFSET must be a whole number from 0 to {HIGHEST_OFFSET}, not {text!r}")
            offset = 0
        chosen = environment.get("NEXUS_HOME", "").strip()
        home = Path(chosen).expanduser().absolute() if chosen else ROOT / ".nexus"
        if home.exists() and not home.is_dir():
            problems.append(f"NEXUS_HOME must be a folder, and {home} is a file")
        elif chosen and home.is_dir() and any(home.iterdir()) and not (home / MARK).exists():
            problems.append(f"NEXUS_HOME must be a folder of its own, and {home} holds other things")
        embedding = environment.get("NEXUS_LOCAL_EMBEDDING", "").strip() or EMBEDDINGS[0]
        if embedding not in EMBEDDINGS:
            problems.append(f"NEXUS_LOCAL_EMBEDDING must be one of {', '.join(EMBEDDINGS)}, not {embedding!r}")
        return cls(home, offset, ports(offset), embedding), problems

    def moved(self, offset: int) -> "Configuration":
        return replace(self, offset=offset, ports=ports(offset))


# In every home: `make reset` throws away the checkout's own .nexus, or a folder that the stack made, nothing else.
MARK = ".nexus-home"


def claim(home: Path) -> None:
    """Makes the home if it is not there, closed to others. Raises SettingsWrong when that cannot be."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        (home / MARK).touch()
        (home / "logs").mkdir(exist_ok=True)
    except OSError as error:
        raise SettingsWrong([f"NEXUS_HOME: {home} cannot be written ({error.strerror})"]) from error
