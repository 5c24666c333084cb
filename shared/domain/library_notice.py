"""What an administrator should know of a library whose sync went well and that still answers nothing."""

from collections.abc import Mapping

from shared.domain.ledger import NEVER_READ

# Not of a type that Nexus reads, whatever is in them.
_FOREIGN = frozenset({"unsupported_type", *NEVER_READ})


def notice_of(not_indexed: Mapping[str, int]) -> str:
    """A sentence about a library none of whose files is indexed; `not_indexed` is how many each reason code holds
    back."""
    files = sum(not_indexed.values())
    if files == 0:
        return "The library is empty."
    only_foreign = not_indexed.keys() <= _FOREIGN
    listed = ", ".join(f"{count:,} {code}" for code, count in sorted(not_indexed.items(), key=_most_first))
    if files == 1:
        why = "not of a type that Nexus reads" if only_foreign else f"not indexed: {listed}"
        return f"The library holds 1 file, {why}."
    if only_foreign:
        return f"The library holds {files:,} files, none of them of a type that Nexus reads."
    return f"The library holds {files:,} files, none of them indexed: {listed}."


def _most_first(reason: tuple[str, int]) -> tuple[int, str]:
    return -reason[1], reason[0]
