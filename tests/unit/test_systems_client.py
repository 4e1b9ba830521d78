"""The client of the systems that are looked at, over real HTTP."""

import threading
from collections.abc import Callable
from contextlib import contextmanager

import pytest

from sophia.adapters.http.client import Request
from sophia.adapters.systems.client import Budget, SystemClient, TimedOut
from sophia.adapters.systems.source import Place
from sophia.domain.lookups import LookupCaps
from sophia.domain.secrets import Secret
from sophia.errors import Cancelled, ConfigurationError, OnlyEmulated, Unavailable
from sophia.ports.vault import Credential
from sophia.testing.emulators.server import Exchange, LoopbackServer
from sophia.testing.emulators.server import Request as Seen

ASK = Request("GET", "/status")


class Rotating(Credential):
    """A credential that may be another by now."""

    def __init__(self, *secrets: str) -> None:
        self._secrets = [Secret(secret) for secret in secrets]

    def __call__(self) -> Secret:
        return self._secrets[0]

    def renewed(self, refused: Secret) -> Secret | None:
        if len(self._secrets) > 1 and self._secrets[0] == refused:
            self._secrets.pop(0)
            return self._secrets[0]
        return None


@contextmanager
def answering(*answers: tuple[int, bytes, dict[str, str]] | Callable[[Exchange], None], **caps: float):
    """A client, and the requests that its server has seen; each is answered by the next answer, the last again."""
    left, lock = list(answers), threading.Lock()

    def answer(_: Seen, exchange: Exchange) -> None:
        with lock:
            now = left.pop(0) if len(left) > 1 else left[0]
        if callable(now):
            now(exchange)
        else:
            exchange.send(*now)

    with LoopbackServer(answer) as server:
        yield client(server.url, **caps), server.requests


def client(url: str, *secrets: str, **caps: float) -> SystemClient:
    def shown(secret: Secret) -> dict[str, str]:
        return {"Authorization": f"Bearer {secret.reveal()}"}

    return SystemClient("siem", url, Rotating(*(secrets or ("one",))), shown, LookupCaps(**caps))


def budget(seconds: float = 20.0, check: Callable[[], None] = lambda: None) -> Budget:
    return Budget("siem", seconds, check)


def busy(**headers: str) -> tuple[int, bytes, dict[str, str]]:
    return 503, b"", headers


FINE = (200, b"fine", {})


def test_what_fails_is_asked_again_and_the_credential_is_shown() -> None:
    with answering(busy(), lambda exchange: exchange.cut(), FINE) as (asked, requests):
        assert asked.read(ASK, budget()).body == b"fine"
    assert [(r.method, r.path, r.headers["authorization"]) for r in requests] == [("GET", "/status", "Bearer one")] * 3


def test_three_times_is_enough() -> None:
    with answering(busy()) as (asked, requests), pytest.raises(Unavailable, match="HTTP 503"):
        asked.read(ASK, budget())
    assert len(requests) == 3


@pytest.mark.parametrize("status", [400, 404, 422])
def test_an_answer_about_the_question_is_an_answer(status) -> None:
    with answering((status, b"no such thing", {})) as (asked, requests):
        reply = asked.read(ASK, budget())
    assert (reply.status, reply.body, len(requests)) == (status, b"no such thing", 1)


def test_a_system_that_asks_for_long_to_be_left_alone_is() -> None:
    with answering((429, b"", {"Retry-After": "60"})) as (asked, requests), pytest.raises(Unavailable) as caught:
        asked.read(ASK, budget())
    assert (caught.value.retry_after, len(requests)) == (60.0, 1)


def test_a_redirect_is_not_followed() -> None:
    with (
        answering(FINE) as (_, elsewhere),
        answering((302, b"", {"Location": "http://127.0.0.1:1/"})) as (asked, requests),
        pytest.raises(Unavailable, match="somewhere else"),
    ):
        asked.read(ASK, budget())
    assert (len(requests), elsewhere) == (1, [])


@pytest.mark.parametrize("status", [401, 403])
def test_a_credential_that_was_changed_is_looked_up_anew(status) -> None:
    def answer(request: Seen, exchange: Exchange) -> None:
        exchange.send(*(FINE if request.headers["authorization"] == "Bearer two" else (status, b"", {})))

    with LoopbackServer(answer) as server:
        assert client(server.url, "one", "two").read(ASK, budget()).body == b"fine"
        with pytest.raises(Unavailable, match=f"credential do this .HTTP {status}.") as caught:
            client(server.url, "one", "three").read(ASK, budget())
    assert "three" not in str(caught.value)
    assert len(server.requests) == 4


