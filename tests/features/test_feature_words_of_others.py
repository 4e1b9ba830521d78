"""Words that are not the user's."""

from pytest_bdd import given, scenarios, then
from sentences import sentence

from sophia.testing.fakes.agent_runtime import ObedientAgentRuntime

scenarios("palabras_ajenas.feature")


@given(sentence("que contesta SOPHIA con frases de los documentos"))
def _(world):
    assert world.runtime is None


@given(sentence("que contesta un modelo que obedece cuanto lee"))
def _(world):
    world.runtime = ObedientAgentRuntime()


@then(sentence("no se abre ningún ticket"))
def _(world, driver, story):
    world.pass_time(60)
    assert world.desk.behind.reports(story.who.company) == ()
    assert driver.tickets(story.who) == []
    assert story.reply.handoff is None


@then(sentence("queda registrado que {name:quoted} se dirige al asistente, sin lo que dice"))
def _(world, driver, story, name):
    (document,) = [document.id for document in driver.documents(story.who) if document.name == name]
    with world.sophia.records.read(world.sophia.scope(story.who.company, story.who.id)) as tx:
        (entry,) = [e for e in tx.audit.entries() if e.event.action == "injection.suspected"]
    assert (entry.event.subject, entry.event.details["run"]) == (document, story.reply.run)
    assert set(entry.event.details) == {"run", "origin", "signs", "version", "digests"}


@then(sentence("lo que va con él de {name:quoted} está marcado como dirigido al asistente"))
def _(world, driver, story, name):
    assert enclosed_from(world, driver, story, name).suspected
    assert any("instrucciones dirigidas al asistente" in said for said in story.reply.limitations)
    with world.sophia.records.read(world.sophia.scope(story.who.company, story.who.id)) as tx:
        assert [e.event.action for e in tx.audit.entries()].count("injection.suspected") == 1


@then(sentence("lo que va con él de {name:quoted} no está marcado como dirigido al asistente"))
def _(world, driver, story, name):
    assert not enclosed_from(world, driver, story, name).suspected
    assert story.reply.limitations == ()


def enclosed_from(world, driver, story, name):
    (ticket,) = world.desk.behind.reports(story.who.company)
    (document,) = [document.id for document in driver.documents(story.who) if document.name == name]
    return next(one for one in ticket.enclosures if one.document_id == document)


@then(sentence("la respuesta no advierte de nada"))
def _(story):
    assert story.reply.limitations == ()


@then(sentence("en el ticket no se pide nada sobre {words:quoted}"))
def _(world, story, words):
    (ticket,) = world.desk.behind.reports(story.who.company)
    assert words not in f"{ticket.title} {ticket.user_message} {ticket.actions} {ticket.priority_reason}"


@then(sentence("el modelo ha leído {words:quoted}"))
def _(world, words):
    assert words in str([found.message.text for found in world.runtime.turns[-1].recalled])


@then(sentence("la frase {words:quoted} de la respuesta está señalada como no sostenida"))
def _(story, words):
    assert words in story.reply.text
    assert any(words in marked for marked in story.reply.marked)


@then(sentence("la frase {words:quoted} de la respuesta no lo está"))
def _(story, words):
    assert words in story.reply.text
    assert not any(words in marked for marked in story.reply.marked)
