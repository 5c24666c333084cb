"""Where spans and measurements go: an OTLP collector or Azure Monitor, by OpenTelemetry's SDK.

The providers are ours and not the process' global ones: libraries (kiota, redis, azure-core) trace through those, with
addresses and statements in their attributes, and nobody can answer for what they will write (S20).
The SDK costs about 0.1 s to import, Azure Monitor's exporter 0.4 s and 25 MB: it is made in the thread that
exports, with the first batch.
"""

import logging
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    MetricExporter,
    MetricExportResult,
    MetricsData,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

from shared import metrics, tracing
from shared.correlation import current_correlation_id
from shared.telemetry_exporter import TelemetryExporter

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics.export import MetricReader
    from opentelemetry.sdk.trace import SpanProcessor

SCHEMA = "https://opentelemetry.io/schemas/1.44.0"
# Application Insights adds values up by itself; everyone else wants totals.
_DELTA = dict.fromkeys((Counter, Histogram), AggregationTemporality.DELTA)


class CorrelationIds(RandomIdGenerator):
    """A trace that begins inside correlated work has its id."""

    def generate_trace_id(self) -> int:
        try:
            return int(current_correlation_id(), 16) % 2**128 or super().generate_trace_id()
        except ValueError:
            return super().generate_trace_id()


class _LaterSpans(SpanExporter):
    def __init__(self, make: Callable[[], SpanExporter]) -> None:
        self._make = make
        self._made: SpanExporter | None = None

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        if self._made is None:
            self._made = self._make()
        return self._made.export(spans)

    def shutdown(self) -> None:
        if self._made is not None:
            self._made.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._made is None or self._made.force_flush(timeout_millis)


class _LaterMetrics(MetricExporter):
    def __init__(self, make: Callable[[], MetricExporter], temporality: dict[type, AggregationTemporality]) -> None:
        super().__init__(preferred_temporality=temporality)
        self._make = make
        self._made: MetricExporter | None = None

    def export(self, metrics_data: MetricsData, timeout_millis: float = 10_000, **kwargs: object) -> MetricExportResult:
        if self._made is None:
            self._made = self._make()
        return self._made.export(metrics_data, timeout_millis)

    def shutdown(self, timeout_millis: float = 30_000, **kwargs: object) -> None:
        if self._made is not None:
            self._made.shutdown(timeout_millis)

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        return self._made is None or self._made.force_flush(timeout_millis)


def begin(exporter: TelemetryExporter) -> Callable[[], None]:
    """Installs tracer and meter for the whole process; ends them, with what they still hold, when called. They end by
    themselves when the process does."""
    # they tell of each refused batch, with the address of the collector
    logging.getLogger("opentelemetry").setLevel(logging.ERROR)
    match exporter:
        case TelemetryExporter.OTLP:
            spans, measured = _LaterSpans(_otlp_spans), _LaterMetrics(_otlp_metrics, {})
        case TelemetryExporter.AZURE_MONITOR:
            spans, measured = _LaterSpans(_azure_spans), _LaterMetrics(_azure_metrics, _DELTA)
        case TelemetryExporter.NONE:
            raise ValueError("without an exporter there is nothing to begin")
    return install(BatchSpanProcessor(spans), PeriodicExportingMetricReader(measured))


def install(processor: "SpanProcessor", reader: "MetricReader") -> Callable[[], None]:
    """The same with any processor and reader; tests have theirs in memory."""
    resource = Resource.create(_service())
    tracers = TracerProvider(resource=resource, id_generator=CorrelationIds())
    tracers.add_span_processor(processor)
    meters = MeterProvider([reader], resource=resource)
    tracing.install(tracers.get_tracer("nexus", schema_url=SCHEMA))
    metrics.install(meters.get_meter("nexus", schema_url=SCHEMA))

    def end() -> None:
        tracing.install(None)
        metrics.install(None)
        tracers.shutdown()
        meters.shutdown()

    return end


def _service() -> dict[str, str]:
    """As the platform names the app and its instance; OTEL_SERVICE_NAME says otherwise."""
    name = os.environ.get("OTEL_SERVICE_NAME") or os.environ.get("WEBSITE_SITE_NAME", "nexus")
    instance = os.environ.get("WEBSITE_INSTANCE_ID", "")
    return {"service.name": name} | ({"service.instance.id": instance} if instance else {})


def _otlp_spans() -> SpanExporter:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter()


def _otlp_metrics() -> MetricExporter:
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter

    return OTLPMetricExporter()


def _azure_spans() -> SpanExporter:
    _keep_to_one_host()
    from azure.monitor.opentelemetry.exporter import AzureMonitorTraceExporter

    return AzureMonitorTraceExporter(disable_offline_storage=True)


def _azure_metrics() -> MetricExporter:
    _keep_to_one_host()
    from azure.monitor.opentelemetry.exporter import AzureMonitorMetricExporter

    return AzureMonitorMetricExporter(disable_offline_storage=True)


def _keep_to_one_host() -> None:
    """The exporter also tells Microsoft how it is used and asks it for settings: hosts nobody configured (S13)."""
    os.environ.setdefault("APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL", "true")
    os.environ.setdefault("APPLICATIONINSIGHTS_SDKSTATS_DISABLED", "true")
    os.environ.setdefault("APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED", "true")
    # of the process' global provider, which is not ours
    os.environ.setdefault("APPLICATIONINSIGHTS_OPENTELEMETRY_RESOURCE_METRIC_DISABLED", "true")
