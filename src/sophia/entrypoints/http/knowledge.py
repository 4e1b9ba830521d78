"""What the company knows, and bringing it up to date."""

from typing import cast

from flask import Blueprint, Response, jsonify

from sophia.domain.refresh import RefreshEvent, RefreshOptions
from sophia.entrypoints import contract
from sophia.entrypoints.http.requests import (
    body,
    caller,
    cursor,
    last_event_id,
    limit,
    optional_query,
    own_company,
    services,
    still_the_caller,
)
from sophia.entrypoints.http.sse import stream
from sophia.entrypoints.http.threads import page

__all__ = ["routes"]

routes = Blueprint("knowledge", __name__)


@routes.post("/refresh")
def start_refresh() -> tuple[Response, int]:
    """Begin a refresh."""
    services().background.check_open()
    scope = caller()
    asked = body("RefreshRequest")
    own_company(scope, asked["companyId"])
    options = RefreshOptions(tuple(asked.get("sources", ())), asked.get("force", False), asked.get("dryRun", False))
    started = services().start_refresh(scope, options)
    services().background.refresh(started, scope.company_id)
    response = jsonify(contract.refresh(started.refresh))
    response.headers["Location"] = f"/refresh/{started.refresh.id}"
    return response, 202


@routes.get("/refresh/<refresh_id>")
def read_refresh(refresh_id: str) -> Response:
    """The state of a refresh."""
    return jsonify(contract.refresh(services().read_refresh(caller(), refresh_id)))


@routes.get("/refresh/<refresh_id>/events")
def refresh_events(refresh_id: str) -> Response:
    """Its progress, from where the caller left off."""
    scope = caller()
    events = services().follow_refresh(scope, services().read_refresh(scope, refresh_id), last_event_id())
    return stream(events, lambda event: contract.refresh_event(cast(RefreshEvent, event)), still_the_caller)


@routes.get("/sources")
def list_sources() -> Response:
    """Where the knowledge comes from."""
    return jsonify(items=[contract.source(s) for s in services().list_sources(caller())])


@routes.get("/documents")
def list_documents() -> Response:
    """What the knowledge base holds."""
    found = services().list_documents(caller(), limit(), cursor(), optional_query("source"))
    return page(found, contract.document)


@routes.get("/documents/<document_id>")
def read_document(document_id: str) -> Response:
    """A document's stored text."""
    found = services().read_document(caller(), document_id, optional_query("version"))
    return jsonify(contract.stored_document(found))


@routes.get("/evidence/<evidence_id>")
def read_evidence(evidence_id: str) -> Response:
    """What a look-up has found."""
    return jsonify(contract.evidence(services().read_evidence(caller(), evidence_id)))


@routes.delete("/documents/<document_id>")
def delete_document(document_id: str) -> tuple[str, int]:
    """Take a document out."""
    services().delete_document(caller(), document_id)
    return "", 204
