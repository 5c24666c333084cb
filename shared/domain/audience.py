"""What one caller may read. The same rule for every role: administering a library is not reading it."""

from dataclasses import dataclass

from shared.domain.identity import Caller
from shared.domain.ids import CountryId, DepartmentId


@dataclass(frozen=True, slots=True)
class Scope:
    """Who may read a library or document: department × country; None means everyone."""

    department_id: DepartmentId | None
    country_id: CountryId | None

    def reaches(self, other: "Scope") -> bool:
        """Whether an administrator whose hand reaches this far may steer what is for `other`: an open axis does not
        narrow, any other must be the very same. What is for everyone is not one department's to steer."""
        return (self.department_id is None or other.department_id == self.department_id) and (
            self.country_id is None or other.country_id == self.country_id
        )


@dataclass(frozen=True, slots=True)
class Audience:
    """A caller's own department and country. None reads only what is for everyone on that axis."""

    department_id: DepartmentId | None
    country_id: CountryId | None

    @classmethod
    def of(cls, caller: Caller) -> "Audience":
        return cls(caller.department_id, caller.country_id)

    def covers(self, scope: Scope) -> bool:
        """The rule that the vector filter compiles: each axis is open, or equal to the caller's."""
        return (scope.department_id is None or scope.department_id == self.department_id) and (
            scope.country_id is None or scope.country_id == self.country_id
        )
