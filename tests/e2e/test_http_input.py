"""What cannot be understood is refused, and each fault is named where it is."""

import json

import pytest
from conformance import Contract
from harness import World
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CONTRACT = Contract()
SIGN = "urn:sophia:problem:"


def pointers(response) -> list[str]:
    assert response.status_code == 400
    assert response.json()["type"] == SIGN + "invalid-input"
    return [fault["pointer"] for fault in response.json()["errors"]]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, ["/companyId", "/message"]),
        ({"companyId": "acme"}, ["/message"]),
        ({"companyId": 7, "message": ["a"]}, ["/companyId", "/message"]),
        ({"companyId": "acme", "message": None}, ["/message"]),
        ({"companyId": "acme", "message": ""}, ["/message", "/message"]),
        ({"companyId": "acme", "message": " \n\t\u2003 "}, ["/message"]),
        ({"companyId": "acme", "message": "x" * 8001}, ["/message"]),
        ({"companyId": "acme", "message": "a\0b"}, ["/message"]),
        ({"companyId": "acme", "message": "a\ud800b"}, ["/message"]),
        ({"companyId": "ac\ud800me", "message": "hi"}, ["/companyId"]),
        ({"companyId": "ac\0me", "message": "hi"}, ["/companyId"]),
        ({"companyId": "a" * 201, "message": "hi"}, ["/companyId"]),
        ({"companyId": "acme", "message": "hi", "threadId": None}, ["/threadId"]),
        ({"companyId": "acme", "message": "hi", "threadId": "thr_\0"}, ["/threadId"]),
        ({"companyId": "acme", "message": "hi", "threadId": "thr_" + "x" * 27}, ["/threadId"]),
        ({"companyId": "acme", "message": "hi", "stream": "yes"}, ["/stream"]),
        ({"companyId": "acme", "message": "hi", "stream": 1}, ["/stream"]),
        ({"companyId": "acme", "message": "hi", "language": "fr"}, ["/language"]),
        ({"companyId": "acme", "message": "hi", "mesage": "hi", "userId": "ana"}, ["/mesage", "/userId"]),
        ({"companyId": "acme", "message": "hi", "a/b~c": 1, "\n": 1}, ["/\n", "/a~1b~0c"]),
        ({"companyId": "acme", "message": "hi", "\ud800": 1}, ["/\ud800"]),
        (
            {"companyId": "acme", "message": "x" * 8001, "language": 1, "no": 1},
            ["/language", "/language", "/message", "/no"],
        ),
        ([], [""]),
        ("hi", [""]),
        (None, [""]),
        (7, [""]),
    ],
)
def test_a_message_that_is_none(world: World, body: object, expected: list[str]) -> None:
    caller = world.caller()
    content = json.dumps(body)
    response = caller.post("/chat", content=content, headers={"Content-Type": "application/json"})
    assert pointers(response) == expected
    assert caller.get("/threads").json()["items"] == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, ["/companyId"]),
        ({"companyId": "acme", "sources": "docs"}, ["/sources"]),
        ({"companyId": "acme", "sources": ["docs", 1, ""]}, ["/sources/1", "/sources/2"]),
        ({"companyId": "acme", "sources": ["docs", "docs"]}, ["/sources"]),
        (
            {"companyId": "acme", "sources": ["docs", "other", "n\0ne", "\ud800"]},
            ["/sources/1", "/sources/2", "/sources/3"],
        ),
        ({"companyId": "acme", "sources": [f"s{n}" for n in range(101)]}, ["/sources"]),
        ({"companyId": "acme", "force": 0, "dryRun": None}, ["/dryRun", "/force"]),
        ({"companyId": "acme", "dry_run": True}, ["/dry_run"]),
    ],
)
def test_a_refresh_that_is_none(world: World, body: object, expected: list[str]) -> None:
    content = json.dumps(body)
    response = world.caller().post("/refresh", content=content, headers={"Content-Type": "application/json"})
    assert pointers(response) == expected


@pytest.mark.parametrize("path", ["/chat", "/refresh"])
@pytest.mark.parametrize(
    ("content", "type"),
    [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b'{"companyId": "acme", "message": "\xff"}', "application/json"),
        (b'{"companyId": "acme", "message": "hi"} x', "application/json"),
        (b'{"companyId": "acme", "message": "hi"}', "text/plain"),
        (b'{"companyId": "acme", "message": "hi"}', ""),
        (b"companyId=acme&message=hi", "application/x-www-form-urlencoded"),
        (b"[" * 60_000, "application/json"),
        (b'{"companyId": ' + b"[" * 900 + b"]" * 900 + b"}", "application/json"),
        (b'{"sources": [' + b"[" * 900 + b"]" * 900 + b"," + b"[" * 900 + b"]" * 900 + b"]}", "application/json"),
        (b"1" * 5000, "application/json"),
        (b"NaN", "application/json"),
        ('{"companyId": "acme", "message": "hi"}'.encode("utf-16"), "application/json"),
        (b'{"companyId": "globex", "companyId": "acme", "message": "hi"}', "application/json"),
    ],
)
def test_a_body_that_is_no_json_object(world: World, path: str, content: bytes, type: str) -> None:
    assert pointers(world.caller().post(path, content=content, headers={"Content-Type": type}))


def test_what_is_named_twice_is_named(world: World) -> None:
    content = b'{"companyId": "globex", "message": "hi", "a/b": 1, "companyId": "acme", "a/b": 2}'
    response = world.caller().post("/chat", content=content, headers={"Content-Type": "application/json"})
    assert pointers(response) == ["/a~1b", "/companyId"]


