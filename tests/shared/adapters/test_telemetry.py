"""Azure Monitor's exporter against a stand-in of its ingestion: what arrives, and that nobody else is told."""

import json
import os
import subprocess
import sys

from devstack.serving import ServerThread
from devstack.telemetry.collector import Collector
from tests.conftest import ROOT

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SEND = """
import json, sys
asked = set()
def note(event, arguments):
    if event in ("socket.getaddrinfo", "socket.connect"):
        asked.add(str(arguments[0] if event == "socket.getaddrinfo" else arguments[1][0]))
sys.addaudithook(note)
from shared import metrics, tracing
from shared.adapters import telemetry
from shared.correlation import correlated
from shared.telemetry_exporter import TelemetryExporter
end = telemetry.begin(TelemetryExporter.AZURE_MONITOR)
loaded = "azure.monitor.opentelemetry.exporter" in sys.modules
with correlated(sys.argv[1]), tracing.begin("POST /api/search", kind="server") as span:
    span.set({"http.response.status_code": 200})
metrics.count(metrics.FILES, result="indexed")
end()
print(json.dumps([loaded, sorted(asked)]))
"""


def test_azure_monitor_gets_requests_and_counts_and_nobody_else_does() -> None:
    collector = Collector()
    with ServerThread(collector.app) as server:
        insights = f"InstrumentationKey=00000000-0000-4000-8000-000000000000;IngestionEndpoint={server.url}"
        environment = {
            **os.environ,
            "APPLICATIONINSIGHTS_CONNECTION_STRING": f"{insights};LiveEndpoint={server.url}",
            "NO_PROXY": "127.0.0.1",
        }
        done = subprocess.run(
            [sys.executable, "-c", SEND, TRACE], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    loaded, asked = json.loads(done.stdout.splitlines()[-1])
    assert not loaded, "made with the first batch, in the thread that exports"
    assert asked == ["127.0.0.1"], "no host that nobody configured (S13)"
    by_type = {envelope["data"]["baseType"]: envelope for envelope in collector.envelopes}
    assert by_type.keys() == {"RequestData", "MetricData"}
    request = by_type["RequestData"]
    assert request["tags"]["ai.operation.id"] == TRACE
    assert request["data"]["baseData"]["name"] == "POST /api/search"
    (point,) = by_type["MetricData"]["data"]["baseData"]["metrics"]
    assert (point["name"], point["value"]) == ("nexus.ingest.files", 1)
