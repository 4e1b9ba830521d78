"""Whose turn it is."""

import threading
from collections import Counter
from concurrent.futures import wait

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sophia.bootstrap.fair_pool import FairPool, FairQueue

ASKED = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), max_size=40)


def emptied(queue, count, *, at_once=1):
    """In which order a number of things are done, so many at once; the first to begin is the first to end."""
    order, under_way = [], []
    for _ in range(count):
        if len(under_way) == at_once:
            queue.done(*under_way.pop(0)[:2])
        under_way.append(queue.take())
        order.append(under_way[-1])
    for taken in under_way:
        queue.done(*taken[:2])
    return order


def filled(*asked):
    queue = FairQueue()
    for number, (company, user) in enumerate(asked):
        queue.put(company, user, number)
    return queue


def test_companies_take_turns():
    queue = filled(*[("a", "x")] * 4, ("b", "x"), ("c", "x"), ("b", "x"))
    assert "".join(company for company, *_ in emptied(queue, 7)) == "abcabaa"


def test_within_a_company_its_users_take_turns():
    queue = filled(*[("a", "x")] * 3, ("a", "y"), ("b", "z"))
    assert [user for company, user, _ in emptied(queue, 5) if company == "a"] == ["x", "y", "x", "x"]


def test_whoever_has_more_under_way_waits():
    queue = filled(*[("a", "x")] * 6)
    for _ in range(3):
        queue.take()
    queue.put("b", "x", 6)
    queue.put("b", "y", 7)
    assert [queue.take()[0] for _ in range(4)] == ["b", "b", "a", "a"]


def test_a_newcomer_is_next_however_many_wait_for_another():
    queue = filled(*[("a", str(n)) for n in range(100)])
    taken = queue.take()
    queue.put("b", "x", 100)
    queue.done(*taken[:2])
    assert queue.take()[0] == "b"


@given(ASKED, st.integers(1, 5))
def test_everything_is_done_once_and_what_one_user_asks_for_in_order(asked, at_once):
    order = emptied(filled(*asked), len(asked), at_once=at_once)
    assert sorted(number for *_, number in order) == list(range(len(asked)))
    for who in set(asked):
        numbers = [number for *done, number in order if tuple(done) == who]
        assert numbers == sorted(numbers)


@given(ASKED, st.integers(1, 5))
def test_as_long_as_two_wait_neither_is_served_more(asked, at_once):
    order = emptied(filled(*asked), len(asked), at_once=at_once)
    left = Counter(company for company, _ in asked)
    served: Counter[str] = Counter()
    for company, *_ in order:
        served[company] += 1
        left[company] -= 1
        waiting = [served[other] for other in left if left[other]]
        assert not waiting or max(waiting) - min(waiting) <= 1


@given(st.lists(st.tuples(st.sampled_from("bcd"), st.integers(0, 3)), min_size=1, max_size=60))
def test_nobody_starves_however_fast_others_come(others):
    """Company a waits with one thing and nothing under way; others come and are done, one at a time."""
    queue = filled(*[(company, "x") for company, _ in others[:3]], ("a", "x"))
    served: Counter[str] = Counter()
    for company, more in others:
        for _ in range(more + 1):
            queue.put(company, "x", None)
        taken = queue.take()
        queue.done(*taken[:2])
        if taken[0] == "a":
            break
        served[taken[0]] += 1
    assert max(served.values(), default=0) <= 1


@pytest.fixture
def pool():
    pool = FairPool(2, "test")
    yield pool
    pool.shutdown(wait=True)


def test_it_does_what_it_is_given_and_tells_what_came_of_it(pool):
    def fail():
        raise ZeroDivisionError

    assert pool.submit("a", "x", lambda: 7).result(30) == 7
    with pytest.raises(ZeroDivisionError):
        pool.submit("a", "x", fail).result(30)
    assert pool.submit("a", "x", lambda: 8).result(30) == 8


def test_it_does_no_more_at_once_than_it_has_threads_and_the_quiet_one_next(pool):
    gate, order = threading.Event(), []

    def work(company):
        order.append(company)
        assert gate.wait(30)

    loud = [pool.submit("loud", "x", lambda: work("loud")) for _ in range(20)]
    while len(order) < 2:
        threading.Event().wait(0.001)
    quiet = pool.submit("quiet", "x", lambda: work("quiet"))
    assert order == ["loud", "loud"]
    gate.set()
    wait([*loud, quiet], 30)
    assert order.index("quiet") <= 3
    assert len(order) == 21


def test_what_is_cancelled_before_its_turn_is_not_done(pool):
    gate, done = threading.Event(), []
    held = [pool.submit("a", "x", lambda: gate.wait(30)) for _ in range(2)]
    cancelled = pool.submit("a", "x", lambda: done.append(1))
    assert cancelled.cancel()
    gate.set()
    wait(held, 30)
    assert pool.submit("a", "x", lambda: 9).result(30) == 9
    assert done == []


def test_when_it_is_shut_down_what_waits_is_done_and_nothing_else_is_taken():
    pool, gate = FairPool(1, "test"), threading.Event()
    pool.submit("a", "x", lambda: gate.wait(30))
    waiting = pool.submit("b", "x", lambda: 7)
    pool.shutdown(wait=False)
    with pytest.raises(RuntimeError):
        pool.submit("c", "x", lambda: 8)
    gate.set()
    assert waiting.result(30) == 7
