"""The suite of the systems that are looked at, over the fake and every adapter."""

import pytest

from sophia.domain.lookups import Lookup, LookupCaps
from sophia.testing.contracts.security_source import SecuritySourceContract
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
