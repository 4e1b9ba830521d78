"""What every system of record keeps of what companies and users have used."""

from datetime import timedelta

from sophia.domain.limits import Counted, Tally, Whose
from sophia.testing.contracts.records_world import ANA, BOB, EVE, RecordsCase, World

__all__ = ["TalliesContract"]

_MINUTE = timedelta(minutes=1)
_WHAT = Counted.REQUESTS


class TalliesContract(RecordsCase):
    """What was used in the present window of time."""

    def test_at_first_nothing_is_used(self, world: World) -> None:
        now = world.clock.now()
        with world.records.read(ANA) as tx:
            for whose in Whose:
                assert tx.tallies.get(_WHAT, whose, now) == Tally(now)

    def test_users_the_company_and_what_is_counted_are_apart(self, world: World) -> None:
        now, more_than_32_bits = world.clock.now(), 10**10
        with world.records.write(ANA) as tx:
            tx.tallies.put(_WHAT, Whose.USER, Tally(now, 1))
            tx.tallies.put(_WHAT, Whose.COMPANY, Tally(now, 2))
            tx.tallies.put(Counted.TOKENS, Whose.USER, Tally(now, more_than_32_bits))
        for scope, own, company in ((ANA, 1, 2), (BOB, 0, 2), (EVE, 0, 0)):
            with world.records.read(scope) as tx:
                assert tx.tallies.get(_WHAT, Whose.USER, now) == Tally(now, own)
                assert tx.tallies.get(_WHAT, Whose.COMPANY, now) == Tally(now, company)
        with world.records.read(ANA) as tx:
            assert tx.tallies.get(Counted.TOKENS, Whose.USER, now).used == more_than_32_bits

    def test_things_of_a_kind_are_apart(self, world: World) -> None:
        now = world.clock.now()
        with world.records.write(ANA) as tx:
            for count, of in ((1, "siem"), (2, "grafana"), (3, "")):
                tx.tallies.put(Counted.LOOKUPS, Whose.COMPANY, Tally(now, count), of)
        with world.records.read(BOB) as tx:
            used = [
                tx.tallies.get(Counted.LOOKUPS, Whose.COMPANY, now, of).used for of in ("siem", "grafana", "", "fw")
            ]
        assert used == [1, 2, 3, 0]

    def test_a_new_window_takes_the_place_of_the_last(self, world: World) -> None:
        now = world.clock.now()
        for began, used in ((now, 1), (now, 2), (now + _MINUTE, 3)):
            with world.records.write(ANA) as tx:
                tx.tallies.put(_WHAT, Whose.USER, Tally(began, used))
            with world.records.read(ANA) as tx:
                assert tx.tallies.get(_WHAT, Whose.USER, began) == Tally(began, used)
        with world.records.read(ANA) as tx:
            assert tx.tallies.get(_WHAT, Whose.USER, now + 2 * _MINUTE) == Tally(now + 2 * _MINUTE)
