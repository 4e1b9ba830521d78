"""Handing over."""

import pytest
from answers import CLASSES
from pytest_bdd import given, scenarios, then, when
from sentences import sentence

from sophia.bootstrap.settings import TargetSettings
from sophia.domain.agents import Cited, Spoken, ToolCall
from sophia.domain.asked import Category
from sophia.domain.citation import Quote
from sophia.domain.runs import ToolStatus
from sophia.domain.tenancy import Permission
from sophia.testing.fakes.agent_runtime import ScriptedAgentRuntime
from sophia.testing.fakes.ticket_desk import FailingTicketDesk

scenarios("traspasar.feature", "confirmar.feature", "handing_over.feature", "deciding.feature")

PRIORITIES = {"normal": "normal", "alta": "high"}
OUTCOMES = {
    "a ticket": ("handed_off", False),
    "a question": ("confirmation_required", False),
    "an answer, and a question": ("confirmation_required", True),
    "a refusal": ("declined", False),
    "an answer": (None, True),
}


@given(sentence("que {company} tiene desactivado el traspaso"))
@given(sentence("{company} has handing over switched off"))
def _(world, company):
    world.set_handoff(company, "off")


@given(sentence("que {company} tiene el traspaso en {setting:quoted}"))
@given(sentence("{company} has handing over set to {setting:quoted}"))
def _(world, company, setting):
    world.set_handoff(company, setting)


@given(sentence("que {who:person} ha perdido el permiso para pasar peticiones"))
def _(world, who):
    world.withdraw(who, Permission.HANDOFF)


@given(sentence("SOPHIA cannot tell whether {said:quoted} is a request"))
def _(world, said):
    world.doubt(said)


@given(sentence("{company} has handing over switched on"))
def _(world, company):
    assert world.directory.company(company).handoff == "auto"


@given(sentence("VICTORIA's desk opens the ticket but the answer is lost the first time"))
def _(world):
    world.desk.behind = FailingTicketDesk(failures=1, lost=True)


@given(sentence("que la mesa de VICTORIA rechaza los tickets porque {reason:quoted}"))
@given(sentence("VICTORIA's desk refuses tickets because {reason:quoted}"))
def _(world, reason):
    world.desk.behind = FailingTicketDesk(rejection=reason)


@pytest.fixture
def language_model(world):
    """Puts a model in place that asks for a ticket if what it reads makes it, and then answers by quoting.

    Gives what became of its wishes.
    """

    def place(wants):
        wishes = []

        def play(turn, tools):
            if wants([passage.text for passage in turn.passages]):
                wishes.append(tools.call(ToolCall("call-1", "create_ticket", {})))
            best = turn.passages[0]
            yield Cited(Quote(1, best, best.start, best.end, best.text))
            yield Spoken(f"{best.text} [1]")

        world.runtime = ScriptedAgentRuntime(play)
        return wishes

    return place


@given(sentence("a language model that opens a ticket whenever a document says so"), target_fixture="wishes")
def _(language_model):
    return language_model(lambda texts: any("open a ticket" in text for text in texts))


@given(sentence("no language model"), target_fixture="wishes")
def _():
    return []


@given(sentence("a language model that wants no ticket"), target_fixture="wishes")
def _(language_model):
    return language_model(lambda _: False)


@given(sentence("a language model that wants a ticket"), target_fixture="wishes")
def _(language_model):
    return language_model(lambda _: True)


@when(sentence("{who:person} says {said:quoted}"))
def _(driver, story, who, said):
    story.tell(who, said, lambda: driver.ask(who, said))


@then(sentence("what becomes of it is {outcome}"))
def _(world, driver, story, outcome):
    decision, answered = OUTCOMES[outcome]
    reply = story.reply
    assert (reply.handoff and reply.handoff.decision) == decision
    assert bool(reply.citations) == answered
    assert ("Shall I open a ticket" in reply.text) == (decision == "confirmation_required")
    world.pass_time(60)
    tickets = 1 if decision == "handed_off" else 0
    assert len(world.desk.behind.reports(story.who.company)) == len(driver.tickets(story.who)) == tickets


@then(sentence("the model's wish for a ticket, if it had one, changed nothing"))
def _(world, story, wishes):
    decision = story.reply.handoff.decision if story.reply.handoff else "refused"
    assert [wish.content["outcome"] for wish in wishes] in ([], [decision])
    assert [wish.status for wish in wishes] in ([], [ToolStatus.DENIED])


