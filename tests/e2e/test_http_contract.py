"""The routes and ``openapi.yaml`` say the same, and every operation is as it says."""

import re
from pathlib import Path

import httpx
import jsonschema
import openapi_spec_validator
import pytest
import yaml
from conformance import Contract
from harness import ACTION, LOOK, World

from sophia.entrypoints.http.requests import openapi

CONTRACT = Contract()
UNKNOWN = {
    "runId": "run_" + "0" * 26,
    "threadId": "thr_" + "0" * 26,
    "refreshId": "rfr_" + "0" * 26,
    "documentId": "doc_" + "0" * 26,
    "ticketId": "tkt_" + "0" * 26,
    "evidenceId": "ev_" + "0" * 26,
    "path": "swagger-ui.css",
    "filename": "main.js",
}
BODIES = {"chat": {"companyId": "acme", "message": "Hello"}, "startRefresh": {"companyId": "acme"}}
SECURED = [operation for operation in CONTRACT.operations if operation.takes_key]


def test_it_is_a_valid_openapi_document() -> None:
    openapi_spec_validator.validate(CONTRACT.document)


def test_the_copy_at_the_root_is_the_one_in_the_package() -> None:
    root = Path(__file__).parents[2] / "openapi.yaml"
    assert root.is_symlink()
    assert root.resolve() == root.parent / "src/sophia/entrypoints/http/openapi.yaml"


def test_it_is_served(world: World) -> None:
    assert world.nobody().get("/openapi.yaml").text == openapi()
    assert yaml.safe_load(openapi()) == CONTRACT.document


