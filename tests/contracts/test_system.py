"""The suites of clocks and ids, over the fakes and the system's own."""

from datetime import UTC, datetime, timedelta

import pytest

from sophia.adapters.system import SystemClock, UlidIds
from sophia.testing.contracts.system import ClockContract, IdsContract
from sophia.testing.fakes.system import FrozenClock, SequentialIds


class TestSystemClock(ClockContract):
    @pytest.fixture
    def clock(self):
        return SystemClock()

    def test_it_is_near_the_systems(self, clock):
        assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


class TestFrozenClock(ClockContract):
    @pytest.fixture
    def clock(self):
        return FrozenClock()

    def test_it_moves_when_told(self, clock):
        begun = clock.now()
        assert clock.now() == begun
        assert clock.advance(1.5) == begun + timedelta(seconds=1.5)
        clock.set(begun + timedelta(days=1))
        assert clock.now() == begun + timedelta(days=1)
        with pytest.raises(ValueError, match="never goes back"):
            clock.set(begun)


class TestUlidIds(IdsContract):
    @pytest.fixture
    def ids(self):
        return UlidIds()

    def test_two_processes_do_not_collide(self):
        one, other = UlidIds(), UlidIds()
        assert not {one.new("run") for _ in range(1000)} & {other.new("run") for _ in range(1000)}


class TestSequentialIds(IdsContract):
    @pytest.fixture
    def ids(self):
        return SequentialIds()