@then(sentence("the model was told {reason:quoted}"))
def _(wishes, reason):
    assert [wish.content for wish in wishes] == [{"outcome": "refused", "reason": reason}]


@then(sentence("the record of {company} says that a model's wish for a ticket was refused"))
def _(world, story, company):
    scope = world.sophia.scope(company, "grace")
    with world.sophia.records.read(scope) as tx:
        (refused,) = [e.event for e in tx.audit.entries() if e.event.action == "handoff.refused"]
    assert (refused.subject, refused.details) == (story.reply.run, {"reason": "only_proposed"})


@given(sentence("what is to be changed is for NETWORK, and all else for VICTORIA"))
def _(world):
    others = (Category.PROVISIONING, Category.TROUBLESHOOTING)
    world.targets = (TargetSettings("VICTORIA", others), TargetSettings("NETWORK", (Category.CHANGE,)))


@then(sentence("the tickets are:"))
def _(world, driver, story, datatable):
    _, *rows = datatable
    received = world.desk.behind.reports(story.who.company)
    assert [[ticket.target, ticket.title, ticket.category] for ticket in received] == rows
    assert all(words in ticket.user_message for ticket in received for a in ticket.actions for words in a.objects)
    assert len({ticket.key for ticket in received}) == len(driver.tickets(story.who)) == len(rows)


@then(sentence("the answer tells of both"))
def _(story):
    numbers = [f"The ticket is TCK-{n}." for n in (1, 2)]
    assert all(number in story.reply.text for number in numbers)
    assert [(h.target, h.external_id) for h in story.reply.handoffs] == [("VICTORIA", "TCK-1"), ("NETWORK", "TCK-2")]
    assert story.reply.handoff == story.reply.handoffs[0]


@then(sentence("el motivo que se da es {reason:quoted}"))
@then(sentence("the reason given is {reason:quoted}"))
def _(story, reason):
    assert story.reply.handoff.reason == reason


@then(sentence("VICTORIA recibe un ticket de clase {category} con las palabras {said:quoted}"))
def _(world, driver, story, category, said):
    (ticket,) = world.desk.behind.reports(story.who.company)
    assert (ticket.category, ticket.user_message, ticket.title) == (CLASSES[category], said, said)
    assert ticket.actions
    (slip,) = driver.tickets(story.who)
    assert (slip.id, slip.thread) == (ticket.id, story.reply.thread)


@then(sentence("VICTORIA no recibe {number:count} ticket"))
@then(sentence("VICTORIA recibe {number:count} ticket"))
@then(sentence("VICTORIA recibe {number:count} tickets"))
def _(world, story, number):
    world.pass_time(60)
    assert len(world.desk.behind.reports(story.who.company)) == number


@then(sentence("la mesa se ha intentado dos veces"))
def _(world):
    assert world.desk.behind.calls == 2


@then(sentence("el ticket tiene prioridad {priority:w} porque {reason:quoted}"))
def _(world, story, priority, reason):
    (ticket,) = world.desk.behind.reports(story.who.company)
    assert (ticket.priority, ticket.priority_reason) == (PRIORITIES[priority], reason)


@then(sentence("con él va lo que dice {name:quoted}: {words:quoted}"))
def _(world, driver, story, name, words):
    (ticket,) = world.desk.behind.reports(story.who.company)
    documents = {document.id: document.name for document in driver.documents(story.who)}
    (enclosed,) = [one for one in ticket.enclosures if words in one.text]
    assert (documents[enclosed.document_id], enclosed.source) == (name, "docs")
    assert enclosed.text in " ".join(
        driver.document_text(story.who, enclosed.document_id, enclosed.document_version).split()
    )


@then(sentence("en lo que se pide no aparece {words:quoted}"))
def _(world, story, words):
    (ticket,) = world.desk.behind.reports(story.who.company)
    assert words not in f"{ticket.title} {ticket.user_message} {ticket.actions} {ticket.priority_reason}"


@then(sentence("el ticket pide {one:quoted} y {another:quoted}"))
def _(driver, story, one, another):
    (slip,) = driver.tickets(story.who)
    assert slip.actions == (one, another)


@then(sentence("the model has asked for a ticket and was refused"))
def _(wishes):
    assert [wish.status for wish in wishes] == [ToolStatus.DENIED]


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
