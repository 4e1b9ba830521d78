"""The Flask application."""

from ipaddress import ip_address

from flask import Flask, Response, abort, g, request
from flask_swagger_ui import get_swaggerui_blueprint

from sophia.bootstrap.services import Services
from sophia.entrypoints.http import chat, knowledge, meta, observation, problems, threads
from sophia.errors import PermissionDenied

__all__ = ["create_app"]

_LARGEST_BODY = 64 * 1024

# The reader asks nobody but this server, and its page repeats nothing of a request.
_READER = {"app_name": "SOPHIA", "validatorUrl": None, "oauth2RedirectUrl": "/docs/oauth2-redirect.html"}


def create_app(services: Services, *, loopback_only: bool = False) -> Flask:
    """The HTTP API over built use cases.

    Args:
        services: what it lets callers do.
        loopback_only: answer only callers on this machine, as the demo with its ephemeral keys does.
    """
    app = Flask("sophia", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_BODY
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["sophia"] = services
    observation.install(app, services)
    problems.install(app)
    for module in (chat, threads, knowledge, meta):
        app.register_blueprint(module.routes)
    app.register_blueprint(get_swaggerui_blueprint("/docs", "/openapi.yaml", _READER))

    @app.before_request
    def _begin() -> None:
        if loopback_only and not ip_address(request.remote_addr or "0.0.0.0").is_loopback:  # noqa: S104
            raise PermissionDenied("loopback", "the demo answers callers on its own machine only")
        if "\0" in request.path:
            abort(404)

    @app.after_request
    def _finish(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.get("request_id", "")
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Content-Security-Policy"] = "frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return app
