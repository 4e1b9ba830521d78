"""The suite of ticket desks, over the fakes and the local one."""

import pytest
from attrs import evolve

from sophia.adapters.local_desk import LocalTicketDesk
from sophia.adapters.local_desk.desk import DeskReport
from sophia.adapters.sql import migrate, open_engine
from sophia.errors import TicketRejected, Unavailable
from sophia.testing.contracts.ticket_desk import TicketDeskContract
from sophia.testing.fakes.ticket_desk import FailingTicketDesk, MemoryTicketDesk


class TestMemoryTicketDesk(TicketDeskContract):
    @pytest.fixture
    def desk(self):
        return MemoryTicketDesk()


class TestLocalTicketDesk(TicketDeskContract):
    @pytest.fixture
    def engine(self, tmp_path):
        engine = open_engine(f"sqlite:///{tmp_path}/sophia.db")
        migrate(engine)
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


class TestFailingTicketDesk(TicketDeskContract):
    @pytest.fixture
    def desk(self):
        return FailingTicketDesk()

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
        with pytest.raises(Unavailable):
            desk.open(self.ticket())
        assert len(desk.reports("acme")) == 1
        assert desk.open(self.ticket()) == "TCK-1"

    def test_it_refuses(self):
        with pytest.raises(TicketRejected, match="no such category"):
            FailingTicketDesk(rejection="no such category").open(self.ticket())
