"""The accounts of the local stack, as its contract lists them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Account:
    """`department` is a name, `country` an ISO 3166-1 alpha-2 code; null means none. `role` null: may not sign in."""

    user: str
    role: str | None
    department: str | None
    country: str | None

    @property
    def may_sign_in(self) -> bool:
        return self.role is not None


ACCOUNTS: tuple[Account, ...] = (
    Account("admin", "super_admin", None, None),
    Account("carol", "content_manager", "HR", "DE"),
    Account("alice", "user", "HR", "DE"),
    Account("bob", "user", "Engineering", "US"),
    Account("dave", "user", None, None),
    Account("mallory", None, None, None),
)
ADMIN = ACCOUNTS[0].user
