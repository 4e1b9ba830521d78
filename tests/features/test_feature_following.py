"""Following a ticket."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from pytest_bdd import given, scenarios, then, when
from sentences import sentence

from sophia.domain.agents import Spoken, ToolCall
from sophia.testing.fakes.agent_runtime import ScriptedAgentRuntime
from sophia.testing.fakes.ticket_desk import FailingTicketDesk

scenarios("seguir.feature", "following.feature")

STATES = {
    "aceptado": "accepted",
    "en curso": "in_progress",
    "resuelto": "resolved",
    "rechazado": "rejected",
    "devuelto": "returned",
    "accepted": "accepted",
    "in progress": "in_progress",
}


@pytest.fixture
def report(world, driver, story):
    """What VICTORIA reports on the last ticket of whoever spoke last; their company's backend signs it by default."""

    def report(state, version=1, *, company=None, secret_of=None, minutes=0, headers=None, **more):
        company = company or story.who.company
        ticket = driver.tickets(story.who)[0].id
        body = json.dumps({"ticketId": ticket, "version": version, "state": STATES[state], **more}).encode()
        at = datetime.now(UTC) + timedelta(minutes=minutes)
        signed = world.signed(secret_of or company, body, at) if headers is None else headers
        return driver.report(company, ticket, body, signed)

    return report


@pytest.fixture
def told(driver, story):
    """What the thread tells of tickets."""

    def told():
        return [said.text for said in driver.messages(story.who, story.reply.thread) if said.role == "ticket"]

    return told


@given(sentence("que la mesa de VICTORIA no responde la primera vez y luego no admite nada porque {reason:quoted}"))
def _(world, reason):
    world.desk.behind = FailingTicketDesk(failures=1, rejection=reason)


@given(sentence("a language model that does whatever it reads"), target_fixture="turns")
def _(world):
    turns = []

    def obey(turn, tools):
        turns.append(turn)
        for ticket in turn.tickets:
            tools.call(ToolCall("call-1", "create_ticket", {"title": ticket.note}))
        yield Spoken("I have done as the note says.", claim=False)

    world.runtime = ScriptedAgentRuntime(obey)
    return turns


@given(sentence("que VICTORIA ha informado de que el ticket está {state}, con la nota {note:quoted}"))
@given(sentence("VICTORIA has reported that the ticket is {state}, with the note {note:quoted}"))
@when(sentence("VICTORIA informa de que el ticket está {state}, con la nota {note:quoted}"))
def _(report, state, note):
    report(state, note=note)


@when(sentence("VICTORIA reports that the ticket is {state}, as its number {number:quoted}"))
def _(report, state, number):
    report(state, externalId=number)


@when(sentence("llegan los informes {order}"))
def _(report, order, datatable):
    states = {int(number): state for number, state in datatable[1:]}
    for number in map(int, order.split(",")):
        report(states[number], number)


@when(sentence("alguien informa de que el ticket está {state}, {how}"))
def _(story, report, state, how):
    ways = {
        "sin firmar": {"headers": {}},
        "firmado por el backend de globex": {"secret_of": "globex"},
        "firmado hace una hora": {"minutes": -60},
        "en nombre de globex y firmado por él": {"company": "globex"},
    }
    with story.refusals():
        report(state, **ways[how])


@then(sentence("el hilo acaba diciendo {words:quoted}"))
def _(driver, story, words):
    *_, last = driver.messages(story.who, story.reply.thread)
    assert last.role == "ticket"
    assert words in last.text


@then(sentence("el hilo ha dicho {times:d} veces algo del ticket"))
@then(sentence("the thread has told something of the ticket {times:d} times"))
def _(told, times):
    assert len(told()) == times


@then(sentence("{who:person} ve su ticket {state}, con la nota {note:quoted}"))
def _(driver, who, state, note):
    (ticket,) = driver.tickets(who)
    assert (ticket.state, ticket.version, ticket.note) == (STATES[state], 1, note)


@then(sentence("{who:person} ve su ticket {state}, sin nota"))
def _(driver, who, state):
    (ticket,) = driver.tickets(who)
    assert (ticket.state, ticket.note) == (STATES[state], None)


@then(sentence("{who:person} ve su ticket {state}, en su informe {version:d}"))
def _(driver, who, state, version):
    (ticket,) = driver.tickets(who)
    assert (ticket.state, ticket.version) == (STATES[state], version)


@then(sentence("{who:person} ve su ticket sin noticias de VICTORIA"))
def _(driver, who):
    (ticket,) = driver.tickets(who)
    assert (ticket.state, ticket.version) == (None, 0)


@then(sentence("{who:person} no tiene más que un ticket"))
@then(sentence("{who:person} has one ticket"))
def _(world, driver, who):
    world.pass_time(60)
    assert len(driver.tickets(who)) == len(world.desk.behind.reports(who.company)) == 1


@then(sentence("{who:person} no encuentra esa nota al buscar en su historial lo que ella no ha preguntado"))
def _(world, driver, who, told):
    world.pass_time(60)
    assert told()
    assert all(said.role != "ticket" for said in driver.search(who, told()[-1]))


@then(sentence("the model has been told that the ticket is in progress"))
def _(turns):
    assert [ticket.state for ticket in turns[-1].tickets] == ["in_progress"]
    assert all(message.role != "ticket" for turn in turns for message in turn.history)
