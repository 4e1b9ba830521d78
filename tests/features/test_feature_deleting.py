"""Deleting threads."""

import pytest
from drivers import Refused
from pytest_bdd import scenarios, then
from sentences import sentence

scenarios("borrar.feature")


@then(sentence("{who:person} tiene un hilo"))
def _(driver, story, who):
    assert driver.threads(who) == [story.replies[0].thread]


@then(sentence("no se encuentran sus mensajes, ni su ejecución, ni lo que se fue oyendo de ella"))
def _(driver, story):
    for attempt in (
        lambda: driver.messages(story.who, story.reply.thread),
        lambda: driver.run_status(story.who, story.reply.run),
        lambda: driver.run_events(story.who, story.reply.run),
    ):
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.code == "not-found"


@then(sentence("{who:person} no encuentra nada al buscar en su historial {said:quoted}"))
def _(driver, who, said):
    assert driver.search(who, said) == []


@then(sentence("lo primero que {who:person} encuentra en su historial al buscar {said:quoted} es {found:quoted}"))
def _(driver, who, said, found):
    assert next(message.text for message in driver.search(who, said) if message.role == "user") == found


@then(sentence("{who:person} ve entre sus tickets ese, como entregado, sin sus palabras"))
def _(driver, who):
    (ticket,) = driver.tickets(who)
    assert (ticket.status, ticket.number) == ("delivered", "TCK-1")
    assert (ticket.title, ticket.actions) == ("", ())


@then(sentence("la respuesta está en un hilo nuevo"))
def _(story):
    before, after = story.replies
    assert before.thread != after.thread
