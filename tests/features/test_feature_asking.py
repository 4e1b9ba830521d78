"""Asking, abstaining and remembering."""

import pytest
from answers import assert_quotes
from drivers import Refused
from pytest_bdd import given, scenarios, then, when
from sentences import sentence

scenarios("preguntar.feature", "asking.feature", "abstenerse.feature", "abstaining.feature")

LANGUAGES = {"español": "es", "Spanish": "es", "inglés": "en", "English": "en"}
NEAR = {"es": "Lo más cercano que tengo", "en": "The nearest I have"}


@given(sentence("que el cálculo del significado no responde"))
def _(world):
    world.embedder.working = False


@when(sentence("{who:person} escucha la respuesta a {said:quoted}"), target_fixture="heard")
def _(driver, story, who, said):
    heard = driver.listen(who, said)
    story.tell(who, said, lambda: heard.reply)
    return heard


@when(sentence("{who:person} busca en su historial {said:quoted}"), target_fixture="found")
def _(driver, who, said):
    return driver.search(who, said)


@then(sentence("si {who:person} vuelve a preguntar lo mismo, la respuesta cita {words:quoted} de {name:quoted}"))
def _(driver, story, who, words, name):
    assert_quotes(driver, who, driver.ask(who, story.said), words, name)


@then(sentence("la respuesta está en {language} y empieza por {beginning:quoted}"))
@then(sentence("the answer is in {language} and begins with {beginning:quoted}"))
def _(story, language, beginning):
    assert story.reply.language == LANGUAGES[language]
    assert story.reply.text.startswith(beginning)


@then(sentence("lo que ha oído es la respuesta entera, con sus citas"))
def _(heard):
    assert "".join(heard.pieces) == heard.reply.text
    assert heard.reply.citations


@then(sentence("la respuesta no ofrece nada como cercano"))
@then(sentence("the answer offers nothing as near"))
def _(story):
    assert NEAR[story.reply.language] not in story.reply.text


@then(sentence("la respuesta ofrece como cercano {section:quoted} de {title:quoted}"))
@then(sentence("the answer offers as near {section:quoted} of {title:quoted}"))
def _(story, section, title):
    _, offers, near = story.reply.text.partition(NEAR[story.reply.language])
    assert offers
    assert any(section in line and title in line for line in near.splitlines())


@then(sentence("lo primero que encuentra de lo suyo es {said:quoted}"))
def _(found, said):
    assert next(message.text for message in found if message.role == "user") == said


@then(sentence("{who:person} no encuentra nada al buscar en su historial {said:quoted}"))
def _(driver, who, said):
    assert driver.search(who, said) == []


@then(sentence("{who:person} no puede leer ese hilo ni seguirlo"))
def _(driver, story, who):
    for attempt in (
        lambda: driver.messages(who, story.reply.thread),
        lambda: driver.ask(who, "¿y entonces?", thread=story.reply.thread),
    ):
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.code == "not-found"
