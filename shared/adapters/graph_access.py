"""How every call to Graph introduces itself."""

from typing import Protocol

# SharePoint's decoration for traffic: who calls, so that it is throttled as an application and not as a stranger.
USER_AGENT = "NONISV|Nexus|Nexus/1.0"


class AppTokens(Protocol):
    async def token(self, scope: str) -> str:
        """Raises Unavailable("entra")."""
        ...
