"""What a test may change while the stand-in runs: `POST /_control/script` with any of these keys.

    {"rotate_keys": true}            a new key signs, the old ones stay published; "drop_old_keys": true removes them
    {"claims": {…}}                  set in the next id token only; null leaves a claim out
    {"header": {…}}                  the same for its header: "alg" none or HS256 (signed with the public key), "jku", …
    {"foreign_key": true}            the next id token is signed with a key nobody published
    {"id_token": "…"}                the next id token is this text
    {"disable": "alice"}             refuse to sign in or refresh; {"enable": "alice"} ends it
    {"overage": "alice"}             too many groups for a token: _claim_names instead; {"no_overage": "alice"}
    {"reset": true}                  nobody disabled, no overage, the next token true

A name may be a list of names. Unknown keys are refused. The reply lists what is in force.
"""

from typing import Any

from devstack.entra.accounts import Accounts
from devstack.entra.keys import SigningKeys
from devstack.entra.tokens import Tokens, Twist

KEYS = (
    "reset",
    "rotate_keys",
    "drop_old_keys",
    "claims",
    "header",
    "foreign_key",
    "id_token",
    "disable",
    "enable",
    "overage",
    "no_overage",
)


class Script:
    def __init__(self, keys: SigningKeys, tokens: Tokens, accounts: Accounts, disabled: set[str]) -> None:
        self._keys = keys
        self._tokens = tokens
        self._accounts = accounts
        self._disabled = disabled

    async def apply(self, given: dict[str, Any]) -> dict[str, Any]:
        if unknown := given.keys() - set(KEYS):
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}; known are {', '.join(KEYS)}")
        # Named first, so that an unknown person changes nothing.
        people = {key: self._people(given[key]) for key in KEYS[-4:] if key in given}
        if given.get("reset"):
            self._disabled.clear()
            self._tokens.overage.clear()
            self._tokens.twist = Twist()
        if given.get("rotate_keys"):
            self._keys.rotate()
        if given.get("drop_old_keys"):
            self._keys.drop_old()
        twist = self._tokens.twist
        twist.claims |= _object(given, "claims")
        twist.header |= _object(given, "header")
        twist.foreign_key = bool(given.get("foreign_key", twist.foreign_key))
        twist.raw = given.get("id_token", twist.raw)
        self._disabled |= people.get("disable", set())
        self._disabled -= people.get("enable", set())
        self._tokens.overage |= people.get("overage", set())
        self._tokens.overage -= people.get("no_overage", set())
        return {
            "keys": [key.kid for key in self._keys.published],
            "disabled": sorted(self._disabled),
            "overage": sorted(self._tokens.overage),
        }

    def _people(self, given: Any) -> set[str]:
        users: set[str] = set()
        for name in given if isinstance(given, list) else [given]:
            account = self._accounts.find(str(name))
            if account is None:
                raise ValueError(f"there is no account {name!r}")
            users.add(account.user)
        return users


def _object(given: dict[str, Any], key: str) -> dict[str, Any]:
    value = given.get(key, {})
    if not isinstance(value, dict):
        raise ValueError(f"{key} must be an object")
    return value
