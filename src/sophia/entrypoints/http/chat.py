"""Asking, and following the runs that answer."""

from concurrent.futures import Future
from functools import partial
from typing import cast

from flask import Blueprint, Response, jsonify, request

from sophia.application.start_run import Question, StartedRun
from sophia.domain.runs import Outcome, Run, RunEvent, Standing
from sophia.domain.tenancy import TenantScope
from sophia.entrypoints import contract
from sophia.entrypoints.http.requests import (
    body,
    caller,
    idempotency_key,
    last_event_id,
    own_company,
    services,
    still_the_caller,
)
from sophia.entrypoints.http.sse import stream
from sophia.errors import Stopping

__all__ = ["routes"]

routes = Blueprint("chat", __name__)

_SOON = 1.0  # seconds


@routes.post("/chat")
def chat() -> Response:
    """Take a message in, and answer it: at once as a stream, or whole when it is done."""
    services().background.check_open()
    scope = caller()
    asked = body("ChatRequest")
    own_company(scope, asked["companyId"])
    question = Question(asked["message"], asked.get("threadId"), asked.get("language"))
    started = services().start_run(scope, question, idempotency_key())
    run = started.run
    playing = services().background.play(started)
    if asked.get("stream") or "text/event-stream" in request.headers.get("Accept", ""):
        response = _events(scope, run, 0)
    else:
        answer = services().read_answer(scope, run, _soon(playing), partial(_check_kept, started))
        response = jsonify(contract.answer(answer))
    response.headers["Location"] = f"/runs/{run.id}"
    return response


@routes.get("/runs/<run_id>")
def read_run(run_id: str) -> Response:
    """The state of a run."""
    return jsonify(contract.run(services().read_run(caller(), run_id)))


@routes.get("/runs/<run_id>/events")
def run_events(run_id: str) -> Response:
    """A run's events, from where the caller left off."""
    scope = caller()
    return _events(scope, services().read_run(scope, run_id), last_event_id())


@routes.post("/runs/<run_id>/cancel")
def cancel_run(run_id: str) -> tuple[Response, int]:
    """Ask a run to stop."""
    run = services().cancel_run(caller(), run_id)
    return jsonify(contract.run(run)), 202 if run.status.is_live else 200


def _soon(playing: Future[Outcome | None]) -> Outcome | None:
    """The outcome of a run that ends soon; of others their log tells, whoever ends them."""
    try:
        error = playing.exception(_SOON)
    except TimeoutError:
        return None
    return playing.result() if error is None else None


def _check_kept(started: StartedRun) -> None:
    """Whoever waits is told at once where this process ends and leaves the run to the others."""
    held = started.held
    if services().background.stopping and held is not None and held.standing is Standing.LOST:
        raise Stopping(started.run.id)


def _events(scope: TenantScope, run: Run, after: int) -> Response:
    events = services().follow_run(scope, run, after)
    return stream(events, lambda event: contract.run_event(cast(RunEvent, event)), still_the_caller)
