"""The objects of the emulated service as the wire has them: full, unix seconds, explicit nulls."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import field, frozen

__all__ = ["Json", "Refused", "error_body", "listed", "made", "metadata_of", "missing", "wants"]

Json = dict[str, Any]

_PREFIXES = {
    "assistant": "asst",
    "thread": "thread",
    "thread.message": "msg",
    "thread.run": "run",
    "thread.run.step": "step",
    "file": "assistant",
    "vector_store": "vs",
    "vector_store.files_batch": "vsfb",
}
_PAIRS, _KEY, _VALUE = 16, 64, 512


@frozen
class Refused(Exception):
    """The service answers with an error."""

    status: int
    message: str
    param: str | None = None
    code: str | None = None
    type: str = "invalid_request_error"
    headers: Mapping[str, str] = field(factory=dict, hash=False)


def error_body(refused: Refused) -> Json:
    """An error as the service words it."""
    told = {"message": refused.message, "type": refused.type, "param": refused.param, "code": refused.code}
    return {"error": told}


def missing(kind: str, id: str) -> Refused:
    """There is no such thing."""
    return Refused(404, f"No {kind} found with id '{id}'.")


def made(kind: str, now: int, **fields: Any) -> Json:
    """A new object."""
    separator = "-" if kind == "file" else "_"
    return {"id": f"{_PREFIXES[kind]}{separator}{secrets.token_hex(12)}", "object": kind, "created_at": now, **fields}


def wants(body: Any, *keys: str) -> Json:
    """The body, which has to be an object that holds these."""
    if not isinstance(body, dict):
        raise Refused(400, "The body is no JSON object.")
    for key in keys:
        if body.get(key) in (None, "", []):
            raise Refused(400, f"Missing required parameter: '{key}'.", key, "missing_required_parameter")
    return body


def metadata_of(body: Json) -> Json:
    """The metadata that comes with an object, within its limits."""
    metadata = body.get("metadata") or {}
    if len(metadata) > _PAIRS:
        raise Refused(400, f"Invalid 'metadata': at most {_PAIRS} pairs.", "metadata")
    for key, value in metadata.items():
        if len(key) > _KEY or not isinstance(value, str) or len(value) > _VALUE:
            raise Refused(400, f"Invalid 'metadata': key of {_KEY}, text of {_VALUE} characters.", "metadata")
    return dict(metadata)


def listed(items: Sequence[Json], query: Mapping[str, str]) -> Json:
    """A page of a list that is kept oldest first. The order is newest first where nothing is said."""
    try:
        limit = int(query.get("limit", "20"))
    except ValueError:
        limit = 0
    if not 1 <= limit <= 100:
        raise Refused(400, f"Invalid 'limit': {query.get('limit')}; expected 1 to 100.", "limit")
    if query.get("order", "desc") not in ("asc", "desc"):
        raise Refused(400, "Invalid 'order': expected 'asc' or 'desc'.", "order")
    ordered = list(items) if query.get("order") == "asc" else list(reversed(items))
    ids = [item["id"] for item in ordered]
    start, end = 0, len(ordered)
    for name in ("after", "before"):
        if (cursor := query.get(name)) is not None:
            if cursor not in ids:
                raise Refused(400, f"Invalid '{name}': no object with id '{cursor}'.", name)
            if name == "after":
                start = ids.index(cursor) + 1
            else:
                end = ids.index(cursor)
    page = ordered[start:end][:limit]
    return {
        "object": "list",
        "data": page,
        "first_id": page[0]["id"] if page else None,
        "last_id": page[-1]["id"] if page else None,
        "has_more": len(ordered[start:end]) > limit,
    }
