"""What every `SecuritySource` keeps."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from jsonschema import Draft202012Validator

from sophia.domain.lookups import CutKind, Lookup, TimeRange
from sophia.errors import Cancelled, CompanyMismatch, QueryRefused, Unavailable
from sophia.ports.security_source import SecuritySource
from sophia.testing.scopes import user_scope

__all__ = ["SecuritySourceContract"]

_ANA = user_scope("acme", "ana")
_EVE = user_scope("globex", "ana")


class SecuritySourceContract:
    """Override the fixtures; the sources are acme's."""

    @pytest.fixture
    def source(self) -> SecuritySource:
        """A source that keeps at most two rows of a look-up."""
        raise NotImplementedError

    @pytest.fixture
    def short(self) -> Lookup:
        """A look-up that finds one row, or two."""
        raise NotImplementedError

    @pytest.fixture
    def long(self) -> Lookup:
        """A look-up that finds three rows or more."""
        raise NotImplementedError

    @pytest.fixture
    def refused(self) -> Lookup:
        """A look-up that might do more than read."""
        raise NotImplementedError

    @pytest.fixture
    def sent(self) -> Callable[[], int]:
        """How many look-ups have reached the system."""
        raise NotImplementedError

    @pytest.fixture
    def down(self) -> SecuritySource:
        """A source whose system does not answer."""
        raise NotImplementedError

    @pytest.fixture
    def hanging(self) -> tuple[SecuritySource, threading.Event]:
        """A source whose system takes its time over every look-up, and what is set when one has reached it."""
        raise NotImplementedError

    @pytest.fixture
    def span(self) -> TimeRange:
        """The last day."""
        now = datetime.now(UTC)
        return TimeRange(now - timedelta(days=1), now)

    def test_its_operations_are_described(self, source: SecuritySource) -> None:
        names = [operation.name for operation in source.operations]
        assert names
        assert len(set(names)) == len(names)
        for operation in source.operations:
            assert operation.description
            assert set(operation.required) <= set(operation.parameters)
            for schema in operation.parameters.values():
                Draft202012Validator.check_schema(schema)

    def test_an_argument_means_the_same_in_every_operation(self, source: SecuritySource) -> None:
        known: dict[str, object] = {}
        for operation in source.operations:
            for name, schema in operation.parameters.items():
                assert known.setdefault(name, schema) == schema

    def test_what_is_found_is_a_table(self, source: SecuritySource, short: Lookup) -> None:
        finding = source.look_up(_ANA, short, _go_on)
        assert finding.title
        assert finding.query
        assert finding.rows
        assert finding.seen == len(finding.rows)
        assert all(len(row) == len(finding.columns) for row in finding.rows)
        assert not finding.cuts

    def test_the_same_question_reads_the_same(self, source: SecuritySource, short: Lookup) -> None:
        first, second = (source.look_up(_ANA, short, _go_on) for _ in range(2))
        assert (first.title, first.query, first.rows) == (second.title, second.query, second.rows)

    def test_what_is_cut_is_named(self, source: SecuritySource, long: Lookup) -> None:
        finding = source.look_up(_ANA, long, _go_on)
        assert len(finding.rows) == source.caps.rows
        assert finding.seen > len(finding.rows)
        assert [cut.kind for cut in finding.cuts] == [CutKind.ROWS]

    def test_what_might_change_something_is_never_sent(
        self, source: SecuritySource, refused: Lookup, sent: Callable[[], int]
    ) -> None:
        before = sent()
        with pytest.raises(QueryRefused) as caught:
            source.look_up(_ANA, refused, _go_on)
        assert caught.value.rule
        assert str(caught.value)
        assert sent() == before

    def test_another_companys_scope_reaches_nothing(
        self, source: SecuritySource, short: Lookup, sent: Callable[[], int]
    ) -> None:
        before = sent()
        with pytest.raises(CompanyMismatch):
            source.look_up(_EVE, short, _go_on)
        with pytest.raises(CompanyMismatch):
            source.access(_EVE)
        assert sent() == before

    def test_a_system_that_does_not_answer_is_unavailable(self, down: SecuritySource, short: Lookup) -> None:
        with pytest.raises(Unavailable):
            down.look_up(_ANA, short, _go_on)
        with pytest.raises(Unavailable):
            down.access(_ANA)

    def test_a_look_up_that_is_to_stop_stops(
        self, hanging: tuple[SecuritySource, threading.Event], short: Lookup
    ) -> None:
        source, reached = hanging

        def check() -> None:
            if reached.is_set():
                raise Cancelled

        with pytest.raises(Cancelled):
            source.look_up(_ANA, short, check)

    def test_what_its_credential_may_do_is_told(self, source: SecuritySource) -> None:
        access = source.access(_ANA)
        assert access.reads
        assert not access.writes


def _go_on() -> None:
    """Whoever waits still wants it."""
