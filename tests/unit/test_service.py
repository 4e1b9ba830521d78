"""A service that plays turns: how many at once, when it is left alone, and what is counted of it."""

import threading

import pytest

from sophia.adapters.model import service
from sophia.adapters.model.errors import OutOfTime, Transient
from sophia.adapters.model.figures import Uncounted
from sophia.adapters.model.service import Service
from sophia.adapters.telemetry.metrics import Metrics
from sophia.adapters.telemetry.observed import ObservedService
from sophia.errors import Cancelled, Unavailable


def goes_on():
    """Nobody stops."""


@pytest.fixture
def metrics():
    return Metrics(None, "1")


@pytest.fixture
def figures(metrics):
    return ObservedService(metrics, "there")


def told(metrics):
    """The series of services, but for their times: what is not zero."""
    lines = metrics.exposition(None).decode().splitlines()
    series = (line.rpartition(" ") for line in lines if line.startswith("sophia_agent_service_"))
    return {
        name.removeprefix("sophia_agent_service_"): float(value)
        for name, _, value in series
        if float(value) and "_created" not in name and "_seconds" not in name
    }


def calling(there, error=None, operation="ask"):
    with there.calling(operation):
        if error is not None:
            raise error


def test_so_many_turns_at_once_and_the_others_wait(metrics, figures):
    there = Service("there", 2, figures)
    inside, leave = threading.Semaphore(0), threading.Event()

    def play():
        with there.turn(goes_on):
            inside.release()
            leave.wait(30)

    turns = [threading.Thread(target=play) for _ in range(3)]
    for turn in turns:
        turn.start()
    for _ in range(2):
        assert inside.acquire(timeout=30)
    assert not inside.acquire(timeout=0.3)
    assert told(metrics) == {'turns{service="there"}': 2, 'turns_waiting{service="there"}': 1}
    leave.set()
    for turn in turns:
        turn.join()
    assert inside.acquire(timeout=0)
    assert told(metrics) == {}


def test_who_waits_for_a_place_can_be_stopped(metrics, figures):
    there = Service("there", 1, figures)

    def stop():
        raise Cancelled

    with there.turn(goes_on):
        with pytest.raises(Cancelled), there.turn(stop):
            pytest.fail("there was no place")
        assert told(metrics) == {'turns{service="there"}': 1}
    with there.turn(stop):  # it does not have to wait
        pass
    with pytest.raises(ZeroDivisionError), there.turn(goes_on):
        raise ZeroDivisionError
    with there.turn(goes_on):
        pass


def test_how_requests_end_is_counted(metrics, figures):
    there = Service("there", 1, figures)
    calling(there)
    for error in (Transient("there", "x"), Unavailable("there", "x"), Cancelled(), OutOfTime("there", "x")):
        with pytest.raises(type(error)):
            calling(there, error)
    there.retried()
    assert told(metrics) == {
        'calls_total{operation="ask",outcome="done",service="there"}': 1,
        'calls_total{operation="ask",outcome="failed",service="there"}': 1,
        'calls_total{operation="ask",outcome="refused",service="there"}': 1,
        'calls_total{operation="ask",outcome="stopped",service="there"}': 2,
        'retries_total{service="there"}': 1,
    }
    text = metrics.exposition(None).decode()
    assert 'sophia_agent_service_calls_total{operation="ask",outcome="left_alone",service="there"} 0.0' in text
    assert 'sophia_agent_service_call_seconds_count{operation="ask",service="there"} 5.0' in text


def test_after_ten_failures_in_a_row_it_is_left_alone_for_a_while(metrics, figures, monkeypatch):
    monkeypatch.setattr(service, "_REST", 60)
    there = Service("there", 1, figures)
    for _ in range(9):
        with pytest.raises(Transient):
            calling(there, Transient("there", "x"))
    calling(there)  # not in a row
    for _ in range(10):
        with pytest.raises(Transient):
            calling(there, Transient("there", "x"))
    with pytest.raises(Unavailable, match="left alone") as caught:
        calling(there, operation="another")
    assert caught.value.retry_after == 60
    assert told(metrics)['breakers_open{service="there"}'] == 1
    assert told(metrics)['calls_total{operation="another",outcome="left_alone",service="there"}'] == 1
    for breaker in (there._all, *there._each.values()):
        breaker.reset_timeout = 0  # the while is over
    with pytest.raises(Transient):
        calling(there, Transient("there", "it still fails"))
    assert told(metrics)['breakers_open{service="there"}'] == 1
    calling(there)
    assert 'breakers_open{service="there"}' not in told(metrics)


def test_what_always_fails_is_left_alone_though_looks_between_succeed(metrics, figures, monkeypatch):
    monkeypatch.setattr(service, "_REST", 0.2)
    there = Service("there", 1, figures)
    for _ in range(10):
        with pytest.raises(Transient):
            calling(there, Transient("there", "x"), operation="begin")
        calling(there, operation="look")
    with pytest.raises(Unavailable, match="left alone"):
        calling(there, operation="begin")
    calling(there, operation="look")
    assert told(metrics)['breakers_open{service="there"}'] == 1
    threading.Event().wait(0.3)
    calling(there, operation="begin")
    assert 'breakers_open{service="there"}' not in told(metrics)


def test_answers_that_refuse_leave_it_open(metrics):
    there = Service("there", 1, Uncounted())
    for _ in range(30):
        with pytest.raises(Unavailable, match="x"):
            calling(there, Unavailable("there", "x"))
    assert told(metrics) == {}


def test_its_series_begin_at_zero(metrics, figures):
    text = metrics.exposition(None).decode()
    for name in ("retries_total", "turns", "turns_waiting", "breakers_open"):
        assert f'sophia_agent_service_{name}{{service="there"}} 0.0' in text
