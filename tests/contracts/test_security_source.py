"""The suite of the systems that are looked at, over the fake and every adapter."""

import threading
from types import MappingProxyType
from urllib.parse import parse_qs

import pytest

from sophia.adapters.grafana.source import GrafanaSource
from sophia.adapters.panos.source import PanosSource
from sophia.adapters.splunk.source import SplunkSource
from sophia.adapters.systems.source import Place
from sophia.domain.lookups import Lookup, LookupCaps
from sophia.domain.readonly import GrafanaPolicy, PanosPolicy, SplPolicy
from sophia.domain.secrets import Secret
from sophia.ports.vault import Credential
from sophia.testing.contracts.security_source import SecuritySourceContract
from sophia.testing.emulators.day import make_day
from sophia.testing.emulators.grafana import VIEWER, GrafanaEmulator, frame
from sophia.testing.emulators.panos import PanosEmulator
from sophia.testing.emulators.splunk import Found, SplunkEmulator
from sophia.testing.emulators.system import Fault
from sophia.testing.fakes.security_source import (
    FailingSecuritySource,
    HangingSecuritySource,
    MemorySecuritySource,
)
from sophia.testing.scopes import user_scope

TABLES = {
    "short": (("user", "count"), (("ana", "3"),)),
    "long": (("user", "count"), (("ana", "3"), ("bob", "2"), ("eve", "1"))),
}


class TestMemorySecuritySource(SecuritySourceContract):
    @pytest.fixture
    def source(self):
        return MemorySecuritySource(tables=TABLES, refused=frozenset({"delete"}), caps=LookupCaps(rows=2))

    @pytest.fixture
    def short(self, span):
        return Lookup("search", {"query": "short"}, span)

    @pytest.fixture
    def long(self, span):
        return Lookup("search", {"query": "long"}, span)

    @pytest.fixture
    def refused(self, span):
        return Lookup("search", {"query": "delete"}, span)

    @pytest.fixture
    def sent(self, source):
        return lambda: len(source.asked)

    @pytest.fixture
    def down(self):
        return FailingSecuritySource()

    @pytest.fixture
    def hanging(self):
        source = HangingSecuritySource(tables=TABLES)
        return source, source.reached


class Known(Credential):
    """A credential that stays as it is."""

    def __call__(self):
        return Secret("t")

    def renewed(self, refused):
        return None


class SystemSourceContract(SecuritySourceContract):
    """Of a source behind HTTP: override what makes it, and its emulator."""

    def make(self, url, **caps):
        raise NotImplementedError

    @pytest.fixture
    def emulator(self):
        raise NotImplementedError

    @pytest.fixture
    def source(self, emulator):
        return self.make(emulator.url, rows=2)

    @pytest.fixture
    def sent(self, emulator):
        return lambda: len(emulator.requests)

    @pytest.fixture
    def down(self, emulator):
        emulator.__exit__(None, None, None)
        return self.make(emulator.url)

    def place(self, url, **caps):
        return Place("acme", "siem", url, Known(), caps=LookupCaps(**caps))


SHORT, LONG = [{"user": "ana", "count": "3"}], [{"user": user} for user in ("ana", "bob", "eve")]


class TestSplunkSource(SystemSourceContract):
    def make(self, url, **caps):
        return SplunkSource(self.place(url, **caps), SplPolicy())

    @pytest.fixture
    def emulator(self):
        def answers(search):
            return Found(LONG if "long" in search.text else SHORT, previews=2)

        with SplunkEmulator(make_day(), token="t", answers=answers) as splunk:
            yield splunk

    @pytest.fixture
    def short(self, span):
        return Lookup("search", {"search": "index=short | stats count by user"}, span)

    @pytest.fixture
    def long(self, span):
        return Lookup("search", {"search": "index=long | table user"}, span)

    @pytest.fixture
    def refused(self, span):
        return Lookup("search", {"search": "index=short [search index=long | outputlookup users.csv]"}, span)

    @pytest.fixture
    def hanging(self):
        reached = threading.Event()

        def answers(search):
            reached.set()
            return Found(SHORT, pause=60)

        with SplunkEmulator(make_day(), token="t", answers=answers) as splunk:
            yield self.make(splunk.url), reached
            (job,) = splunk.jobs
            assert job.state == "cancelled"
            sid = parse_qs(splunk.requests[0].body.decode())["id"][0]
            assert f"/services/search/v2/jobs/{sid}/control" in [request.path for request in splunk.requests]


def answer(result):
    return f'<response status="success"><result>{result}</result></response>'


class TestPanosSource(SystemSourceContract):
    ANSWERS = MappingProxyType(
        {
            "show arp all": answer("<entries><entry><ip>192.0.2.1</ip></entry></entries>"),
            "show jobs all": answer("<job><id>1</id></job><job><id>2</id></job><job><id>3</id></job>"),
        }
    )

    def make(self, url, **caps):
        policy = PanosPolicy(frozenset({"arp", "jobs"}))
        return PanosSource(self.place(url, **caps), policy, admin="sophia")

    @pytest.fixture
    def emulator(self):
        with PanosEmulator(make_day(), key="t", answers=self.ANSWERS) as device:
            yield device
            assert device.writes == device.keys_in_urls == []

    @pytest.fixture
    def short(self):
        return Lookup("show", {"view": "arp"})

    @pytest.fixture
    def long(self):
        return Lookup("show", {"view": "jobs"})

    @pytest.fixture
    def refused(self):
        return Lookup("show", {"view": "ha"})

    @pytest.fixture
    def hanging(self):
        reached = threading.Event()

        def fault(_):
            reached.set()
            return Fault(delay=60)

        with PanosEmulator(make_day(), key="t", faults=fault) as device:
            yield self.make(device.url), reached


class TestGrafanaSource(SystemSourceContract):
    def make(self, url, **caps):
        return GrafanaSource(self.place(url, **caps), GrafanaPolicy(frozenset({"prom-madrid"})))

    @pytest.fixture
    def emulator(self):
        def answers(query):
            hosts = ("a", "b", "c") if "long" in query["expr"] else ("a",)
            return [frame([1_000, 2_000], [1.0, None], {"host": host}) for host in hosts]

        with GrafanaEmulator(make_day(), token="t", answers=answers) as grafana:
            yield grafana
            assert grafana.writes == []

    @pytest.fixture
    def sent(self, emulator):
        # Which type a data source has is asked of Grafana: the guard needs it.
        return lambda: len([request for request in emulator.requests if "/datasources" not in request.path])

    @pytest.fixture
    def short(self, span):
        return Lookup("query", {"datasource": "prom-madrid", "expr": "short"}, span)

    @pytest.fixture
    def long(self, span):
        return Lookup("query", {"datasource": "prom-madrid", "expr": "long"}, span)

    @pytest.fixture
    def refused(self, span):
        return Lookup("query", {"datasource": "cmdb", "expr": "DELETE FROM hosts"}, span)

    @pytest.fixture
    def hanging(self):
        reached = threading.Event()

        def fault(_):
            reached.set()
            return Fault(delay=60)

        with GrafanaEmulator(make_day(), token="t", faults=fault) as grafana:
            yield self.make(grafana.url), reached

    def test_what_every_viewer_may_do_is_told_apart(self, source):
        assert set(source.access(user_scope("acme", "ana")).inherent) == {
            name for name in VIEWER if name.startswith("annotations:") and not name.endswith(":read")
        }
