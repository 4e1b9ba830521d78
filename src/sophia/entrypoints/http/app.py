"""The Flask application."""

from collections.abc import Sequence

from flask import Flask, Response, abort, g, request
from flask_swagger_ui import get_swaggerui_blueprint

from sophia.bootstrap.demo import DemoCompany
from sophia.bootstrap.services import Services
from sophia.domain.addresses import is_loopback
from sophia.entrypoints.http import chat, knowledge, meta, observation, page, problems, threads
from sophia.errors import PermissionDenied

__all__ = ["create_app"]

_LARGEST_BODY = 64 * 1024

# For all but the chat page, which has a stricter one of its own.
_POLICY = "frame-ancestors 'none'; base-uri 'none'; object-src 'none'"

# The reader asks nobody but this server, and its page repeats nothing of a request.
_READER = {"app_name": "SOPHIA", "validatorUrl": None, "oauth2RedirectUrl": "/docs/oauth2-redirect.html"}


def create_app(services: Services, *, loopback_only: bool = False, demo: Sequence[DemoCompany] = ()) -> Flask:
    """The HTTP API over built use cases.

    Args:
        services: what it lets callers do.
        loopback_only: answer only callers on this machine, as the demo with its ephemeral keys does.
        demo: the companies that the chat page lets in by itself; only ever shown on this machine.
    """
    app = Flask("sophia", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_BODY
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["sophia"] = services
    app.extensions["sophia.demo"] = demo
    observation.install(app, services)
    problems.install(app)
    for module in (chat, threads, knowledge, meta, page):
        app.register_blueprint(module.routes)
    app.register_blueprint(get_swaggerui_blueprint("/docs", "/openapi.yaml", _READER))

    @app.before_request
    def _begin() -> None:
        if loopback_only and not is_loopback(request.remote_addr or ""):
            raise PermissionDenied("loopback", "the demo answers callers on its own machine only")
        if "\0" in request.path:
            abort(404)

    @app.after_request
    def _finish(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.get("request_id", "")
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers.setdefault("Content-Security-Policy", _POLICY)
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return app
