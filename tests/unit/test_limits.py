"""What companies and users may use, and how it is counted."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from sophia import Sophia
from sophia.application.limits import AdmitRequest, admit_run, count_tokens
from sophia.application.start_run import Question
from sophia.bootstrap.settings import CompanySettings, Settings
from sophia.domain.limits import DAY, MINUTE, NO_LIMITS, KnowledgeSize, Limits, Tally, Whose, beginning
from sophia.errors import LimitExceeded, Unavailable
from sophia.testing.contracts.records_world import ANA, BOB, EVE, SYSTEM, World
from sophia.testing.fakes.embedder import HashingEmbedder
from sophia.testing.fakes.memory import MemoryRecords
from sophia.testing.fakes.system import FrozenClock, SequentialIds

NOON = datetime(2026, 11, 21, 12, 0, 59, tzinfo=UTC)


@pytest.fixture
def world():
    clock = FrozenClock()
    return World(MemoryRecords(clock), clock, SequentialIds())


def at_limit(limits, act):
    with pytest.raises(LimitExceeded) as refused:
        act()
    assert getattr(limits, refused.value.name), "a limit that nobody has set"
    return refused.value


# The values


TIMES = st.integers(0, 4 * 10**9).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(TIMES, st.sampled_from([MINUTE, DAY]))
def test_every_time_lies_in_the_window_that_has_begun(now, length):
    began = beginning(now, length)
    assert began <= now < began + length
    assert beginning(began, length) == began


def test_a_later_window_begins_with_nothing_and_a_clock_that_lags_does_not():
    tally = Tally(NOON, 7)
    assert tally.at(NOON) == tally
    assert tally.at(NOON + MINUTE) == Tally(NOON + MINUTE)
    assert tally.at(NOON - MINUTE) == tally


def test_a_refusal_says_what_there_is_too_much_of_and_when_to_come_again():
    limits = Limits(requests=5, user_requests=3, runs=2, user_runs=1, tokens=1000, user_tokens=10)
    told = [
        limits.no_more_requests(Whose.COMPANY, NOON),
        limits.no_more_requests(Whose.USER, NOON),
        at_limit(limits, lambda: limits.check_runs(Whose.COMPANY, 2)),
        at_limit(limits, lambda: limits.check_runs(Whose.USER, 1)),
        at_limit(limits, lambda: limits.check_tokens(Whose.COMPANY, Tally(NOON, 1000), NOON)),
        at_limit(limits, lambda: limits.check_tokens(Whose.USER, Tally(NOON, 11), NOON)),
    ]
    midnight = 11 * 3600 + 59 * 60 + 1
    assert [(error.name, error.retry_after) for error in told] == [
        ("requests", 1),
        ("user_requests", 1),
        ("runs", 2),
        ("user_runs", 2),
        ("tokens", midnight),
        ("user_tokens", midnight),
    ]
    for error, most in zip(
        told, ("5 requests", "3 requests", "2 runs", "1 runs", "1,000 tokens", "10 tokens"), strict=True
    ):
        assert f"may have at the most {most}" in str(error).replace("at once ", "")
    limits.check_runs(Whose.COMPANY, 1)
    limits.check_tokens(Whose.USER, Tally(NOON, 9), NOON)


def test_without_limits_nothing_is_asked_or_counted():
    assert (NO_LIMITS.of_requests, NO_LIMITS.of_runs, NO_LIMITS.of_tokens) == ({}, {}, {})
    NO_LIMITS.check_growth(KnowledgeSize(), KnowledgeSize(10**6, 10**12))


@pytest.mark.parametrize(
    ("now", "then", "refused"),
    [
        ((2, 50), (3, 100), None),
        ((3, 50), (4, 60), "documents"),
        ((2, 50), (3, 101), "storage"),
        ((3, 100), (3, 90), None),
        ((9, 900), (9, 899), None),  # the limit was lowered: what is there stays, and may shrink
        ((9, 900), (9, 901), "storage"),
        ((9, 900), (10, 10), "documents"),
    ],
)
def test_a_knowledge_base_grows_up_to_its_limits(now, then, refused):
    limits = Limits(documents=3, storage=100)
    if refused is None:
        limits.check_growth(KnowledgeSize(*now), KnowledgeSize(*then))
    else:
        assert at_limit(limits, lambda: limits.check_growth(KnowledgeSize(*now), KnowledgeSize(*then))).name == refused


# Requests


def processes(world, limits, count):
    """As many processes, on the same records."""
    return [AdmitRequest(world.records, lambda _: limits, world.clock) for _ in range(count)]


def admitted(admit, scope, times):
    count = 0
    for _ in range(times):
        try:
            admit(scope)
        except LimitExceeded:
            continue
        count += 1
    return count


def test_one_process_lets_in_what_a_minute_allows(world):
    (admit,) = processes(world, Limits(requests=100), 1)
    for _ in range(3):
        assert admitted(admit, ANA, 300) == 100
        world.clock.advance(MINUTE)


def test_users_and_companies_are_counted_apart(world):
    (admit,) = processes(world, Limits(requests=10, user_requests=6), 1)
    assert admitted(admit, ANA, 50) == 6
    assert admitted(admit, BOB, 50) == 4, "what Ana was refused has cost her company nothing"
    assert admitted(admit, EVE, 50) == 6
    assert admitted(admit, SYSTEM, 50) == 0


def test_sophias_own_work_for_a_company_counts_for_no_user(world):
    (admit,) = processes(world, Limits(requests=10, user_requests=6), 1)
    assert admitted(admit, SYSTEM, 50) == 10


@given(
    limit=st.integers(1, 400),
    asked=st.lists(st.tuples(st.integers(0, 3), st.integers(1, 60), st.integers(0, 25)), max_size=60),
)
def test_several_processes_never_let_in_more_and_a_single_one_never_less(limit, asked):
    clock = FrozenClock()
    world = World(MemoryRecords(clock), clock, SequentialIds())
    several, alone = processes(world, Limits(requests=limit), 4), 0
    minutes: dict[datetime, list[int]] = {}
    for process, times, seconds in asked:
        counts = minutes.setdefault(beginning(clock.now(), MINUTE), [0, 0])
        counts[0] += admitted(several[process], ANA, times)
        counts[1] += times
        clock.advance(seconds)
    drawn_by_others = 3 * -(-limit // 20)
    for alone, wanted in minutes.values():
        assert alone <= limit
        assert alone >= min(wanted, limit - drawn_by_others)


def test_a_clock_that_is_put_back_gives_nothing_anew(world):
    (admit,) = processes(world, Limits(requests=40), 1)
    world.clock.advance(MINUTE)
    assert admitted(admit, ANA, 30) == 30
    admit._clock = FrozenClock()  # where it was a minute ago
    assert admitted(admit, ANA, 30) == 10


def test_threads_of_one_process_share_what_it_has_drawn(world):
    (admit,) = processes(world, Limits(requests=500, user_requests=400), 1)
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: admitted(admit, ANA, 100), range(8))) == 400


def test_a_flood_that_is_refused_costs_the_records_nothing(world, monkeypatch):
    (admit,) = processes(world, Limits(requests=3), 1)
    assert admitted(admit, ANA, 10) == 3

    def fail(_):
        raise Unavailable("database", "it is not to be asked")

    monkeypatch.setattr(world.records, "write", fail)
    assert admitted(admit, ANA, 1000) == 0
    world.clock.advance(MINUTE)
    with pytest.raises(Unavailable):
        admit(ANA)


def test_few_requests_pay_for_a_transaction(world, monkeypatch):
    writes = []
    write = world.records.write
    monkeypatch.setattr(world.records, "write", lambda scope: writes.append(scope) or write(scope))
    (admit,) = processes(world, Limits(requests=1000), 1)
    assert admitted(admit, ANA, 5000) == 1000
    assert len(writes) <= 21


# Runs and tokens


def test_runs_at_once_are_counted_by_user_and_by_company(world):
    limits = Limits(runs=3, user_runs=2)
    for scope, refused in ((ANA, None), (ANA, None), (ANA, "user_runs"), (BOB, None), (BOB, "runs"), (EVE, None)):
        with world.records.write(scope) as tx:
            if refused:
                assert at_limit(limits, lambda tx=tx: admit_run(tx, limits, world.clock.now())).name == refused
                continue
            admit_run(tx, limits, world.clock.now())
        world.run(world.thread(scope), scope)


def test_tokens_are_counted_by_the_day(world):
    limits = Limits(tokens=100, user_tokens=80)

    def spend(scope, tokens):
        with world.records.write(scope) as tx:
            admit_run(tx, limits, world.clock.now())
            count_tokens(tx, tokens, world.clock.now())

    spend(ANA, 79)
    spend(ANA, 5)  # what is under way is finished
    assert at_limit(limits, lambda: spend(ANA, 1)).name == "user_tokens"
    spend(EVE, 100)
    spend(BOB, 16)
    assert at_limit(limits, lambda: spend(BOB, 1)).name == "tokens"
    world.clock.advance(DAY)
    spend(ANA, 1)


def test_a_limit_that_is_set_later_in_the_day_counts_what_was_spent_before(world):
    with world.records.write(ANA) as tx:
        admit_run(tx, NO_LIMITS, world.clock.now())
        count_tokens(tx, 1000, world.clock.now())
        limits = evolve(NO_LIMITS, tokens=1000)
        assert at_limit(limits, lambda: admit_run(tx, limits, world.clock.now())).name == "tokens"


# The way in


def test_a_newcomer_does_not_wait_for_the_crowd_of_another_company(tmp_path):
    gate, reached, begun = threading.Event(), threading.Event(), []

    class Slow(MemoryRecords):
        def write(self, scope):
            begun.append(scope.company_id)
            reached.set()
            assert gate.wait(30)
            threading.Event().wait(0.05)  # long enough for whoever is awake to come to the door
            return super().write(scope)

    companies = (CompanySettings("acme"), CompanySettings("globex"))
    sophia = Sophia(
        Settings(companies=companies, directory=tmp_path), records=Slow(FrozenClock()), embedder=HashingEmbedder()
    )
    start = sophia.services.start_run
    threads = [
        threading.Thread(target=start, args=(sophia.scope(company), Question("How are backups made?")))
        for company in [*["acme"] * 10, "globex"]
    ]
    for thread in threads:
        thread.start()
        assert reached.wait(30)
    while not (start._anterooms.get("globex") or threading.Lock()).locked():  # until it is at the door
        threading.Event().wait(0.001)
    gate.set()
    for thread in threads:
        thread.join(30)
    sophia.close(within=0)
    assert begun.index("globex") <= 2, begun