def test_every_route_is_in_the_contract_and_the_reverse(world: World) -> None:
    routes = {
        (method.lower(), re.sub(r"<(?:\w+:)?(\w+)>", "{}", rule.rule))
        for rule in world.app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert routes == {(o.method, re.sub(r"\{\w+\}", "{}", o.path)) for o in CONTRACT.operations}


def test_it_names_every_credential_that_is_taken(world: World) -> None:
    schemes = world.contract.document["components"]["securitySchemes"]
    named = [schemes[name] for alternative in world.contract.document["security"] for name in alternative]
    told = world.nobody().get("/threads").headers["www-authenticate"]
    assert told.partition(" ")[0].lower() == next(scheme["scheme"] for scheme in named if scheme["type"] == "http")
    assert f'header="{next(scheme["name"] for scheme in named if scheme["type"] == "apiKey")}"' in told


def test_every_object_that_is_sent_or_taken_is_closed() -> None:
    for name, schema in CONTRACT.document["components"]["schemas"].items():
        if schema.get("type") == "object":
            assert schema["additionalProperties"] is False, name
            assert set(schema.get("required", ())) <= set(schema.get("properties", ())), name


def test_everything_is_described() -> None:
    for operation in CONTRACT.operations:
        assert operation.spec["summary"]
        for parameter in operation.parameters:
            assert parameter["description"]
            schema = CONTRACT.resolve(parameter["schema"])
            assert {"maxLength", "pattern", "maximum"} & set(schema), parameter["name"]


def test_every_example_is_one() -> None:
    for name, schema in CONTRACT.document["components"]["schemas"].items():
        for example in schema.get("examples", ()):
            CONTRACT.validate(example, {"$ref": f"#/components/schemas/{name}"})
    for response in _contents(CONTRACT.document):
        for media, content in response.items():
            examples = [e["value"] for e in content.get("examples", {}).values()]
            for example in [*examples, *([content["example"]] if "example" in content else [])]:
                if media.endswith("json"):
                    CONTRACT.validate(example, content["schema"])


@pytest.mark.parametrize(
    "change",
    [
        {"content": b'{"status": "ok", "more": 1}'},
        {"content": b"{}"},
        {"status_code": 201},
        {"headers": {"content-type": "text/plain"}},
        {"headers": {"x-request-id": "none"}},
    ],
)
def test_a_wrong_response_is_noticed(world: World, change: dict) -> None:
    """The check itself: it would see what is not in the contract."""
    right = world.caller().get("/healthz")
    wrong = httpx.Response(
        change.get("status_code", 200),
        headers={**right.headers, **change.get("headers", {})},
        content=change.get("content", right.content),
        request=right.request,
    )
    with pytest.raises((AssertionError, jsonschema.ValidationError)):
        CONTRACT.check(wrong)


def test_every_operation_does_what_it_says(informed: World) -> None:
    """Each operation once, going well; `Caller` holds the response to the contract."""
    ana = informed.caller()
    answer = ana.ask(ACTION + " and tell me how backups are made").json()
    informed.sophia.services.background.do_chores()
    document = ana.get("/documents").json()["items"][0]["documentId"]
    begun = ana.post("/refresh", json={"companyId": "acme", "dryRun": True})
    ids = {
        "runId": answer["runId"],
        "threadId": answer["threadId"],
        "refreshId": begun.json()["refreshId"],
        "documentId": document,
        "ticketId": answer["handoff"]["ticketId"],
        "evidenceId": ana.ask(LOOK).json()["toolCalls"][0]["evidenceId"],
        "path": "swagger-ui.css",
        "filename": "main.js",
    }
    with ana.stream(f"/refresh/{ids['refreshId']}/events") as events:
        assert [event.name for event in events][-1] == "refresh.completed"
    expected = {"startRefresh": 202, "deleteThread": 204, "deleteDocument": 204}
    last = ("deleteThread", "deleteDocument")
    for operation in sorted(CONTRACT.operations, key=lambda operation: operation.id in last):
        if operation.id == "updateTicket":
            assert informed.report(ids["ticketId"], {"version": 1, "state": "accepted"}).status_code == 200
            continue
        query = {"q": "backups"} if operation.id == "searchMessages" else {}
        body = {"json": BODIES[operation.id]} if operation.id in BODIES else {}
        response = ana(operation.method.upper(), operation.url(**ids), params=query, **body)
        assert response.status_code == expected.get(operation.id, 200), operation.id


@pytest.mark.parametrize("operation", SECURED, ids=lambda operation: operation.id)
class TestEveryOperationThatNeedsAKey:
    def test_needs_one(self, world: World, operation) -> None:
        for caller in (world.nobody(), world.caller(key="wrong"), world.caller(key="")):
            response = caller(operation.method.upper(), operation.url(**UNKNOWN), json=BODIES.get(operation.id))
            assert response.status_code == 401
            assert "X-Agent-Access-Key" in response.headers["www-authenticate"]

    def test_refuses_a_user_whom_the_company_does_not_know(self, world: World, operation) -> None:
        for user in ("eve", "", "ANA", "system:refresh"):
            caller = world.caller(user)
            response = caller(operation.method.upper(), operation.url(**UNKNOWN), json=BODIES.get(operation.id))
            assert response.status_code == 403
            assert response.json()["type"] == "urn:sophia:problem:permission-denied"

    def test_refuses_another_company_in_the_query(self, world: World, operation) -> None:
        for company in ("globex", "nowhere", "", "ACME"):
            response = world.caller()(
                operation.method.upper(),
                operation.url(**UNKNOWN),
                params={"companyId": ["acme", company]},
                json=BODIES.get(operation.id),
            )
            assert response.status_code == 403
            assert response.json()["type"] == "urn:sophia:problem:company-mismatch"

    def test_needs_a_permission(self, world: World, operation) -> None:
        response = world.caller("nobody")(
            operation.method.upper(),
            operation.url(**UNKNOWN),
            params={"q": "x"} if operation.id == "searchMessages" else {},
            json=BODIES.get(operation.id),
        )
        assert response.status_code == 403
        assert response.json()["type"] == "urn:sophia:problem:permission-denied"


def test_the_service_itself_is_a_caller_too(informed: World) -> None:
    service = informed.caller(None)
    thread = service.ask().json()["threadId"]
    assert informed.caller("service").get(f"/threads/{thread}").status_code == 200
    assert informed.caller("ana").get(f"/threads/{thread}").status_code == 404


def _contents(node: object) -> list[dict]:
    if isinstance(node, list):
        return [found for item in node for found in _contents(item)]
    if not isinstance(node, dict):
        return []
    own = [node["content"]] if isinstance(node.get("content"), dict) else []
    return own + [found for value in node.values() for found in _contents(value)]
