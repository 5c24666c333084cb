"""Who may call which route, as a page for people: read off the routes, so that it cannot say anything else (S07)."""

from collections.abc import Iterable

from shared.domain.identity import Role
from shared.web.routes import Policy, Route

COMMAND = "python -m functions.role_matrix"
_ROLES = (Role.USER, Role.CONTENT_MANAGER, Role.SUPER_ADMIN)
_HEAD = f"""# Who may call what

Made from the routes by `{COMMAND}`; a test fails when it is stale.
The role opens a route, the scope decides what is found behind it: people see their own conversations and what their
department and country may read, a content manager the libraries, documents and syncs of their own department and
country, and the feedback of its people. What lies outside is not found (404).

| route | | not signed in | {" | ".join(role.value for role in _ROLES)} |
|---|---|:-:|{":-:|" * len(_ROLES)}
"""


def markdown(routes: Iterable[Route]) -> str:
    """One row a route, in the order of paths."""
    rows = [_row(route) for route in sorted(routes, key=lambda route: (route.path, route.method))]
    return _HEAD + "\n".join(rows) + "\n"


def _row(route: Route) -> str:
    admitted = [route.policy is Policy.PUBLIC, *(route.policy.admits(role) for role in _ROLES)]
    marks = " | ".join("✓" if may else "–" for may in admitted)
    return f"| `{route.method} /{route.path}` | {route.summary} | {marks} |"
