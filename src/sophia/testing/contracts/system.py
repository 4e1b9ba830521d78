"""What every `Clock` and every `Ids` keeps."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from sophia.ports.system import Clock, Ids

__all__ = ["ClockContract", "IdsContract"]


class ClockContract:
    """Override ``clock``."""

    @pytest.fixture
    def clock(self) -> Clock:
        """A clock."""
        raise NotImplementedError

    def test_it_tells_utc(self, clock: Clock) -> None:
        assert clock.now().utcoffset() == timedelta(0)

    def test_it_never_goes_back(self, clock: Clock) -> None:
        times = [clock.now() for _ in range(1000)]
        assert times == sorted(times)


class IdsContract:
    """Override ``ids``."""

    @pytest.fixture
    def ids(self) -> Ids:
        """A maker of ids."""
        raise NotImplementedError

    def test_an_id_is_its_prefix_and_26_characters(self, ids: Ids) -> None:
        assert re.fullmatch(r"run_[0-9a-z]{26}", ids.new("run"))

    def test_later_ids_sort_after_earlier_ones(self, ids: Ids) -> None:
        made = [ids.new("run") for _ in range(5000)]
        assert made == sorted(set(made))

    def test_no_two_threads_get_the_same(self, ids: Ids) -> None:
        with ThreadPoolExecutor(8) as pool:
            made = list(pool.map(lambda _: ids.new("run"), range(4000)))
        assert len(set(made)) == len(made)
