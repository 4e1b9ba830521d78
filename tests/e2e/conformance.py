"""Holds every response to ``openapi.yaml``."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import httpx
import jsonschema
import yaml

from sophia.entrypoints.http.requests import openapi

METHODS = ("get", "post", "put", "patch", "delete")


class Event(NamedTuple):
    sequence: int
    name: str
    data: dict[str, Any]


class Operation(NamedTuple):
    id: str
    method: str
    path: str
    spec: dict[str, Any]
    parameters: tuple[dict[str, Any], ...]

    @property
    def takes_key(self) -> bool:
        """As the document has it for all operations; the others are open, or signed."""
        return "security" not in self.spec

    def url(self, **values: str) -> str:
        return self.path.format(**values)

    def matches(self, path: str) -> bool:
        parameter = ".+" if self.path.startswith("/docs/") else "[^/]+"
        pattern = re.sub(r"\\{\w+\\}", parameter, re.escape(self.path))
        return re.fullmatch(pattern, path) is not None


class Contract:
    """The contract as a test reads it."""

    def __init__(self) -> None:
        self.document: dict[str, Any] = yaml.safe_load(openapi())
        self.operations = tuple(
            Operation(
                spec["operationId"],
                method,
                path,
                spec,
                tuple(map(self.resolve, (*item.get("parameters", ()), *spec.get("parameters", ())))),
            )
            for path, item in self.document["paths"].items()
            for method, spec in item.items()
            if method in METHODS
        )

    def operation(self, id: str) -> Operation:
        return next(operation for operation in self.operations if operation.id == id)

    def resolve(self, item: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in item:
            found: Any = self.document
            for part in item["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            item = found
        return item

    def validate(self, value: object, schema: dict[str, Any]) -> None:
        whole = {**schema, "components": self.document["components"]}
        jsonschema.Draft202012Validator(whole).validate(value)

    def check(self, response: httpx.Response) -> None:
        """Fail unless the response is one that the contract knows."""
        request = response.request
        path, method = request.url.path, request.method.lower()
        self._check_always(response)
        there = [operation for operation in self.operations if operation.matches(path)]
        if not there:
            if response.status_code != 308:
                assert response.status_code == 404, path
                self._check_content(response, self._component("NotFound"))
            return
        asked = next((operation for operation in there if operation.method == method), None)
        if asked is None:
            assert response.status_code == 405
            self._check_content(response, self._component("MethodNotAllowed"))
            return
        assert str(response.status_code) in asked.spec["responses"], (asked.id, response.status_code, response.read())
        self._check_content(response, self.resolve(asked.spec["responses"][str(response.status_code)]))

    def events(self, response: httpx.Response, after: int = 0) -> Iterator[Event]:
        """The events of a stream, each held to its schema, in sequence, with nothing after the last one."""
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        path = response.request.url.path
        operation = next(o for o in self.operations if o.matches(path) and o.method == response.request.method.lower())
        media = operation.spec["responses"]["200"]["content"]["text/event-stream"]
        ended = False
        for event in parse(response.iter_text()):
            assert not ended, event
            assert event.sequence == after + 1
            self.validate(event.data, media["x-events"][event.name])
            after, ended = event.sequence, event.name in media["x-last-events"]
            yield event

    def _component(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.document["components"]["responses"][name]
        return found

    def _check_always(self, response: httpx.Response) -> None:
        headers = response.headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["cache-control"] in ("no-store", "no-cache")
        assert re.fullmatch("req_[0-9a-f]{24}", headers["x-request-id"])
        assert not [name for name in headers if name.lower().startswith("access-control-")]  # no other site's page may

    def _check_content(self, response: httpx.Response, documented: dict[str, Any]) -> None:
        for name, header in documented.get("headers", {}).items():
            self._check_header(response.headers.get(name), self.resolve(header))
        if "content" not in documented:
            assert response.read() == b""
            return
        media = response.headers["content-type"].partition(";")[0]
        content = documented["content"]
        assert media in content or "*/*" in content, media
        if media == "text/event-stream":
            return
        if media.endswith("json"):
            value = json.loads(response.read())
            self.validate(value, content[media]["schema"])
            if media == "application/problem+json":
                self._check_problem(response, value)

    def _check_header(self, value: str | None, header: dict[str, Any]) -> None:
        if value is None:
            assert not header.get("required")
            return
        schema = header["schema"]
        self.validate(int(value) if schema["type"] == "integer" else value, schema)

    def _check_problem(self, response: httpx.Response, problem: dict[str, Any]) -> None:
        assert problem["status"] == response.status_code
        assert problem["instance"] == response.headers["x-request-id"]
        assert ("errors" in problem) == (response.status_code == 400)
        for trace in ("Traceback", 'File "', ".py", "sqlalchemy", "sqlite"):
            assert trace not in response.text


def parse(chunks: Iterable[str]) -> Iterator[Event]:
    """Server-sent events as the contract words them: ``id``, ``event`` and one line of ``data``, LF line ends."""
    left = ""
    for chunk in chunks:
        assert "\r" not in chunk
        *blocks, left = (left + chunk).split("\n\n")
        for block in blocks:
            if block.startswith(":"):
                continue
            sequence, name, data = block.split("\n")
            assert (sequence[:4], name[:7], data[:6]) == ("id: ", "event: ", "data: ")
            yield Event(int(sequence[4:]), name[7:], json.loads(data[6:]))
    assert left == ""
