"""The service about itself: health, numbers and the contract."""

from flask import Blueprint, Response, jsonify

from sophia.application.health import HealthState
from sophia.entrypoints.http.problems import RETRY_AFTER
from sophia.entrypoints.http.requests import openapi, services

__all__ = ["routes"]

routes = Blueprint("meta", __name__)


@routes.get("/healthz")
def healthz() -> Response:
    """The process answers."""
    return jsonify(status="ok")


@routes.get("/readyz")
def readyz() -> Response:
    """Whether everything is there that an answer needs."""
    found = services().check_health()
    worst = max((health.state for health in found.values()), key=list(HealthState).index)
    status = "stopping" if services().background.stopping else worst
    shown = {
        name: {"state": health.state} | ({"detail": health.detail} if health.detail else {})
        for name, health in found.items()
    }
    response = jsonify(status=status, dependencies=shown)
    if status in {"stopping", HealthState.DOWN}:
        response.status_code = 503
        response.headers["Retry-After"] = str(RETRY_AFTER)
    return response


@routes.get("/metrics")
def metrics() -> Response:
    """What the server does, in numbers, for Prometheus."""
    text = services().telemetry.metrics.exposition(services().measure_backlog())
    return Response(text, content_type="text/plain; version=0.0.4; charset=utf-8")


@routes.get("/openapi.yaml")
def contract() -> Response:
    """The contract."""
    return Response(openapi(), content_type="application/yaml; charset=utf-8")
