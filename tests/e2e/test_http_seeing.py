"""What whoever runs it can see: numbers, lines in the log, readiness, traces. And what nobody sees there."""

import gzip
import re
import threading
from collections import defaultdict
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from conformance import Contract
from harness import ACTION, BUG, FAIL, LOOK, QUESTION, TOOL, WAIT, Outside, World
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client.parser import text_string_to_metric_families

from sophia.application.health import Health, HealthState
from sophia.bootstrap.settings_file import parse_settings
from sophia.bootstrap.sophia import Sophia
from sophia.testing.fakes.memory import MemoryRecords

TRACE, PARENT = "ab" * 16, "cd" * 8
TRACEPARENT = {"traceparent": f"00-{TRACE}-{PARENT}-01"}


def numbers(world: World) -> dict[tuple[str, ...], float]:
    """The samples, by name and the values of their labels in the order of these."""
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(world.nobody().get("/metrics").text)
        for sample in family.samples
    }


def events(caplog: pytest.LogCaptureFixture, name: str) -> list[dict[str, Any]]:
    return [record.msg for record in caplog.records if isinstance(record.msg, dict) and record.msg["event"] == name]


class TestNumbers:
    def test_runs_handoffs_tools_and_embeddings_are_counted(self, informed: World) -> None:
        ana = informed.caller()
        before = numbers(informed)
        ana.ask(QUESTION)
        ana.ask(TOOL)
        ana.ask(ACTION)
        ana.ask(FAIL)
        ana.ask(LOOK)
        after = numbers(informed)

        def more(*sample: str) -> float:
            return after[sample] - before.get(sample, 0)

        assert more("sophia_lookups_total", "found", "splunk") == 1
        assert after["sophia_lookups_total", "unavailable", "grafana"] == 0
        assert more("sophia_lookup_seconds_count", "splunk") == 1
        assert more("sophia_runs_total", "completed") == 4
        assert more("sophia_runs_total", "failed") == 1
        assert more("sophia_run_seconds_count") == 5
        assert more("sophia_run_first_text_seconds_count") == 4
        assert more("sophia_handoffs_total", "handed_off") == 1
        assert more("sophia_ticket_deliveries_total", "delivered") == 1
        assert more("sophia_tool_calls_total", "completed", "rag_search") == 1
        assert more("sophia_tool_calls_total", "failed", "rag_search") == 1
        assert more("sophia_tool_calls_total", "denied", "create_ticket") == 1
        assert more("sophia_tool_call_seconds_count", "rag_search") == 2
        assert more("sophia_retrieval_seconds_count") == 6  # a request looks for what goes with its ticket
        assert more("sophia_embedded_texts_total", "query") == 6
        assert more("sophia_http_requests_total", "POST", "/chat", "200") == 4
        assert more("sophia_http_requests_total", "POST", "/chat", "503") == 1
        assert more("sophia_http_request_seconds_count", "POST", "/chat") == 5
        assert after["sophia_runs_playing",] == after["sophia_runs_waiting",] == after["sophia_streams_live",] == 0

    def test_what_is_under_way_is_shown(self, world: World) -> None:
        with world.caller().ask_streaming(WAIT) as stream:
            next(stream)
            world.outside.begun.get(timeout=30)
            during = numbers(world)
            world.outside.gate.set()
            list(stream)
        assert (during["sophia_runs_playing",], during["sophia_streams_live",]) == (1, 1)
        assert numbers(world)["sophia_streams_live",] == 0

    def test_the_knowledge_is_told_over_all_companies(self, world: World) -> None:
        assert numbers(world)["sophia_sources_unread",] == 3
        assert ("sophia_refresh_age_seconds",) not in numbers(world)

    def test_refreshes_are_counted(self, informed: World) -> None:
        shown = numbers(informed)
        assert shown["sophia_refreshes_total", "completed"] == 2
        assert shown["sophia_refreshed_documents_total", "added"] == shown["sophia_documents",] == 4
        assert (shown["sophia_chunks_pending",], shown["sophia_outbox_depth",]) == (0, 0)
        assert shown["sophia_refresh_age_seconds",] == 0

    def test_labels_are_bounded(self, informed: World) -> None:
        ana = informed.caller()
        thread = ana.ask(QUESTION).json()["threadId"]
        ana.get(f"/threads/{thread}")
        ana.get("/threads/thr_of_nobody")
        ana.get("/nowhere/at/all")
        ana.http.request("BREW", "/chat")
        text = informed.nobody().get("/metrics").text
        shown = numbers(informed)
        assert shown["sophia_http_requests_total", "GET", "/threads/<thread_id>", "200"] == 1
        assert shown["sophia_http_requests_total", "GET", "/threads/<thread_id>", "404"] == 1
        assert shown["sophia_http_requests_total", "GET", "unmatched", "404"] == 1
        assert shown["sophia_http_requests_total", "other", "unmatched", "405"] == 1
        for told in (thread, "acme", "ana", "nowhere", "BREW", "backups"):
            assert not re.search(rf"\b{told}\b", text), told

    def test_every_one_is_explained_and_says_its_unit(self, informed: World) -> None:
        for family in text_string_to_metric_families(informed.nobody().get("/metrics").text):
            if family.name.endswith("_created"):
                continue
            assert family.name.startswith("sophia_")
            assert family.documentation.endswith(".")
            assert family.type in {"counter", "gauge", "histogram"}
            assert family.type != "histogram" or family.name.endswith("_seconds")

    def test_without_the_database_the_others_are_still_told(self, world: World) -> None:
        response = world.nobody(app=world.app_with(measure_backlog=lambda: None)).get("/metrics")
        assert "sophia_runs_total" in response.text
        assert "sophia_outbox_depth" not in response.text


