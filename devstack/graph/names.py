"""What SharePoint lets a file or folder be called."""

from devstack.graph.records import Refused

_FORBIDDEN = frozenset('"*:<>?/\\|')
_LONGEST_PATH = 400


def checked_name(name: str) -> str:
    """`Refused` for names that SharePoint would not take (support article "Restrictions and limitations")."""
    if not name or name != name.strip() or name in (".", "..") or name.startswith("~$"):
        raise Refused(f"{name!r} is no name that SharePoint takes")
    if any(letter in _FORBIDDEN or ord(letter) < 32 for letter in name):
        raise Refused(f"{name!r} has a character that SharePoint does not take")
    return name


def split_path(path: str) -> list[str]:
    """ "/a/b.md" → ["a", "b.md"]; every part is checked."""
    if len(path) > _LONGEST_PATH:
        raise Refused(f"SharePoint takes paths of up to {_LONGEST_PATH} characters")
    return [checked_name(part) for part in path.strip("/").split("/") if part]
