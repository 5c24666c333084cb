"""How far an administrator's hand reaches: a content manager's own scope, if they have one; all for a super_admin."""

from shared.domain.audience import Scope
from shared.domain.identity import Caller, Role
from shared.errors import NotFound


def reach_of(caller: Caller) -> Scope:
    """The scope that libraries and documents must lie in; an open axis does not narrow."""
    if caller.role is Role.SUPER_ADMIN:
        return Scope(None, None)
    return Scope(caller.department_id, caller.country_id)


def require_reach(caller: Caller, scope: Scope, what: str) -> None:
    """Raises NotFound for what lies outside: that it exists is not told either."""
    if not reach_of(caller).reaches(scope):
        raise NotFound(what)
