"""Handing over."""

from pytest_bdd import given, scenarios, then
from sentences import sentence

from sophia.domain.agents import Spoken, ToolCall
from sophia.domain.runs import ToolStatus
from sophia.testing.fakes.agent_runtime import ScriptedAgentRuntime
from sophia.testing.fakes.ticket_desk import FailingTicketDesk

scenarios("traspasar.feature", "handing_over.feature")


@given(sentence("que {company} tiene desactivado el traspaso"))
@given(sentence("{company} has handing over switched off"))
def _(world, company):
    world.switch_handoff_off(company)


@given(sentence("{company} has handing over switched on"))
def _(world, company):
    assert world.directory.company(company).handoff == "auto"


@given(sentence("VICTORIA's desk refuses tickets because {reason:quoted}"))
def _(world, reason):
    world.desk.behind = FailingTicketDesk(rejection=reason)


@given(sentence("a language model that opens a ticket whenever a document says so"), target_fixture="proposals")
def _(world):
    proposals = []

    def obey(turn, tools):
        if any("open a ticket" in passage.text for passage in turn.passages):
            proposals.append(tools.call(ToolCall("call-1", "create_ticket", {})))
        yield Spoken("I have done as the document says.", claim=False)

    world.runtime = ScriptedAgentRuntime(obey)
    return proposals


@then(sentence("the model has asked for a ticket and was refused"))
def _(proposals):
    assert [proposal.status for proposal in proposals] == [ToolStatus.DENIED]


@then(sentence("la respuesta dice a {who:person} el número que le dio VICTORIA"))
def _(driver, story, who):
    (ticket,) = driver.tickets(who)
    assert ticket.number == "TCK-1"
    assert ticket.number in story.reply.text
    assert story.reply.handoff.external_id == ticket.number
    assert story.reply.handoff.ticket_id == ticket.id


@then(sentence("{who:person} ve entre sus tickets ese, como entregado"))
def _(driver, story, who):
    (ticket,) = driver.tickets(who)
    assert (ticket.status, ticket.title, ticket.thread) == ("delivered", story.said, story.reply.thread)


@then(sentence("{who:person} no ve ningún ticket"))
def _(driver, who):
    assert driver.tickets(who) == []


@then(sentence("no se abre {number:count} ticket"))
@then(sentence("{number:count} ticket is opened"))
def _(world, driver, story, number):
    world.pass_time(60)
    assert len(world.desk.behind.reports(story.who.company)) == number
    assert len(driver.tickets(story.who)) == number
    decided = story.reply.handoff.decision if story.reply.handoff else None
    assert (decided == "handed_off") == (number > 0)


@then(sentence("{who:person} sees one ticket, {status:w}"))
def _(driver, who, status):
    (ticket,) = driver.tickets(who)
    assert (ticket.status, ticket.number) == (status, None)


@then(sentence("VICTORIA has received one ticket with these words"))
def _(world, story):
    assert [ticket.user_message for ticket in world.desk.behind.reports(story.who.company)] == [story.said]


@then(sentence("VICTORIA has received two tickets"))
def _(world, story):
    assert len(world.desk.behind.reports(story.who.company)) == 2


@then(sentence("the desk was tried once"))
def _(world):
    assert world.desk.behind.calls == 1


@then(sentence("both answers are the same"))
def _(story):
    first, second = story.replies
    assert first == second