class TestLog:
    @pytest.fixture(autouse=True)
    def _everything(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level("DEBUG", "sophia")

    def test_a_request_is_one_line_without_its_query(self, world: World, caplog: pytest.LogCaptureFixture) -> None:
        response = world.caller().get("/threads", params={"limit": "7"})
        (line,) = events(caplog, "http.request")
        assert (line["method"], line["route"], line["status"]) == ("GET", "/threads", 200)
        assert (line["request"], line["tenant"]) == (response.headers["X-Request-Id"], "acme")
        assert line["ms"] >= 0
        assert "limit" not in caplog.text

    def test_what_belongs_to_one_request_is_forgotten_after_it(
        self, world: World, caplog: pytest.LogCaptureFixture
    ) -> None:
        world.caller().get("/threads", headers=TRACEPARENT)
        world.nobody().get("/threads")
        first, second = events(caplog, "http.request")
        assert (first["tenant"], first["trace_id"]) == ("acme", TRACE)
        assert not {"tenant", "trace_id"} & second.keys()
        assert first["request"] != second["request"]

    def test_a_run_says_whose_it_is_and_for_which_request(self, world: World, caplog: pytest.LogCaptureFixture) -> None:
        body = {"companyId": "acme", "message": QUESTION}
        response = world.caller().post("/chat", json=body, headers=TRACEPARENT)
        (line,) = events(caplog, "run.ended")
        assert line["request"] == response.headers["X-Request-Id"]
        assert (line["tenant"], line["outcome"], line["trace_id"]) == ("acme", "completed", TRACE)
        assert (line["run"], line["thread"]) == (response.json()["runId"], response.json()["threadId"])

    def test_a_bug_is_told_with_its_run_and_its_lines(self, world: World, caplog: pytest.LogCaptureFixture) -> None:
        response = world.caller().ask(BUG)
        assert response.status_code == 500
        world.sophia.services.background.stop()
        (ended,), (failed,) = events(caplog, "run.ended"), events(caplog, "background.failed")
        assert (ended["outcome"], ended["problem"]) == ("failed", "internal")
        assert ended["run"] == world.outside.begun.get()
        assert ended["request"] == failed["request"] == response.headers["X-Request-Id"]
        assert "harness.py" in failed["exception"]
        assert numbers(world)["sophia_runs_total", "failed"] == 1

    @pytest.mark.parametrize(
        "header",
        ["", "00-0-0-00", f"00-{'0' * 32}-{PARENT}-01", f"ff-{TRACE}-{PARENT}-01", f"00-{TRACE}-{'0' * 16}-01"],
    )
    def test_what_is_no_traceparent_is_passed_over(
        self, world: World, caplog: pytest.LogCaptureFixture, header: str
    ) -> None:
        assert world.caller().get("/threads", headers={"traceparent": header}).status_code == 200
        assert "trace_id" not in events(caplog, "http.request")[0]

    def test_a_stream_is_one_line_when_it_ends(self, world: World, caplog: pytest.LogCaptureFixture) -> None:
        with world.caller().ask_streaming(WAIT) as stream:
            next(stream)
            assert events(caplog, "http.request") == []
            world.outside.gate.set()
            list(stream)
        assert len(events(caplog, "http.request")) == 1

    def test_routine_questions_are_for_whoever_looks_for_them(
        self, world: World, caplog: pytest.LogCaptureFixture
    ) -> None:
        for path in ("/healthz", "/readyz", "/metrics"):
            world.nobody().get(path)
        assert {line["level"] for line in events(caplog, "http.request")} == {"debug"}

    def test_no_line_tells_what_was_said(self, informed: World, caplog: pytest.LogCaptureFixture) -> None:
        for message in (QUESTION, TOOL, ACTION, FAIL):
            informed.caller().ask(message)
        for told in ("backups", "Backups", "203.0.113.7", "Dragons", "key-of-acme"):
            assert told not in caplog.text, told


class TestReadiness:
    @pytest.mark.parametrize(("state", "status"), [("ok", 200), ("degraded", 200), ("down", 503)])
    def test_the_worst_counts(self, world: World, state: str, status: int) -> None:
        found = world.sophia.services.check_health() | {"agent": Health(HealthState(state), "why")}
        response = world.nobody(app=world.app_with(check_health=lambda: found)).get("/readyz")
        assert (response.status_code, response.json()["status"]) == (status, state)
        assert response.json()["dependencies"]["agent"] == {"state": state, "detail": "why"}
        assert ("retry-after" in response.headers) == (status == 503)

    def test_a_server_that_stops_is_not_ready(self, world: World) -> None:
        assert world.nobody().get("/readyz").json()["status"] == "ok"
        world.sophia.services.background.stop()
        response = world.nobody().get("/readyz")
        assert (response.status_code, response.json()["status"]) == (503, "stopping")
        assert response.json()["dependencies"]["database"] == {"state": "ok"}


class Collector:
    """Takes traces as an OpenTelemetry collector does: OTLP over HTTP, on the loopback."""

    def __init__(self) -> None:
        self.requests: list[ExportTraceServiceRequest] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                assert self.path == "/v1/traces"
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                collector.requests.append(ExportTraceServiceRequest.FromString(body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    @property
    def spans(self) -> list[Any]:
        return [
            span
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def attributes(span: Any) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in span.attributes}


class TestTraces:
    @pytest.fixture
    def collector(self) -> Iterator[Collector]:
        started = Collector()
        yield started
        started.close()

    @pytest.fixture
    def traced(self, collector: Collector, tmp_path: Path, contract: Contract) -> Iterator[World]:
        outside = Outside()
        settings = parse_settings({"telemetry": {"otlp_endpoint": collector.url}}, tmp_path)
        records = MemoryRecords(outside.clock)
        made = World(Sophia(settings, records=records, **outside.adapters()), outside, contract)
        made.sophia.refresh("acme")
        yield made
        made.close()

    def ask(self, world: World, message: str, **headers: str) -> dict[str, Any]:
        body = {"companyId": "acme", "message": message}
        return world.caller().post("/chat", json=body, headers=headers).json()

    def test_a_question_is_one_trace_from_the_request_to_the_commit(self, traced: World, collector: Collector) -> None:
        answer = self.ask(traced, TOOL, **TRACEPARENT)
        traced.close()
        spans = [span for span in collector.spans if span.trace_id.hex() == TRACE]
        by_id = {span.span_id: span for span in spans}
        children = defaultdict(list)
        for span in sorted(spans, key=lambda span: span.start_time_unix_nano):
            children[by_id[span.parent_span_id].name if span.parent_span_id in by_id else None].append(span)
        (request,) = children[None]
        assert (request.name, request.parent_span_id.hex()) == ("POST /chat", PARENT)
        assert attributes(request)["http.response.status_code"] == 200
        (run,) = (span for span in children["POST /chat"] if span.name != "commit")
        assert run.name == "invoke_agent SOPHIA"
        assert attributes(run)["gen_ai.conversation.id"] == answer["threadId"]
        names = [span.name for span in children["invoke_agent SOPHIA"]]
        assert names == [
            "embeddings hashing/1",
            "classify",
            "hand_off",
            "retrieval knowledge",
            "chat scripted",
            "commit",
        ]
        tools = children["chat scripted"]
        assert [span.name for span in tools] == [
            "execute_tool rag_search",
            "execute_tool rag_search",
            "execute_tool create_ticket",
        ]
        assert [attributes(span)["sophia.status"] for span in tools] == ["completed", "failed", "denied"]
        assert {span.name for span in children["execute_tool rag_search"]} == {
            "embeddings hashing/1",
            "retrieval knowledge",
            "commit",  # the audit trail has a tool's call before the agent hears of it
        }
        for span in spans:
            operation = attributes(span).get("gen_ai.operation.name")
            assert operation is None or span.name.startswith(operation)

    def test_a_model_is_called_by_its_name(self, collector: Collector, tmp_path: Path, contract: Contract) -> None:
        outside = Outside()
        agent = {"runtime": "openai", "openai": {"model": "qwen3"}}
        settings = parse_settings({"agent": agent, "telemetry": {"otlp_endpoint": collector.url}}, tmp_path)
        records = MemoryRecords(outside.clock)
        world = World(Sophia(settings, records=records, **outside.adapters()), outside, contract)
        self.ask(world, QUESTION)
        world.close()
        (asked,) = (span for span in collector.spans if span.name == "chat qwen3")
        assert attributes(asked)["gen_ai.request.model"] == "qwen3"
        # The convention wants it of each of these.
        operations = ("chat", "embeddings", "invoke_agent")
        providers = {
            attributes(span)["gen_ai.operation.name"]: attributes(span)["gen_ai.provider.name"]
            for span in collector.spans
            if attributes(span).get("gen_ai.operation.name") in operations
        }
        assert providers == {"chat": "openai", "embeddings": "hashing", "invoke_agent": "sophia"}

    def test_content_is_never_in_it(self, traced: World, collector: Collector) -> None:
        for message in (QUESTION, TOOL, ACTION, FAIL, LOOK):
            self.ask(traced, message)
        traced.close()
        (looked,) = (span for span in collector.spans if span.name == "look_up splunk")
        assert attributes(looked)["sophia.rows"] == 1
        assert len(collector.spans) > 20
        whole = str(collector.requests)
        for told in ("backups", "Backups", "203.0.113.7", "Dragons", "key-of-acme", "does not answer", "failed logins"):
            assert told not in whole, told

    def test_what_fails_is_marked_by_its_kind(self, traced: World, collector: Collector) -> None:
        self.ask(traced, FAIL)
        traced.close()
        failed = {span.name: attributes(span)["error.type"] for span in collector.spans if span.status.code == 2}
        assert failed == {"chat scripted": "Unavailable", "invoke_agent SOPHIA": "unavailable", "POST /chat": "503"}

    def test_the_log_names_the_trace(
        self, traced: World, collector: Collector, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level("INFO", "sophia")
        self.ask(traced, QUESTION)
        traced.close()
        (request,) = (span for span in collector.spans if span.name == "POST /chat")
        told = {line["trace_id"] for line in (*events(caplog, "http.request"), *events(caplog, "run.ended"))}
        assert told == {request.trace_id.hex()}

    def test_it_says_who_it_is(self, traced: World, collector: Collector) -> None:
        self.ask(traced, QUESTION)
        traced.close()
        resource = {
            pair.key: pair.value.string_value for pair in collector.requests[0].resource_spans[0].resource.attributes
        }
        assert resource["service.name"] == "sophia"
        assert resource["service.version"]

    def test_a_refresh_is_a_trace(self, traced: World, collector: Collector) -> None:
        traced.close()
        (refresh,) = (span for span in collector.spans if span.name == "refresh")
        inside = {span.name for span in collector.spans if span.parent_span_id == refresh.span_id}
        assert inside == {"embeddings hashing/1", "commit"}
