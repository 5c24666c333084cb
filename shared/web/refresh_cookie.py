"""The cookie that keeps a browser signed in. Scripts cannot read it, other sites cannot make a browser send it.

`__Host-`, and with it Secure and Path=/, on local stacks too: browsers treat http://localhost as trustworthy (Safari
does not; it needs token transport "body").
"""

from collections.abc import Mapping

NAME = "__Host-nexus_rt"
_ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Strict"


def kept(token: str, max_age_s: int) -> dict[str, str]:
    """A reply's header that stores the token; the cookie goes when its session ends by itself."""
    return {"Set-Cookie": f"{NAME}={token}; Max-Age={max_age_s}; {_ATTRIBUTES}"}


def dropped() -> dict[str, str]:
    return {"Set-Cookie": f"{NAME}=; Max-Age=0; {_ATTRIBUTES}"}


def presented(headers: Mapping[str, str]) -> str | None:
    for part in headers.get("cookie", "").split(";"):
        name, _, value = part.strip().partition("=")
        if name == NAME and value:
            return value
    return None
