"""Who telemetry is sent to: an OTLP collector (POST /v1/traces, /v1/metrics; protobuf) and Application Insights'
ingestion (POST /v2.1/track; gzipped JSON). Both keep what came, as plain values."""

import gzip
import json
from dataclasses import dataclass
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from devstack.faults import FaultControl


@dataclass(frozen=True, slots=True)
class SeenSpan:
    """Ids in hexadecimal; `parent` is empty for a root. `kind` and `status` as OTLP numbers them."""

    name: str
    kind: int
    trace: str
    id: str
    parent: str
    links: tuple[str, ...]
    status: int
    attributes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SeenPoint:
    """`value` of a counter, the sum of a histogram."""

    name: str
    value: float
    count: int
    attributes: dict[str, Any]


class Collector:
    def __init__(self) -> None:
        self.spans: list[SeenSpan] = []
        self.points: list[SeenPoint] = []
        self.envelopes: list[dict[str, Any]] = []
        self.raw: list[bytes] = []
        routes = [
            Route("/v1/traces", self._traces, methods=["POST"]),
            Route("/v1/metrics", self._metrics, methods=["POST"]),
            Route("/v2.1/track", self._track, methods=["POST"]),
        ]
        self.app = FaultControl(Starlette(routes=routes))

    def named(self, name: str, trace: str | None = None) -> list[SeenSpan]:
        return [span for span in list(self.spans) if span.name == name and trace in (None, span.trace)]

    async def _body(self, request: Request) -> bytes:
        body = await request.body()
        if request.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        self.raw.append(body)
        return body

    async def _traces(self, request: Request) -> Response:
        told = ExportTraceServiceRequest.FromString(await self._body(request))
        for resource in told.resource_spans:
            for scope in resource.scope_spans:
                self.spans += [
                    SeenSpan(
                        span.name,
                        span.kind,
                        span.trace_id.hex(),
                        span.span_id.hex(),
                        span.parent_span_id.hex(),
                        tuple(link.trace_id.hex() for link in span.links),
                        span.status.code,
                        _plain(span.attributes),
                    )
                    for span in scope.spans
                ]
        return Response(media_type="application/x-protobuf")

    async def _metrics(self, request: Request) -> Response:
        told = ExportMetricsServiceRequest.FromString(await self._body(request))
        for resource in told.resource_metrics:
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    for counted in metric.sum.data_points:
                        value = counted.as_int or counted.as_double
                        self.points.append(SeenPoint(metric.name, value, 1, _plain(counted.attributes)))
                    for measured in metric.histogram.data_points:
                        attributes = _plain(measured.attributes)
                        self.points.append(SeenPoint(metric.name, measured.sum, measured.count, attributes))
        return Response(media_type="application/x-protobuf")

    async def _track(self, request: Request) -> Response:
        came = json.loads(await self._body(request))
        self.envelopes += came
        return JSONResponse({"itemsReceived": len(came), "itemsAccepted": len(came), "errors": []})


def _plain(attributes: Any) -> dict[str, Any]:
    pairs: list[KeyValue] = list(attributes)
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(each) for each in value.array_value.values]
    return getattr(value, kind) if kind else None
