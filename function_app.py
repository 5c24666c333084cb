"""The function app: five blueprints, each a folder of functions/. Nothing is done at import but registering them."""

import azure.functions as func

from functions.doctor.blueprint import blueprint as doctor
from functions.http_api.blueprint import blueprint as http_api
from functions.ingest_activity.blueprint import blueprint as ingest_activity
from functions.notebook_proxy.blueprint import blueprint as notebook_proxy
from functions.sync_orchestrator.blueprint import blueprint as sync_orchestrator
from shared import logs

logs.install()

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
for blueprint in (http_api, sync_orchestrator, ingest_activity, notebook_proxy, doctor):
    app.register_functions(blueprint)
del blueprint
