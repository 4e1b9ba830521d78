"""What all features share: the surroundings, the two ways in, and the steps that more than one feature uses."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from answers import CLASSES, assert_quotes
from drivers import DRIVERS, Driver, Person, Refused, Reply
from pytest_bdd import given, then, when
from sentences import sentence
from world import EXAMPLES, PEOPLE, World

from sophia.testing.fakes.ticket_desk import FailingTicketDesk


@pytest.fixture(autouse=True, params=DRIVERS)
def way_in(request) -> str:
    """Every scenario runs once for each way in."""
    return request.param


@pytest.fixture
def world(tmp_path, model) -> Iterator[World]:
    world = World(tmp_path, model)
    yield world
    world.close()


@pytest.fixture
def driver(world, way_in) -> Driver:
    return DRIVERS[way_in](world.sophia)


class Story:
    """What has happened in a scenario so far."""

    def __init__(self) -> None:
        self.who = PEOPLE["Ana"]
        self.said = ""
        self.replies: list[Reply] = []
        self.refused: Refused | None = None

    @property
    def reply(self) -> Reply:
        """The last answer."""
        if self.refused is not None:
            refused, self.refused = self.refused, None
            raise refused
        return self.replies[-1]

    def tell(self, who: Person, said: str, ask: Callable[[], Reply]) -> None:
        """Keep who said what, and the answer; or that it was refused."""
        self.who, self.said = who, said
        with self.refusals():
            self.replies.append(ask())

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """Keep a refusal for a later step, which has to look at it."""
        assert self.refused is None
        try:
            yield
        except Refused as refused:
            self.refused = refused


@pytest.fixture
def story() -> Iterator[Story]:
    story = Story()
    yield story
    assert story.refused is None, "SOPHIA refused something, and no step was about it"


def pytest_bdd_apply_tag(tag, function):
    """``@not-yet``: what is wanted and not fulfilled; the suite fails as soon as it is. Others become marks."""
    if tag == "not-yet":
        pytest.mark.xfail(reason="wanted, not fulfilled yet", strict=True)(function)
        return True
    return None


# What the company has written


@given(sentence("los documentos de ejemplo de {company}:"))
@given(sentence("the example documents of {company}:"))
def _(world, company, datatable):
    for (name,) in datatable:
        world.source(company).documents[name] = (EXAMPLES / company / "docs" / name).read_text(encoding="utf-8")


@given(sentence("que {company} tiene el documento {name:quoted}:"))
@given(sentence("{company} has the document {name:quoted}:"))
def _(world, company, name, docstring):
    world.source(company).documents[name] = docstring


@given(sentence("que SOPHIA los ha leído"))
@given(sentence("SOPHIA has read them"))
def _(world):
    for company in world.companies_with_documents:
        world.refresh(company)


@given(sentence("{name:quoted} of {company} changes {old:quoted} to {new:quoted}"))
@when(sentence("{name:quoted} de {company} cambia {old:quoted} por {new:quoted}"))
def _(world, name, company, old, new):
    text = world.source(company).documents[name]
    assert old in text
    world.source(company).documents[name] = text.replace(old, new)


@when(sentence("{company} actualiza su conocimiento"))
def _(world, company):
    world.refresh(company)


# Asking


@given(sentence("que {who:person} ha preguntado {said:quoted}"))
@given(sentence("que {who:person} ha dicho {said:quoted}"))
@given(sentence("que {who:person} ha pedido {said:quoted}"))
@given(sentence("{who:person} has asked {said:quoted}"))
@given(sentence("{who:person} has said {said:quoted}"))
@given(sentence("{who:person} has requested {said:quoted}"))
@when(sentence("{who:person} pregunta {said:quoted}"))
@when(sentence("{who:person} dice {said:quoted}"))
@when(sentence("{who:person} pide {said:quoted}"))
@when(sentence("{who:person} asks {said:quoted}"))
@when(sentence("{who:person} requests {said:quoted}"))
def _(driver, story, who, said):
    story.tell(who, said, lambda: driver.ask(who, said))


@given(sentence("que {who:person} ha preguntado {said:quoted} con la clave de reintento {key:quoted}"))
@given(sentence("{who:person} has requested {said:quoted} with the retry key {key:quoted}"))
@when(sentence("{who:person} pregunta {said:quoted} con la clave de reintento {key:quoted}"))
@when(sentence("{who:person} requests {said:quoted} with the retry key {key:quoted}"))
def _(driver, story, who, said, key):
    story.tell(who, said, lambda: driver.ask(who, said, key=key))


@given(sentence("que {who:person} ha confirmado con {said:quoted}"))
@when(sentence("{who:person} sigue con {said:quoted}"))
@when(sentence("{who:person} goes on with {said:quoted}"))
def _(driver, story, who, said):
    thread = story.reply.thread
    story.tell(who, said, lambda: driver.ask(who, said, thread=thread))


@when(sentence("{who:person} sigue con {said:quoted} y la clave de reintento {key:quoted}"))
def _(driver, story, who, said, key):
    thread = story.reply.thread
    story.tell(who, said, lambda: driver.ask(who, said, thread=thread, key=key))


@then(sentence("se le contesta {code:quoted}"))
@then(sentence("she is refused with {code:quoted}"))
@then(sentence("he is refused with {code:quoted}"))
def _(story, code):
    assert story.refused is not None
    assert story.refused.code == code
    story.refused = None


# What the answer says


@then(sentence("la respuesta dice {words:quoted}"))
@then(sentence("the answer says {words:quoted}"))
def _(story, words):
    assert words in story.reply.text


@then(sentence("la respuesta no dice {words:quoted}"))
@then(sentence("the answer does not say {words:quoted}"))
def _(story, words):
    assert words not in story.reply.text


@then(sentence("la respuesta cita {words:quoted} de {name:quoted}"))
@then(sentence("the answer quotes {words:quoted} from {name:quoted}"))
def _(driver, story, words, name):
    assert_quotes(driver, story.who, story.reply, words, name)


@then(sentence("la respuesta no cita {words:quoted}"))
@then(sentence("the answer does not quote {words:quoted}"))
def _(story, words):
    assert story.reply.citations
    assert not any(words in citation.quote for citation in story.reply.citations)


@then(sentence("la respuesta no cita nada"))
@then(sentence("the answer quotes nothing"))
def _(story):
    assert story.reply.citations == ()
    assert "[1]" not in story.reply.text


@then(sentence("cada cita está, letra por letra, donde dice estar"))
@then(sentence("every citation stands, to the letter, where it says"))
def _(driver, story):
    assert story.reply.citations
    for citation in story.reply.citations:
        text = driver.document_text(story.who, citation.document_id, citation.document_version)
        assert text[citation.start : citation.end] == citation.quote
        assert citation.verified


@then(sentence("todo lo que afirma lleva una cita que lo sostiene"))
@then(sentence("all that it claims is borne out by a citation"))
def _(story):
    assert story.reply.citations
    assert story.reply.unsupported == 0


@then(sentence("la respuesta advierte de que {words:quoted}"))
@then(sentence("the answer warns: {words:quoted}"))
def _(story, words):
    assert any(words in limitation for limitation in story.reply.limitations)


@then(sentence("the answer warns of nothing"))
def _(story):
    assert story.reply.limitations == ()


# Tickets


@given(sentence("que la mesa de VICTORIA no responde la primera vez"))
@given(sentence("VICTORIA's desk does not answer the first time"))
def _(world):
    world.desk.behind = FailingTicketDesk(failures=1)


@when(sentence("pasa un minuto"))
@when(sentence("a minute passes"))
def _(world):
    world.pass_time(60)


@when(sentence("pasan {minutes:d} minutos"))
def _(world, minutes):
    world.pass_time(60 * minutes)


@then(sentence("VICTORIA recibe un solo ticket de clase {category}, con esas mismas palabras"))
def _(world, story, category):
    (ticket,) = world.desk.behind.reports(story.who.company)
    assert (ticket.target, ticket.category, ticket.user_id) == ("VICTORIA", CLASSES[category], story.who.id)
    assert ticket.user_message == story.said
    assert ticket.title == story.said
    assert ticket.actions
    assert all(words in story.said for action in ticket.actions for words in action.objects)


@then(
    sentence(
        "VICTORIA recibe un solo ticket de clase {category}, que se titula {title:quoted} y lleva el mensaje entero"
    )
)
@then(sentence("VICTORIA receives one {category} ticket with the title {title:quoted} and the whole message"))
def _(world, story, category, title):
    (ticket,) = world.desk.behind.reports(story.who.company)
    assert (ticket.category, ticket.title) == (CLASSES.get(category, category), title)
    assert ticket.user_message == story.said
    assert ticket.actions
    assert all(words in title for action in ticket.actions for words in action.objects)


@given(sentence("VICTORIA's desk opens the ticket but the answer is lost the first time"))
def _(world):
    world.desk.behind = FailingTicketDesk(failures=1, lost=True)


@then(sentence("{who:person} sees one ticket, delivered as {number:quoted}"))
def _(driver, who, number):
    (ticket,) = driver.tickets(who)
    assert (ticket.status, ticket.number) == ("delivered", number)


@then(sentence("VICTORIA has received one ticket with the words {said:quoted}"))
def _(world, story, said):
    assert [ticket.user_message for ticket in world.desk.behind.reports(story.who.company)] == [said]


# Threads


@when(sentence("{who:person} borra ese hilo"))
def _(driver, story, who):
    with story.refusals():
        driver.delete_thread(who, story.reply.thread)


@then(sentence("{who:person} no tiene ningún hilo"))
def _(driver, who):
    assert driver.threads(who) == []
