"""The suite of ticket desks, over the fakes, the local one and the one behind REST."""

from contextlib import contextmanager

import pytest
from attrs import evolve

from databases import open_sqlite
from sophia.adapters.backend.desk import RestTicketDesk
from sophia.adapters.backend.route import Route
from sophia.adapters.local_desk import LocalTicketDesk
from sophia.adapters.local_desk.desk import DeskReport
from sophia.application.credentials import CachedCredential
from sophia.domain.secrets import Secret
from sophia.errors import Unanswered, Unavailable
from sophia.testing.contracts.ticket_desk import TicketDeskContract
from sophia.testing.emulators.backend import BackendEmulator, Fault
from sophia.testing.fakes.ticket_desk import FailingTicketDesk, MemoryTicketDesk


class TestMemoryTicketDesk(TicketDeskContract):
    @pytest.fixture
    def desk(self):
        return MemoryTicketDesk()

    def test_it_can_take_every_ticket_for_a_new_one(self):
        desk = MemoryTicketDesk(honours_keys=False)
        assert [desk.open(self.ticket()) for _ in range(2)] == ["TCK-1", "TCK-2"]


class TestLocalTicketDesk(TicketDeskContract):
    @pytest.fixture
    def engine(self, tmp_path):
        engine = open_sqlite(tmp_path / "sophia.db")
        yield engine
        engine.dispose()

    @pytest.fixture
    def desk(self, engine):
        return LocalTicketDesk(engine)

    def test_it_counts_per_company(self, desk):
        assert [desk.open(self.ticket(key)) for key in ("a", "b", "a")] == ["LOCAL-1", "LOCAL-2", "LOCAL-1"]
        assert desk.open(self.ticket("a", "globex")) == "LOCAL-1"

    def test_it_lists_what_it_received_and_remembers(self, desk, engine):
        first, second = self.ticket("a"), self.ticket("b")
        for ticket in (first, second, evolve(first, title="other")):
            desk.open(ticket)
        expected = (DeskReport("LOCAL-1", first.id), DeskReport("LOCAL-2", second.id))
        assert desk.reports("acme") == expected
        assert LocalTicketDesk(engine).reports("acme") == expected
        assert desk.reports("globex") == ()


class TestLocalTicketDeskOnPostgres(TestLocalTicketDesk):
    @pytest.fixture
    def engine(self, make_postgres):
        return make_postgres()


class TestRestTicketDesk(TicketDeskContract):
    """What is its own is in ``tests/unit/test_backend.py``."""

    @pytest.fixture
    def behind(self):
        @contextmanager
        def behind(*faults, **more):
            with BackendEmulator(faults, token="a-token", **more) as backend:
                yield RestTicketDesk(
                    backend.url, {"VICTORIA": Route("/victoria/report", CachedCredential(lambda: Secret("a-token")))}
                )

        return behind

    @pytest.fixture
    def desk(self, behind):
        with behind() as desk:
            yield desk

    @pytest.fixture(params=["cut", "garbage", "no number", "a gateway's"])
    def forgetful(self, behind, request):
        lost = {
            "cut": Fault(takes=True, cuts=True),
            "garbage": Fault(takes=True, body=b"<html>"),
            "no number": Fault(takes=True, body=b'{"ticketId": null}'),
            "a gateway's": Fault(takes=True, status=504, body=b"<html>"),
        }
        with behind(lost[request.param], repeated=409) as desk:
            yield desk

    @pytest.fixture(params=[429, 503])
    def busy(self, behind, request):
        with behind(Fault(status=request.param, headers={"Retry-After": "7"})) as desk:
            yield desk

    @pytest.fixture(params=[400, 403, 422])
    def refusing(self, behind, request):
        problem = {"Content-Type": "application/problem+json"}
        with behind(*[Fault(request.param, b'{"detail": "no such category"}', problem)] * 2) as desk:
            yield desk


class TestFailingTicketDesk(TicketDeskContract):
    @pytest.fixture
    def desk(self):
        return FailingTicketDesk()

    @pytest.fixture
    def forgetful(self):
        return FailingTicketDesk(1, lost=True)

    @pytest.fixture
    def busy(self):
        return FailingTicketDesk(1, retry_after=7)

    @pytest.fixture
    def refusing(self):
        return FailingTicketDesk(rejection="no such category")

    def test_it_fails_then_answers(self):
        desk = FailingTicketDesk(2)
        for _ in range(2):
            with pytest.raises(Unavailable):
                desk.open(self.ticket())
        assert desk.reports("acme") == ()
        assert desk.open(self.ticket()) == "TCK-1"
        assert desk.calls == 3

    def test_it_can_lose_an_answer_only(self):
        desk = FailingTicketDesk(1, lost=True)
        with pytest.raises(Unanswered):
            desk.open(self.ticket())
        assert len(desk.reports("acme")) == 1
        assert desk.open(self.ticket()) == "TCK-1"