def test_what_cannot_be_reached_is_unavailable() -> None:
    with LoopbackServer(lambda _, exchange: exchange.cut()) as server:
        asked = client(server.url)
    with pytest.raises(Unavailable, match="cannot be reached"):
        asked.read(ASK, budget())


def test_a_look_up_has_its_time_over_all_that_it_asks() -> None:
    with answering(lambda exchange: exchange.pause(30)) as (asked, _), pytest.raises(TimedOut, match=r"after 0\.3 s"):
        asked.read(ASK, budget(0.3))


def test_it_stops_when_whoever_waits_does() -> None:
    reached = threading.Event()

    def check() -> None:
        if reached.is_set():
            raise Cancelled

    def hang(exchange: Exchange) -> None:
        reached.set()
        exchange.pause(30)

    with answering(hang) as (asked, requests), pytest.raises(Cancelled):
        asked.read(ASK, budget(check=check))
    assert len(requests) == 1


def test_an_answer_that_is_too_large_is_none() -> None:
    def flood(exchange: Exchange) -> None:
        exchange.begin(200, {})
        for _ in range(40):
            exchange.write(b"x" * 65_536)
        exchange.finish()

    with answering(flood, megabytes=1) as (asked, requests):
        for _ in range(6):  # and it does not count as the system's failure
            with pytest.raises(Unavailable, match="larger than the 1 MB that are read of one"):
                asked.read(ASK, budget())
        assert len(requests) == 6


def test_no_more_are_at_it_than_the_cap_allows() -> None:
    at_once, most, lock, two = [0], [0], threading.Lock(), threading.Event()

    def count(exchange: Exchange) -> None:
        with lock:
            at_once[0] += 1
            most[0] = max(most[0], at_once[0])
            if at_once[0] == 2:
                two.set()
        two.wait(30)
        exchange.pause(0.02)
        with lock:
            at_once[0] -= 1
        exchange.send(*FINE)

    with answering(count, at_once=2) as (asked, requests):
        threads = [threading.Thread(target=asked.read, args=(ASK, budget())) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (len(requests), most[0]) == (6, 2)


def test_who_waits_for_a_turn_has_its_time_as_well() -> None:
    reached, over = threading.Event(), threading.Event()

    def hang(exchange: Exchange) -> None:
        reached.set()
        over.wait(30)
        exchange.send(*FINE)

    with answering(hang, at_once=1) as (asked, requests):
        first = threading.Thread(target=asked.read, args=(ASK, budget()))
        first.start()
        assert reached.wait(30)
        with pytest.raises(TimedOut):
            asked.read(ASK, budget(0.2))
        over.set()
        first.join()
    assert len(requests) == 1


def test_a_system_that_fails_again_and_again_is_left_alone() -> None:
    with answering((500, b"", {"Retry-After": "60"})) as (asked, requests):
        for _ in range(5):
            with pytest.raises(Unavailable, match="HTTP 500"):
                asked.read(ASK, budget())
        with pytest.raises(Unavailable, match="left alone for a while"):
            asked.read(ASK, budget())
    assert len(requests) == 5


def test_questions_that_are_wrong_do_not_count_as_its_failures() -> None:
    with answering((400, b"", {})) as (asked, requests):
        for _ in range(8):
            assert asked.read(ASK, budget()).status == 400
    assert len(requests) == 8


@pytest.mark.parametrize(
    "url", ["http://siem.example.com", "https://u:p@siem.example.com", "siem", "https://169.254.169.254"]
)
def test_some_addresses_are_never_called(url) -> None:
    with pytest.raises(ConfigurationError):
        client(url)


def test_certificates_that_cannot_be_read_are_named(tmp_path) -> None:
    path = tmp_path / "ca.pem"
    path.write_text("no certificate")
    with pytest.raises(ConfigurationError, match=r"ca\.pem"):
        SystemClient("siem", "https://siem.example.com", Rotating("one"), lambda _: {}, LookupCaps(), path)


def test_an_example_s_host_is_nobody_s_and_is_not_called() -> None:
    place = Place("acme", "siem", "https://splunk.acme.example:8089", Rotating())  # no credential is asked for either
    told = "siem: nobody is at splunk.acme.example, an example's host .* only `sophia serve --demo` emulates"
    with pytest.raises(OnlyEmulated, match=told):
        place.client(lambda _: {}).read(ASK, budget())
