"""Errors as Qdrant words them: clients and people match on its texts."""


class Refused(Exception):
    """An answer other than 200: the HTTP status and the text of `status.error`."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def malformed(reason: str) -> Refused:
    return Refused(400, f"Format error in JSON body: {reason}")


def wrong_input(reason: str) -> Refused:
    return Refused(400, f"Wrong input: {reason}")


def invalid(reason: str) -> Refused:
    return Refused(422, f"Validation error in JSON body: {reason}")


def not_found(what: str) -> Refused:
    return Refused(404, f"Not found: {what}")


def missing_collection(name: str) -> Refused:
    return not_found(f"Collection `{name}` doesn't exist!")


def not_served(what: str) -> Refused:
    """Real Qdrant can do it, this stand-in cannot: better said than answered wrongly."""
    return Refused(501, f"Not implemented by the local stand-in: {what}")


def of_engine(error: Exception) -> Refused:
    """The engine raises bare `Exception`s that differ in their text only."""
    text = str(error)
    if text.startswith("Service runtime error"):
        return Refused(500, text)
    if text.startswith("No point with id"):
        return not_found(text)
    return wrong_input(text)
