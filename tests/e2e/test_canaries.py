"""The canary suite finds nothing in SOPHIA, and finds what is let out on purpose."""

from collections.abc import Callable, Iterable, Iterator

import httpx2
import pytest
from harness import KEYS, LOOK, PATIENCE, World

from sophia.testing.canaries import CanaryReport, Identity, Planted, release_canaries

WHO = [
    Identity.by_key("acme", "ana", KEYS["acme"]),
    Identity.by_key("acme", "luis", KEYS["acme"]),
    Identity.by_key("globex", "ana", KEYS["globex"]),
]
DOCUMENTS = [
    Planted("Paid monthly", "acme", frozenset({"ana"})),
    Planted("pay.md", "acme", frozenset({"ana"})),
    Planted("The night shift checks them", "acme"),
    Planted("Globex backs up on Sundays", "globex"),
]
SYSTEMATIC = 1  # by chance: the systematic requests come in any case

# What wraps the app is the same on each system of record.
in_memory = pytest.mark.parametrize("make_world", ["memory"], indirect=True)

App = Callable[..., Iterable[bytes]]


def released(app: App, requests: int = SYSTEMATIC, patience: float = 3) -> CanaryReport:
    with httpx2.Client(transport=httpx2.WSGITransport(app), base_url="http://127.0.0.1") as client:
        return release_canaries(client, WHO, documents=DOCUMENTS, lookup=LOOK, requests=requests, patience=patience)


def test_nothing_crosses(informed: World) -> None:
    report = released(informed.app, requests=400, patience=PATIENCE)
    assert report.is_clean, str(report)
    assert set(report.requests) == {operation.id for operation in informed.contract.operations}
    assert report.compared > 100


class Leaky:
    """SOPHIA behind something that asks in another's name where a condition holds, as a wrong cache key does."""

    def __init__(self, app: App, name: str, value: str, method: str = "GET") -> None:
        self.app = app
        self.prefix, self.other, self.method = name, value, method

    def __call__(self, environ: dict[str, str], start_response: Callable[..., object]) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith(self.prefix) and environ["REQUEST_METHOD"] == self.method:
            environ["HTTP_X_AGENT_ACCESS_KEY"], environ["HTTP_X_USER_ID"] = KEYS["acme"], self.other
        return self.app(environ, start_response)


@in_memory
@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("/threads", "body"),
        ("/threads/thr", "status"),
        ("/tickets", "body"),
        ("/evidence/", "status"),
        ("/runs", "status"),
        ("/messages/search", "body"),
        ("/documents", "body"),
        ("/refresh/", "status"),
    ],
)
def test_another_users_answers_are_found(informed: World, path: str, where: str) -> None:
    report = released(Leaky(informed.app, path, "ana"))
    assert any(path in leak.request and leak.where == where for leak in report.leaks), str(report)


@in_memory
def test_a_delete_in_anothers_name_is_found(informed: World) -> None:
    report = released(Leaky(informed.app, "/threads/", "ana", "DELETE"))
    assert any(leak.where == "status" and leak.request.startswith("DELETE /threads/") for leak in report.leaks)
    assert any("ana@acme does not find thr_" in what for what in report.lost)


@in_memory
def test_an_answer_that_tells_foreign_from_unknown_is_found(informed: World) -> None:
    threads: set[str] = set()

    def telling(environ: dict[str, str], start_response: Callable[..., object]) -> Iterator[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *more: object) -> object:
            if environ["REQUEST_METHOD"] == "POST" and status.startswith("200"):
                threads.update(value for name, value in headers if name == "Location")
            elif f"/runs/{environ['PATH_INFO'].split('/')[-1]}" in threads:
                headers.append(("X-Owner", "another"))
            return start_response(status, headers, *more)

        return informed.app(environ, start)

    report = released(telling)
    assert {leak.where for leak in report.leaks} == {"difference"}


@in_memory
def test_a_company_in_the_metrics_is_found(informed: World) -> None:
    def labelled(environ: dict[str, str], start_response: Callable[..., object]) -> Iterator[bytes]:
        yield from informed.app(environ, start_response)
        if environ["PATH_INFO"] == "/metrics":
            yield b'sophia_runs_total{company="globex"} 1\n'

    report = released(labelled)
    assert any(leak.request.startswith("GET /metrics") for leak in report.leaks)


@in_memory
def test_too_few_identities_are_refused(informed: World) -> None:
    with httpx2.Client(transport=httpx2.WSGITransport(informed.app), base_url="http://127.0.0.1") as client:
        for few in (WHO[:2], WHO[1:], [], [*WHO, WHO[0]]):
            with pytest.raises(ValueError, match="two companies"):
                release_canaries(client, few)


@in_memory
def test_what_nobody_looks_up_is_no_canary(informed: World) -> None:
    for systems in informed.outside.systems.values():
        systems.clear()
    with pytest.raises(ValueError, match="nothing was looked up for ana@acme"):
        released(informed.app)
