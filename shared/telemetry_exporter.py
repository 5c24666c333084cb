"""Where spans and measurements go."""

from enum import StrEnum


class TelemetryExporter(StrEnum):
    NONE = "none"
    OTLP = "otlp"
    AZURE_MONITOR = "azure_monitor"

    @property
    def address(self) -> str | None:
        """The variable that says where, which the exporter reads by itself."""
        match self:
            case TelemetryExporter.NONE:
                return None
            case TelemetryExporter.OTLP:
                return "OTEL_EXPORTER_OTLP_ENDPOINT"
            case TelemetryExporter.AZURE_MONITOR:
                return "APPLICATIONINSIGHTS_CONNECTION_STRING"
