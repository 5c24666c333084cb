"""Who may read which folder of a library: rules by folder, where the library's own scope is not meant."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from shared.domain.audience import Scope
from shared.errors import FieldError, Invalid

MOST_RULES = 200
# SharePoint takes no longer path, and none of these in a name: a rule with one could never hold.
_LONGEST_PATH = 400
_FORBIDDEN = frozenset('"*:<>?|\\')


@dataclass(frozen=True, slots=True)
class ScopeRule:
    """`path_prefix` is a folder's path below the library, without slashes at its ends; a scope of two nulls is for
    everyone."""

    path_prefix: str
    scope: Scope


@dataclass(frozen=True, slots=True)
class ScopeRules:
    """At most one rule a folder. Made of what an administrator wrote by `of`, of what is stored as it is."""

    rules: tuple[ScopeRule, ...] = ()
    _by_folder: dict[tuple[str, ...], Scope] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_folder = {_folder(rule.path_prefix): rule.scope for rule in self.rules}
        object.__setattr__(self, "_by_folder", by_folder)

    @classmethod
    def of(cls, written: Sequence[ScopeRule]) -> "ScopeRules":
        """Raises Invalid for too many rules, for two of one folder, and for a path that no folder can have."""
        if len(written) > MOST_RULES:
            raise _refused("", f"A library takes at most {MOST_RULES} rules")
        rules: list[ScopeRule] = []
        seen: set[tuple[str, ...]] = set()
        for index, rule in enumerate(written):
            prefix = _normalised(rule.path_prefix, f"/{index}/path_prefix")
            if _folder(prefix) in seen:
                raise _refused(f"/{index}/path_prefix", f"There are two rules for the folder {prefix!r}")
            seen.add(_folder(prefix))
            rules.append(ScopeRule(prefix, rule.scope))
        return cls(tuple(rules))

    def of_path(self, path: str) -> Scope | None:
        """The scope that the deepest rule at or above `path` gives; None where no rule holds."""
        if not self.rules:
            return None
        parts = _folder(path)
        for length in range(len(parts), 0, -1):
            if (scope := self._by_folder.get(parts[:length])) is not None:
                return scope
        return None

    def changed_folders(self, other: "ScopeRules") -> list[str]:
        """Folders whose rule is only in one of the two, or gives another scope there."""
        prefixes = {_folder(rule.path_prefix): rule.path_prefix for rule in (*self.rules, *other.rules)}
        return [
            prefix for folder, prefix in prefixes.items() if self._by_folder.get(folder) != other._by_folder.get(folder)
        ]


def _folder(path: str) -> tuple[str, ...]:
    """As SharePoint compares names: whatever their case, and however their accents are written."""
    return tuple(unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold()).split("/"))


def _normalised(written: str, pointer: str) -> str:
    prefix = unicodedata.normalize("NFC", written.strip().strip("/"))
    if not prefix:
        raise _refused(pointer, "A rule needs the path of a folder; the library itself has a scope of its own")
    if len(prefix) > _LONGEST_PATH:
        raise _refused(pointer, f"SharePoint takes paths of up to {_LONGEST_PATH} characters")
    for name in prefix.split("/"):
        if name in ("", ".", "..") or name != name.strip():
            raise _refused(pointer, f"{prefix!r} is no path of folders: separate names by one slash")
        if any(letter in _FORBIDDEN or ord(letter) < 32 for letter in name):
            raise _refused(pointer, f"{name!r} has a character that no folder in SharePoint has; separate names by /")
    return prefix


def _refused(pointer: str, detail: str) -> Invalid:
    error = FieldError(f"/scope_rules{pointer}", detail)
    return Invalid(detail + ".", errors=(error,), code="scope_rules_invalid")
