"""The service about itself: health and the contract."""

from flask import Blueprint, Response, jsonify

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
    dependencies = services().check_health()
    ready = all(problem is None for problem in dependencies.values())
    shown = {name: "ok" if problem is None else problem for name, problem in dependencies.items()}
    response = jsonify(status="ok" if ready else "unavailable", dependencies=shown)
    if not ready:
        response.status_code = 503
        response.headers["Retry-After"] = str(RETRY_AFTER)
    return response


@routes.get("/openapi.yaml")
def contract() -> Response:
    """The contract."""
    return Response(openapi(), content_type="application/yaml; charset=utf-8")
