"""What one person may keep in notebooks, so that a client can say so before it sends anything."""

from functions.notebook_proxy.schemas import LimitsView
from shared.web.routes import Call, Policy, Routes

routes = Routes("notebook")


@routes.add("GET", "notebook/limits", Policy.SIGNED_IN, reply=LimitsView, errors={})
async def get_notebook_limits(call: Call) -> LimitsView:
    """How many files and bytes a notebook session and a person may hold"""
    return LimitsView.of(call.runtime.settings.notebook.limits)
