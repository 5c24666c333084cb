"""The passage index: which embedding model serves, and its change. It lives beside the copying that it starts."""

from functions.ingest_activity.orchestration import DurableRebuild
from functions.ingest_activity.schemas import IndexStateView
from shared.web.routes import Call, Policy, Routes

routes = Routes("admin index")


@routes.add("GET", "admin/index", Policy.SUPER_ADMIN, reply=IndexStateView, errors={})
async def get_index(call: Call) -> IndexStateView:
    """The index that serves, the one that is built for the configured model, and how far that is"""
    return IndexStateView.of(await call.runtime.reindexing.state())


@routes.add(
    "POST",
    "admin/index/rebuild",
    Policy.SUPER_ADMIN,
    reply=IndexStateView,
    status=202,
    durable=True,
    errors={409: ("index_up_to_date",), 503: ("qdrant_unavailable",)},
)
async def rebuild_index_now(call: Call) -> IndexStateView:
    """Builds the index of the configured embedding model, or goes on with it, while the present one serves"""
    state = await call.runtime.reindexing.begin(DurableRebuild(call.starter), call.caller, call.correlation_id)
    return IndexStateView.of(state)
