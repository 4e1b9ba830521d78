"""What every `TicketDesk` keeps."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from attrs import evolve

from sophia.domain.asked import Action, Category
from sophia.domain.tickets import Priority, Ticket
from sophia.errors import TicketRejected, Unanswered, Unavailable
from sophia.ports.ticket_desk import TicketDesk

__all__ = ["TicketDeskContract"]


class TicketDeskContract:
    """Override ``desk`` and, for what is behind a network or can refuse, the others."""

    @pytest.fixture
    def desk(self) -> TicketDesk:
        """A desk that takes tickets."""
        raise NotImplementedError

    @pytest.fixture
    def forgetful(self) -> TicketDesk:
        """A desk that takes the first ticket it is sent, and whose first answer is lost."""
        pytest.skip("whose answer comes with the call loses none")

    @pytest.fixture
    def busy(self) -> TicketDesk:
        """A desk that takes no ticket at first and asks to be left alone for 7 seconds, and then takes what comes."""
        pytest.skip("it always takes tickets")

    @pytest.fixture
    def refusing(self) -> TicketDesk:
        """A desk that refuses every ticket, because there is ``no such category``."""
        pytest.skip("it takes every ticket")

    def ticket(self, key: str = "acme/thr_1/run_1/VICTORIA", company_id: str = "acme") -> Ticket:
        """A ticket; its key is unique within its company."""
        return Ticket(
            id=f"tkt_{key}",
            key=key,
            target="VICTORIA",
            company_id=company_id,
            user_id="ana",
            thread_id="thr_1",
            run_id="run_1",
            category=Category.PROVISIONING,
            priority=Priority.NORMAL,
            title="Alta de ana en la VPN",
            user_message="Dad de alta a ana en la VPN ñ 🔐",
            actions=(Action("Dad de alta", ("ana", "VPN")),),
            language="es",
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
        )

    def test_the_same_key_is_the_same_ticket(self, desk: TicketDesk) -> None:
        number = desk.open(self.ticket())
        assert number
        assert desk.open(self.ticket()) == number
        assert desk.open(evolve(self.ticket(), title="worded otherwise")) == number

    def test_another_key_is_another_ticket(self, desk: TicketDesk) -> None:
        assert len({desk.open(self.ticket(f"k{n}")) for n in range(5)}) == 5

    def test_a_ticket_whose_answer_was_lost_is_the_same_when_it_comes_again(self, forgetful: TicketDesk) -> None:
        with pytest.raises(Unanswered):
            forgetful.open(self.ticket("k1"))
        other = forgetful.open(self.ticket("k2"))
        number = forgetful.open(self.ticket("k1"))
        assert number != other
        assert forgetful.open(self.ticket("k1")) == number

    def test_a_ticket_that_was_not_taken_may_come_again(self, busy: TicketDesk) -> None:
        with pytest.raises(Unavailable) as caught:
            busy.open(self.ticket())
        assert not isinstance(caught.value, Unanswered)
        assert caught.value.retry_after == 7
        assert busy.open(self.ticket())

    def test_a_refusal_says_why_and_stands(self, refusing: TicketDesk) -> None:
        for _ in range(2):
            with pytest.raises(TicketRejected, match="no such category"):
                refusing.open(self.ticket())

    def test_of_many_that_open_one_ticket_at_once_all_get_its_number(self, desk: TicketDesk) -> None:
        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(lambda _: desk.open(self.ticket()), range(16)))) == 1

    def test_of_many_tickets_opened_at_once_each_gets_a_number(self, desk: TicketDesk) -> None:
        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(lambda n: desk.open(self.ticket(f"k{n}")), range(16)))) == 16
