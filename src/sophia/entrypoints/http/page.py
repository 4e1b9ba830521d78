"""The chat page: static files and, in the demo, the keys that let it in."""

import json
from collections.abc import Iterable
from importlib.resources import files
from urllib.parse import urlsplit

from attrs import asdict
from flask import Blueprint, Response, current_app, request
from markupsafe import escape

from sophia.bootstrap.demo import DemoCompany
from sophia.domain.addresses import is_loopback, names_this_machine

__all__ = ["routes"]

_POLICY = "; ".join(
    [
        "default-src 'none'",
        *(f"{kind}-src 'self'" for kind in ("script", "style", "connect", "img")),
        *(f"{what} 'none'" for what in ("base-uri", "form-action", "frame-ancestors")),
        # No text becomes markup or code, whatever is wrong in the scripts (W3C Trusted Types).
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ]
)
_HTML = files("sophia.entrypoints.http").joinpath("assets/index.html").read_text(encoding="utf-8")
_SLOT = 'name="sophia-demo" content=""'
_PASSED_ON = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host")

routes = Blueprint("page", __name__, static_folder="assets", static_url_path="/page")


@routes.get("/")
def index() -> Response:
    """The page."""
    demo = json.dumps([asdict(company) for company in _shown()])
    return Response(_HTML.replace(_SLOT, f'{_SLOT[:-1]}{escape(demo)}"'), content_type="text/html; charset=utf-8")


@routes.after_request
def _policy(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _shown() -> Iterable[DemoCompany]:
    """The companies of the demo, where the page is opened on this machine under a name of this machine.

    Under any other name it may be somebody else's page that is told to find itself here (DNS rebinding), and what
    was passed on may come from anywhere: such a page asks for a key instead.
    """
    host = urlsplit(f"//{request.host}").hostname or ""
    here = is_loopback(request.remote_addr or "") and names_this_machine(host)
    passed_on = any(name in request.headers for name in _PASSED_ON)
    companies: Iterable[DemoCompany] = current_app.extensions["sophia.demo"] if here and not passed_on else ()
    return companies
