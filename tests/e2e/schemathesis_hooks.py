"""What schemathesis has to be told of SOPHIA beyond ``openapi.yaml``; its command line loads this module."""

import os
import re
from datetime import UTC, datetime
from typing import Any

import requests
import schemathesis
from requests.auth import AuthBase
from schemathesis import Case, HookContext, Response
from standardwebhooks import Webhook

_SURROGATES = r"\ud800-\udfff"
_ID = re.compile(r"[^\x00-\x1f\x7f]{1,200}")
_CURSOR = re.compile("[A-Za-z0-9_=-]{1,500}")
_SIGNATURE = {"webhook-id": ".{1,200}", "webhook-timestamp": "[0-9]{1,12}", "webhook-signature": ".{1,4000}"}

# What depends on more than the request, which no schema can say: what was handed out before, what is configured.
_STATEFUL = ("not a cursor of this list", "no source ", "is not the ticket of this path")


@schemathesis.hook
def before_load_schema(context: HookContext, raw_schema: dict[str, Any]) -> None:
    """Say in JSON Schema what the contract says in `x-events`, and drop what its engine for patterns cannot read.

    The engine has no surrogates, nor have the texts that it makes: without them a pattern means the same to it.
    """
    _rewrite(raw_schema)


def _rewrite(node: Any) -> None:
    if isinstance(node, list):
        for item in node:
            _rewrite(item)
    elif isinstance(node, dict):
        if isinstance(node.get("pattern"), str):
            node["pattern"] = node["pattern"].replace(_SURROGATES, "")
        if "x-events" in node:
            node["schema"] = {"oneOf": [_event(name, data) for name, data in node.pop("x-events").items()]}
            node.pop("example", None)
        for value in node.values():
            _rewrite(value)


def _event(name: str, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["id", "event", "data"],
        "properties": {
            "id": {"type": "string", "pattern": "^[1-9][0-9]*$"},
            "event": {"const": name},
            "data": {"type": "string", "contentMediaType": "application/json", "contentSchema": data},
        },
    }


@schemathesis.hook
def map_body(context: HookContext, body: Any) -> Any:
    """Ask for the caller's own company three times of four; what was no valid name stays as it is."""
    company = body.get("companyId") if isinstance(body, dict) else None
    if isinstance(company, str) and _ID.fullmatch(company) and len(company) % 4:
        return {**body, "companyId": "acme"}
    return body


@schemathesis.hook
def map_query(context: HookContext, query: Any) -> Any:
    """Leave out a made-up cursor three times of four, which is a 400 that hides the list."""
    cursor = query.get("cursor") if isinstance(query, dict) else None
    if isinstance(cursor, str) and _CURSOR.fullmatch(cursor) and len(cursor) % 4:
        return {name: value for name, value in query.items() if name != "cursor"}
    return query


@schemathesis.hook
def filter_failure(context: HookContext, failure: Any, case: Case, response: Response) -> bool:
    """Take a refusal of what the schema allows where the reason is a state that a schema cannot know."""
    if failure.title != "Schema-valid request rejected":
        return True
    problem = response.json()
    if response.status_code == 422:
        return bool(problem["type"] != "urn:sophia:problem:idempotency-conflict")
    return not all(any(reason in fault["detail"] for reason in _STATEFUL) for fault in problem.get("errors", [{}]))


class _Signed(AuthBase):
    """Signs a request as the company's backend does, unless its signature is the fault that it was made for."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        given = {name: request.headers.get(name) or "" for name in _SIGNATURE}
        given = {name: value.decode("latin-1") if isinstance(value, bytes) else value for name, value in given.items()}
        if not all(re.fullmatch(pattern, given[name], re.DOTALL) for name, pattern in _SIGNATURE.items()):
            return request
        body = request.body or b""
        text = body if isinstance(body, str) else body.decode(errors="replace")
        now = datetime.now(UTC)
        request.headers["webhook-id"] = "msg_1"
        request.headers["webhook-timestamp"] = str(int(now.timestamp()))
        request.headers["webhook-signature"] = Webhook(os.environ["SOPHIA_WEBHOOK"]).sign("msg_1", now, text)
        return request


schemathesis.auth.set_from_requests(_Signed()).apply_to(operation_id="updateTicket")
