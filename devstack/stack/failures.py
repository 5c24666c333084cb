"""What can go wrong when the stack is driven: one sentence for the reader, with what to do about it."""


class StackError(Exception):
    """Something a developer can act on. `str()` is the whole message: what happened, then what to do."""

    exit_code = 1


class UsageError(StackError):
    """The command itself is wrong: printed like any other failure, but the process exits 2."""

    exit_code = 2
