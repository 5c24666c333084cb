"""Groups of people through Microsoft Graph (port `Directory`), for tokens that had no room for them."""

from collections.abc import Callable
from urllib.parse import quote

import msgspec

from shared.adapters.graph_requests import AppTokens, GraphRequests, Refused
from shared.adapters.graph_wire import decoded
from shared.errors import GraphDenied, Unavailable
from shared.setting_groups import GraphSettings

_GROUP = "#microsoft.graph.group"
# Entra lets nobody be in more groups than 2,048 directly; nesting may add to that.
_MOST_PAGES = 20
NO_GRANT = (
    "Nexus may not read which groups people are in. An administrator must grant its application the permission"
    " GroupMember.Read.All."
)


class _Member(msgspec.Struct):
    id: str
    kind: str = msgspec.field(default=_GROUP, name="@odata.type")


class _Page(msgspec.Struct):
    value: list[_Member]
    next_link: str | None = msgspec.field(default=None, name="@odata.nextLink")


class GraphDirectory:
    """`tokens_of` gives the application's tokens of one tenant. `close()` ends the running loop's connections."""

    def __init__(self, settings: GraphSettings, tokens_of: Callable[[str], AppTokens]) -> None:
        self._settings = settings
        self._tokens_of = tokens_of
        self._by_tenant: dict[str, GraphRequests] = {}

    async def group_ids(self, tenant_id: str, object_id: str) -> tuple[str, ...]:
        """Raises Throttled and Unavailable("graph"), also when Graph does not let Nexus see it: groups that cannot be
        read are not the same as none."""
        requests = self._requests(tenant_id)
        # Directory roles and administrative units come along; narrowing to groups would need an advanced query.
        link: str | None = f"/users/{quote(object_id, safe='')}/transitiveMemberOf?$select=id&$top=999"
        found: list[str] = []
        for _ in range(_MOST_PAGES):
            try:
                response = await requests.get(link)
            except GraphDenied as error:
                raise Unavailable("graph", NO_GRANT, retry_after_s=60) from error
            except Refused as error:
                raise Unavailable("graph") from error
            page = decoded(response.content, _Page)
            found += [member.id for member in page.value if member.kind == _GROUP]
            link = requests.own_link(page.next_link)
            if link is None:
                return tuple(found)
        raise Unavailable("graph", "Microsoft Graph names more groups than Nexus reads.")

    async def close(self) -> None:
        for requests in self._by_tenant.values():
            await requests.close()

    def _requests(self, tenant_id: str) -> GraphRequests:
        requests = self._by_tenant.get(tenant_id)
        if requests is None:
            requests = GraphRequests(self._settings.base_url, self._settings.scope, self._tokens_of(tenant_id))
            self._by_tenant[tenant_id] = requests
        return requests
