"""What comes in with a request: who asks, and for what."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any, cast

import jsonschema
import yaml
from flask import current_app, g, request
from werkzeug.exceptions import RequestEntityTooLarge

from sophia.application.identity import CredentialKind
from sophia.bootstrap.services import Services
from sophia.domain.tenancy import TenantScope
from sophia.entrypoints.http.observation import name_caller
from sophia.errors import CompanyMismatch, Fault, InvalidInput, Unauthenticated

__all__ = [
    "backend",
    "body",
    "caller",
    "cursor",
    "idempotency_key",
    "last_event_id",
    "limit",
    "openapi",
    "optional_query",
    "own_company",
    "required_query",
    "services",
    "still_the_caller",
]

_LARGEST_PAGE = 100
_USUAL_PAGE = 20
_LONGEST_CURSOR = 500
_MOST_FAULTS = 100

# As the contract has it: something to see, and no NUL. Engines differ in what `\s` is; with these it is the same.
_TEXT = re.compile(r"[^\0]*[^\s\ufeff\x00-\x1f\x7f-\x9f][^\0]*")
_CURSOR = re.compile("[A-Za-z0-9_=-]+")
_TYPES = {
    "object": "an object",
    "string": "a text",
    "boolean": "true or false",
    "array": "a list",
    "integer": "a whole number",
}


def services() -> Services:
    """The use cases of this app."""
    found: Services = current_app.extensions["sophia"]
    return found


def caller() -> TenantScope:
    """The scope of whoever sends this request, which counts as one of theirs from now on.

    Raises:
        Unauthenticated: no valid credential.
        LimitExceeded: they, or their company, have sent too many.
        PermissionDenied: the service names a user who is not its company's.
        CompanyMismatch: the query names a company, and not the credential's.
    """
    scope = _authenticated()
    services().admit_request(scope)
    return _of_own_company(scope)


def still_the_caller() -> TenantScope:
    """The scope of whoever has sent this request, as it would be now. Raises as `caller`, and counts nothing."""
    return _of_own_company(_authenticated())


def _authenticated() -> TenantScope:
    kind, credential = _credential()
    g.credential = kind.value
    user = request.headers.get("X-User-Id")
    scope = services().authenticate(kind, credential, None if user is None else _as_utf8(user))
    name_caller(scope)
    return scope


def _of_own_company(scope: TenantScope) -> TenantScope:
    for company_id in request.args.getlist("companyId"):
        own_company(scope, company_id)
    return scope


def backend() -> TenantScope:
    """The scope of SOPHIA's own work for the company whose backend has signed this request.

    Raises:
        Unauthenticated: it is not signed with the secret of the company that the query names.
        LimitExceeded: the company has sent too many requests.
        RequestEntityTooLarge: it is over the limit.
    """
    g.credential = "webhook"
    headers = dict(request.headers.items())
    scope = services().authenticate_webhook(request.args.get("companyId", ""), request.get_data(), headers)
    name_caller(scope)
    services().admit_request(scope)
    return scope


def _credential() -> tuple[CredentialKind, str]:
    if key := request.headers.get("X-Agent-Access-Key", "").strip():
        return CredentialKind.ACCESS_KEY, key
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return CredentialKind.BEARER, token.strip()
    raise Unauthenticated("send an access key in X-Agent-Access-Key or a token in Authorization: Bearer")


def _as_utf8(header: str) -> str:
    """A header's bytes as UTF-8, where they are; WSGI hands them over as Latin-1 (PEP 3333)."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header


def own_company(scope: TenantScope, company_id: str) -> None:
    """Check that a company named in a request is the caller's.

    Raises:
        CompanyMismatch: it is another's, or none's.
    """
    if company_id != scope.company_id:
        raise CompanyMismatch


