"""The suite of the systems that are looked at, over the fake and every adapter."""

import threading
from urllib.parse import parse_qs

import pytest

from sophia.adapters.splunk.source import SplunkSource
from sophia.adapters.systems.source import Place
from sophia.domain.lookups import Lookup, LookupCaps
from sophia.domain.readonly import SplPolicy
from sophia.domain.secrets import Secret
from sophia.ports.vault import Credential
from sophia.testing.contracts.security_source import SecuritySourceContract
from sophia.testing.emulators.day import make_day
from sophia.testing.emulators.splunk import Found, SplunkEmulator
from sophia.testing.fakes.security_source import (
    FailingSecuritySource,
    HangingSecuritySource,
    MemorySecuritySource,
)

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