def test_the_longest_message_is_taken(world: World) -> None:
    response = world.caller().ask("\U0001f600" * 8000)
    assert response.status_code == 200
    thread = response.json()["threadId"]
    assert world.caller().get(f"/threads/{thread}/messages").json()["items"][0]["text"] == "\U0001f600" * 8000


@pytest.mark.parametrize("path", ["/chat", "/refresh"])
def test_a_body_over_the_limit(world: World, path: str) -> None:
    response = world.caller().post(path, json={"companyId": "acme", "message": "x" * 65_536})
    assert response.status_code == 413
    assert response.json()["type"] == SIGN + "body-too-large"
    assert "at most 65536 bytes" in response.json()["detail"]


@pytest.mark.parametrize(
    "path", ["/threads", "/documents", "/tickets", "/messages/search?q=x", "/threads/{thread}/messages"]
)
@pytest.mark.parametrize(
    "limit", ["0", "-1", "101", "ten", "", "1.0", "²", "0000000000000101", "1" + "0" * 5000, "+5", " 5"]
)
def test_a_limit_that_is_none(world: World, path: str, limit: str) -> None:
    caller = world.caller()
    thread = caller.ask().json()["threadId"] if "thread}" in path else ""
    name, _, query = path.partition("?")
    response = caller.get(name.format(thread=thread), params={"limit": limit, **({"q": "x"} if query else {})})
    assert pointers(response) == ["/limit"]


@pytest.mark.parametrize("path", ["/threads", "/documents", "/tickets", "/threads/{thread}/messages"])
def test_a_cursor_that_is_none(world: World, path: str) -> None:
    caller = world.caller()
    thread = caller.ask().json()["threadId"]
    caller.ask()
    other_list = caller.get("/threads", params={"limit": 1}).json()["nextCursor"]
    other_list = other_list if path != "/threads" else "ZG9jdW1lbnRzCng"
    for cursor in ("", "x", "é", "\0", "a" * 501, "====", "dGhyZWFkcwo", other_list, other_list[:-3]):
        assert pointers(caller.get(path.format(thread=thread), params={"cursor": cursor})) == ["/cursor"], cursor


@pytest.mark.parametrize(
    ("path", "params", "expected"),
    [
        ("/messages/search", {}, "/q"),
        ("/messages/search", {"q": " "}, "/q"),
        ("/messages/search", {"q": "x" * 1001}, "/q"),
        ("/messages/search", {"q": "a\0"}, "/q"),
        ("/documents", {"source": ""}, "/source"),
        ("/documents", {"source": "a\0"}, "/source"),
        ("/documents/doc_x", {"version": ""}, "/version"),
        ("/documents/doc_x", {"version": "v" * 201}, "/version"),
    ],
)
def test_a_query_that_is_none(world: World, path: str, params: dict[str, str], expected: str) -> None:
    assert pointers(world.caller().get(path, params=params)) == [expected]


def test_headers_that_are_none(world: World) -> None:
    caller = world.caller()
    run = caller.ask().json()["runId"]
    for given_id in ("", "x", "-1", "1.5", "9" * 19):
        response = caller.get(f"/runs/{run}/events", headers={"Last-Event-ID": given_id})
        assert pointers(response) == ["/Last-Event-ID"]
    for key in ("", "x" * 201, "a b", "a\0"):
        assert pointers(caller.ask(key=key)) == ["/Idempotency-Key"]


@pytest.mark.parametrize(
    "path", ["/nothing", "/chat/", "/runs", "/runs/", "/runs/x/y", "/docs/none.js", "/docs/../app.py"]
)
def test_a_path_that_is_not_here(world: World, path: str) -> None:
    response = world.caller().get(path)
    assert response.status_code == 404
    assert response.json()["type"] == SIGN + "not-found"


def test_an_id_that_no_database_takes(world: World) -> None:
    for kind in ("threads", "runs", "documents", "tickets", "refresh"):
        for id_ in ("%00", "a%00b", "x" * 3000, "'; drop table threads; --"):
            assert world.caller().get(f"/{kind}/{id_}").status_code == 404


def test_a_method_that_is_not_here(world: World) -> None:
    for operation in CONTRACT.operations:
        there = {o.method.upper() for o in CONTRACT.operations if o.path == operation.path}
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"} - there:
            response = world.caller()(method, operation.url(**dict.fromkeys(names(operation), "x")))
            assert response.status_code == 405
            assert response.json()["type"] == SIGN + "method-not-allowed"
            assert set(response.headers["allow"].split(", ")) - {"HEAD", "OPTIONS"} == there


def names(operation) -> list[str]:
    return [parameter["name"] for parameter in operation.parameters if parameter["in"] == "path"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = ("companyId", "message", "threadId", "stream", "language", "sources", "force", "dryRun", "x")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    path=st.sampled_from(["/chat", "/refresh"]),
    body=st.dictionaries(st.sampled_from(KEYS), JSON) | JSON,
    company=st.booleans(),
)
def test_whatever_is_sent_is_answered_as_the_contract_says(
    world: World, path: str, body: object, company: bool
) -> None:
    if company and isinstance(body, dict):
        body = {**body, "companyId": "acme"}
    response = world.caller().post(path, content=json.dumps(body), headers={"Content-Type": "application/json"})
    assert response.status_code < 500
