"""What goes wrong with the systems that are looked at: it is named, whatever it is, and never passes for all-clear."""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from test_systems_client import Rotating

from sophia.adapters.grafana import GrafanaSource
from sophia.adapters.panos import PanosSource
from sophia.adapters.splunk import SplunkSource
from sophia.adapters.systems.source import Place, SystemSource
from sophia.domain.lookups import Lookup, LookupCaps, TimeRange
from sophia.domain.readonly import GrafanaPolicy, PanosPolicy, SplPolicy
from sophia.errors import InvalidInput, Unavailable
from sophia.testing.emulators.certificates import issue_certificates
from sophia.testing.emulators.day import make_day
from sophia.testing.emulators.grafana import GrafanaEmulator
from sophia.testing.emulators.panos import PanosEmulator
from sophia.testing.emulators.server import LoopbackServer, Request
from sophia.testing.emulators.splunk import SplunkEmulator
from sophia.testing.emulators.system import EmulatedSystem, Fault, html_page, redirect
from sophia.testing.scopes import user_scope

ANA = user_scope("acme", "ana")
DAY = make_day()
NOW = datetime.now(UTC)
SPAN = TimeRange(NOW - timedelta(days=2), NOW)  # the whole of yesterday, at any hour

SYSTEMS = {
    "splunk": (
        lambda **more: SplunkEmulator(DAY, token="t", **more),
        lambda place: SplunkSource(place, SplPolicy()),
        Lookup("search", {"search": "index=wineventlog EventCode=4625 | stats count by host"}, SPAN),
    ),
    "panos": (
        lambda **more: PanosEmulator(DAY, key="t", **more),
        lambda place: PanosSource(place, PanosPolicy()),
        Lookup("show", {"view": "interfaces"}),
    ),
    "grafana": (
        lambda **more: GrafanaEmulator(DAY, token="t", **more),
        lambda place: GrafanaSource(place, GrafanaPolicy()),
        Lookup("rules"),
    ),
}

NEVER = {
    "refused with 401": Fault(status=401),
    "refused with 403": Fault(status=403),
    "busy for long": Fault(status=429, headers={"Retry-After": "60"}),
    "busy": Fault(status=503),
    "broken": Fault(status=500),
    "a page of a proxy": html_page(502),
    "a page that says that all is well": html_page(200),
    "cut before the answer": Fault(cuts=True),
    "cut in the middle": Fault(cuts_after=25),
    "silent": Fault(delay=60),
    "dripping": Fault(drips=0.5),
    "empty": Fault(body=b""),
    "nothing but blanks": Fault(body=b" " * 1000),
    "half of something": Fault(body=b'{"entry": [{"name"'),
    "no text": Fault(body=b"\xff\xfe\x00\x01"),
}
"""What goes wrong with each answer, however often it is asked."""


@contextmanager
def looking(kind: str, faults: object = (), secrets=("t",), caps=None, **more: object):
    """A way to look, and the emulator at the other end."""
    emulate, make, lookup = SYSTEMS[kind]
    with emulate(faults=faults, **more) as emulator:
        place = Place("acme", kind, emulator.url, Rotating(*secrets), caps=LookupCaps(**(caps or {"seconds": 1.5})))
        yield lambda: make(place).look_up(ANA, lookup, lambda: None), emulator


@pytest.fixture(params=SYSTEMS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_without_a_fault_there_is_something_to_find(kind) -> None:
    with looking(kind) as (look, _):
        finding = look()
    assert finding.rows
    assert not finding.cuts


@pytest.mark.parametrize("fault", NEVER)
def test_no_failure_passes_for_an_answer(kind, fault) -> None:
    with looking(kind, lambda _: NEVER[fault]) as (look, emulator):
        try:
            # What did come may be told, as long as it says that it is not all.
            told = "; ".join(cut.detail for cut in look().cuts)
        except (Unavailable, InvalidInput) as error:
            told = str(error)
    assert told
    assert emulator.writes == []


@pytest.mark.parametrize("fault", ["busy", "broken", "cut before the answer"])
def test_what_passes_is_waited_out(kind, fault) -> None:
    with looking(kind, [NEVER[fault]], caps={"seconds": 10}) as (look, emulator):
        assert look().rows
    assert len(emulator.requests) >= 2


def test_a_redirect_leads_nowhere(kind) -> None:
    seen: list[Request] = []

    def answer(request: Request, exchange: object) -> None:
        seen.append(request)

    with (
        LoopbackServer(answer) as elsewhere,
        looking(kind, lambda _: redirect(elsewhere.url)) as (look, _),
        pytest.raises(Unavailable, match="somewhere else"),
    ):
        look()
    assert seen == []


def test_a_credential_that_has_expired_is_looked_up_anew(kind) -> None:
    with looking(kind, secrets=("old", "t")) as (look, _):
        assert look().rows
    with looking(kind, secrets=("old",)) as (look, _), pytest.raises(Unavailable, match="credential") as caught:
        look()
    assert "old" not in str(caught.value)


def test_an_answer_without_end_is_cut_off(kind) -> None:
    with looking(kind, lambda _: Fault(floods=3 * 2**20), caps={"megabytes": 1, "seconds": 20}) as (look, _):
        try:
            told = look().cuts[-1].detail
        except Unavailable as error:
            told = str(error)
    assert "1 MB" in told or "no answer that can be read" in told


def test_tls_is_verified_by_the_certificates_that_are_named(kind, tmp_path) -> None:
    certificates = issue_certificates(tmp_path)
    emulate, make, lookup = SYSTEMS[kind]

    def source(emulator: EmulatedSystem, *, trusted: bool) -> SystemSource:
        caps = LookupCaps(seconds=10)
        return make(
            Place(
                "acme", kind, emulator.url, Rotating("t"), caps=caps, ca_file=certificates.ca_file if trusted else None
            )
        )

    with emulate(tls=certificates.server) as emulator:
        assert emulator.url.startswith("https://")
        assert source(emulator, trusted=True).look_up(ANA, lookup, lambda: None).rows
        with pytest.raises(Unavailable, match="cannot be reached"):
            source(emulator, trusted=False).look_up(ANA, lookup, lambda: None)
        assert all(request.headers for request in emulator.requests)


def test_the_credential_is_in_no_address(kind) -> None:
    with looking(kind, secrets=("a-secret", "t")) as (look, emulator):
        look()
    assert emulator.requests
    assert not any("secret" in request.path or b"secret" in request.body for request in emulator.requests)
