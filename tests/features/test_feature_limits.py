"""Limits of companies and users."""

import pytest
from pytest_bdd import given, scenarios, then, when
from sentences import sentence

from sophia.application.start_run import Question

scenarios("limits.feature")

PATIENCE = 30.0


@pytest.fixture(autouse=True, params=["sqlite", "postgres"])
def open_database(request):
    """What is counted, and who is alone with it, is told on both engines."""
    return request.getfixturevalue("make_postgres") if request.param == "postgres" else None


@pytest.fixture
def under_way(world):
    """Runs that have begun and wait for their turn."""
    waiting = []
    yield waiting
    for started in waiting:
        world.sophia.services.background.play(started).result(PATIENCE)


@given(sentence("a user may send {number:d} requests a minute"))
@given(sentence("a user may send {number:d} request a minute"))
def _(world, number):
    world.limit(user_requests=number)


@given(sentence("a user of {company} may send {number:d} requests a minute"))
def _(world, company, number):
    world.limit(company, user_requests=number)


@given(sentence("a company may send {number:d} requests a minute"))
def _(world, number):
    world.limit(requests=number)


@given(sentence("a user may have {number:d} run at once"))
def _(world, number):
    world.limit(user_runs=number)


@given(sentence("SOPHIA is busy answering {who:person}"))
def _(world, under_way, who):
    question = Question("And what else is there to know?")
    under_way.append(world.sophia.services.start_run(world.sophia.scope(who.company, who.id), question))


@when(sentence("SOPHIA has answered {who:person}"))
def _(world, under_way, who):
    (started,) = under_way
    assert started.held.scope.user_id == who.id
    world.sophia.services.background.play(under_way.pop()).result(PATIENCE)


@when(sentence("{seconds:d} seconds pass"))
def _(world, seconds):
    world.pass_time(seconds)


@then(sentence("she is refused with {code:quoted}, and told to come again within {seconds:d} seconds"))
def _(story, code, seconds):
    assert story.refused.code == code
    assert 0 < story.refused.seconds <= seconds
    story.refused = None


@then(sentence("{who:person} may ask {said:quoted}"))
def _(driver, who, said):
    assert driver.ask(who, said).text