def body(schema: str) -> dict[str, Any]:
    """The JSON body, as the named schema of ``openapi.yaml`` has it.

    Raises:
        InvalidInput: it is not JSON, or not of that schema; every fault is named.
        RequestEntityTooLarge: it is over the limit.
    """
    if not request.is_json:
        raise InvalidInput(Fault("", "send a JSON object with Content-Type: application/json"))
    data = request.get_data()
    if request.content_length is None and len(data) == current_app.config["MAX_CONTENT_LENGTH"]:
        # A body of unknown length is cut at the limit and nobody is told.
        raise RequestEntityTooLarge
    try:
        value = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_each_once)
        faults = {fault for error in _validator(schema).iter_errors(value) for fault in _faults(error)}
    except ValueError as error:
        raise InvalidInput(Fault("", "it is no JSON in UTF-8")) from error
    except RecursionError as error:
        raise InvalidInput(Fault("", "it is nested too deeply")) from error
    if faults:
        raise InvalidInput(*sorted(faults, key=str)[:_MOST_FAULTS])
    found: dict[str, Any] = value
    return found


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names differ; which of two values counts, others may read otherwise (RFC 8259, section 4)."""
    value = dict(pairs)
    if len(value) < len(pairs):
        twice = {name for name, count in Counter(name for name, _ in pairs).items() if count > 1}
        raise InvalidInput(*(Fault(f"/{_escaped(name)}", "is there more than once") for name in sorted(twice)))
    return value


def _faults(error: jsonschema.ValidationError) -> Iterator[Fault]:
    """What is wrong, where it is wrong: a key too many or too few is named itself."""
    place = "".join(f"/{part}" for part in error.absolute_path)
    validator, schema, value = str(error.validator), cast(dict[str, Any], error.schema), cast(Any, error.instance)
    if validator == "required":
        yield from (Fault(f"{place}/{key}", "is missing") for key in schema[validator] if key not in value)
    elif validator == "additionalProperties":
        known = schema["properties"]
        there_is = f"is not known here; there is {', '.join(known)}"
        yield from (Fault(f"{place}/{_escaped(key)}", there_is) for key in value if key not in known)
    else:
        yield Fault(place, _said(validator, schema, value))


def _said(validator: str, schema: dict[str, Any], value: Any) -> str:
    asked = schema[validator]
    match validator:
        case "type":
            return f"expected {_TYPES[asked]}"
        case "enum":
            return f"expected one of {', '.join(asked)}"
        case "pattern":
            return f"expected {schema['x-expected']}"
        case "minLength":
            return "must not be empty"
        case "maxLength":
            return f"has {len(value)} characters; at most {asked} are taken"
        case "minimum" | "maximum":
            return f"expected a number from {schema['minimum']} to {schema['maximum']}"
        case "maxItems":
            return f"has {len(value)} items; at most {asked} are taken"
        case _:
            return "names something twice"


def _escaped(key: str) -> str:
    # RFC 6901, section 3.
    return key.replace("~", "~0").replace("/", "~1")


def limit() -> int:
    """How many items a page shall have."""
    given = request.args.get("limit", str(_USUAL_PAGE))
    if not re.fullmatch("[0-9]{1,9}", given) or not 1 <= int(given) <= _LARGEST_PAGE:
        raise InvalidInput(Fault("/limit", f"expected a number from 1 to {_LARGEST_PAGE}"))
    return int(given)


def cursor() -> str | None:
    """Where the page begins."""
    given = optional_query("cursor", _LONGEST_CURSOR)
    if given is not None and not _CURSOR.fullmatch(given):
        raise InvalidInput(Fault("/cursor", "expected the nextCursor of an earlier page"))
    return given


def optional_query(name: str, longest: int = 200) -> str | None:
    """A text that the query may have."""
    return required_query(name, longest) if name in request.args else None


def required_query(name: str, longest: int = 1000) -> str:
    """A text that the query has to have."""
    text = request.args.get(name, "")
    if len(text) > longest or not _TEXT.fullmatch(text):
        raise InvalidInput(Fault(f"/{name}", f"expected a text of 1 to {longest} characters"))
    return text.strip()


def last_event_id() -> int:
    """The sequence number after which a stream goes on: 0 from the beginning."""
    given = request.headers.get("Last-Event-ID", "0")
    if not re.fullmatch("[0-9]{1,18}", given):
        raise InvalidInput(Fault("/Last-Event-ID", "expected the id of an event of this stream"))
    return int(given)


def idempotency_key() -> str | None:
    """What the caller calls this request, to repeat it safely."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not re.fullmatch("[!-~]{1,200}", key):
        raise InvalidInput(Fault("/Idempotency-Key", "expected 1 to 200 ASCII characters without spaces"))
    return key


@cache
def openapi() -> str:
    """The text of ``openapi.yaml``."""
    return files("sophia.entrypoints.http").joinpath("openapi.yaml").read_text(encoding="utf-8")


# Read when the module is, once for all workers: the first requests of a new one come at the same moment, and would each
# read it. In plain Python it takes a tenth of a second.
_COMPONENTS = yaml.load(openapi(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))["components"]  # noqa: S506 -- both are safe loaders


@cache
def _validator(schema: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(_inlined({"$ref": f"#/components/schemas/{schema}"}))


def _inlined(schema: Any) -> Any:
    """A schema with what it refers to in place: to follow a reference takes longer than what it leads to."""
    if isinstance(schema, list):
        return [_inlined(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(_COMPONENTS["schemas"][schema["$ref"].rpartition("/")[2]])
    return {key: _inlined(value) for key, value in schema.items()}
