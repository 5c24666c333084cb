"""From routes to functions: what every blueprint does with its routes."""

from typing import Any

import azure.durable_functions as df
import azure.functions as func

from shared.web import openapi
from shared.web.endpoint import endpoint
from shared.web.routes import Route, Routes


def register(blueprint: df.Blueprint, *modules: Routes) -> None:
    """Adds one function per route. Nexus checks who calls by itself, so the platform's keys stay off."""
    openapi.publish(*modules)
    for routes in modules:
        for route in routes.all:
            _add(blueprint, route)


def _add(blueprint: Any, route: Route) -> None:
    function: Any = endpoint(route)
    if route.durable:
        function = blueprint.durable_client_input(client_name="client")(function)
    function = blueprint.route(
        route=route.path, methods=[route.method], trigger_arg_name="req", auth_level=func.AuthLevel.ANONYMOUS
    )(function)
    blueprint.function_name(route.name)(function)
