"""Spans: which trace they belong to, what they say of errors, and that they cost nothing where nobody listens."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator

import pytest
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from functions.background_work import WorkFailed, background_work
from shared import metrics, tracing
from shared.adapters import telemetry
from shared.correlation import correlated
from shared.errors import Unavailable
from tests.conftest import ROOT

QUESTION, WATCHER = "4bf92f3577b34da6a3ce929d0e0e4736", "0af7651916cd43dd8448eb211c80319c"


class Recorded:
    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.reader = InMemoryMetricReader()

    def __getitem__(self, name: str) -> ReadableSpan:
        (span,) = (span for span in self.exporter.get_finished_spans() if span.name == name)
        return span


@pytest.fixture
def recorded() -> Iterator[Recorded]:
    recorded = Recorded()
    end = telemetry.install(SimpleSpanProcessor(recorded.exporter), recorded.reader)
    yield recorded
    end()


def trace(span: ReadableSpan) -> str:
    return f"{span.context.trace_id:032x}"


def test_a_trace_has_the_id_of_the_work_that_it_is_of(recorded: Recorded) -> None:
    with correlated(QUESTION), tracing.begin("outer"), tracing.begin("inner"):
        assert tracing.current_ids()["trace_id"] == QUESTION
    assert trace(recorded["outer"]) == trace(recorded["inner"]) == QUESTION
    assert recorded["outer"].parent is None
    assert recorded["inner"].parent is not None
    assert recorded["inner"].parent.span_id == recorded["outer"].context.span_id
    assert tracing.current_ids() == {}


def test_work_for_another_id_is_no_child_of_whose_task_it_is_in_but_tells_of_it(recorded: Recorded) -> None:
    with correlated(WATCHER), tracing.begin("watching"), correlated(QUESTION), tracing.begin("run"):
        pass
    assert (trace(recorded["watching"]), trace(recorded["run"])) == (WATCHER, QUESTION)
    assert recorded["run"].parent is None
    assert [f"{link.context.trace_id:032x}" for link in recorded["run"].links] == [WATCHER]


@pytest.mark.parametrize("correlation_id", ["", "index", "0" * 32, "x" * 32])
def test_an_id_that_is_no_trace_id_leaves_the_choice_to_the_tracer(recorded: Recorded, correlation_id: str) -> None:
    with correlated(correlation_id), tracing.begin("work"):
        pass
    assert int(trace(recorded["work"]), 16) != 0


async def test_tasks_begun_inside_are_children_and_generators_keep_theirs_apart(recorded: Recorded) -> None:
    async def child() -> None:
        with tracing.begin("child"):
            await asyncio.sleep(0)

    with correlated(QUESTION), tracing.begin("run"):
        task = asyncio.create_task(child())
    await task
    parent = recorded["child"].parent
    assert parent is not None
    assert parent.span_id == recorded["run"].context.span_id


@pytest.mark.parametrize(
    ("header", "trace_id"),
    [
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", QUESTION),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", QUESTION),
        ("00-00000000000000000000000000000000-00f067aa0ba902b7-01", None),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", None),
        ("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", None),
        ("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", None),
        ("a question", None),
        (None, None),
    ],
)
def test_a_trace_under_way_is_joined_if_its_header_is_one(header: str | None, trace_id: str | None) -> None:
    caller = tracing.caller_of(header)
    assert (caller.trace_id if caller else None) == trace_id


def test_s20_of_an_error_its_code_is_told_and_never_its_words(recorded: Recorded) -> None:
    with pytest.raises(Unavailable), tracing.begin("ours"):
        raise Unavailable("postgres", "a secret of alice@corp.example")
    with pytest.raises(ValueError, match="secret"), tracing.begin("foreign"):
        raise ValueError("another secret")
    told = [span.to_json() for span in recorded.exporter.get_finished_spans()]
    assert not [text for text in told if "secret" in text]
    assert (recorded["ours"].attributes or {})["error.type"] == "postgres_unavailable"
    assert (recorded["foreign"].attributes or {})["error.type"] == "ValueError"
    assert recorded["ours"].status.status_code is StatusCode.ERROR


async def test_who_is_cancelled_has_not_failed(recorded: Recorded) -> None:
    async def work() -> None:
        with tracing.begin("work"):
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert recorded["work"].status.status_code is StatusCode.UNSET
    assert (recorded["work"].attributes or {})["nexus.cancelled"] is True


async def test_background_work_is_a_span_of_its_run(recorded: Recorded) -> None:
    with pytest.raises(WorkFailed), background_work("ingest_document", QUESTION, document_id="d1"):
        raise ValueError("a document's text")
    span = recorded["ingest_document"]
    assert trace(span) == QUESTION
    assert dict(span.attributes or {}) == {"nexus.document_id": "d1", "error.type": "ValueError"}


def test_measurements_arrive_under_their_names(recorded: Recorded) -> None:
    metrics.count(metrics.FILES, result="indexed")
    metrics.record(metrics.FIRST_TOKEN, 0.5, {"mode": "rag"})
    data = recorded.reader.get_metrics_data()
    assert data is not None
    found = {metric.name: metric for metric in data.resource_metrics[0].scope_metrics[0].metrics}
    assert found.keys() == {"nexus.ingest.files", "nexus.answer.time_to_first_token"}
    assert found["nexus.answer.time_to_first_token"].unit == "s"


OFF = """
import json, sys
import function_app
from shared import metrics, tracing
from shared.correlation import correlated
before = set(sys.modules)
with correlated("a" * 32), tracing.begin("request", {"a": 1}, kind="server") as span:
    span.set({"b": 2}); span.failed("code")
    with span.active():
        metrics.count(metrics.FILES, result="indexed")
    ids = tracing.current_ids()
print(json.dumps([sorted(set(sys.modules) - before), "opentelemetry.sdk" in sys.modules, ids, span is tracing.NOTHING]))
"""


def test_where_nobody_listens_nothing_is_imported_and_no_span_is_made() -> None:
    done = subprocess.run([sys.executable, "-c", OFF], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [[], False, {}, True]
