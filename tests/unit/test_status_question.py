"""Which messages ask how far a ticket has come, and which ticket they mean."""

from datetime import UTC, datetime

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from sophia.domain.asked import Action, Category
from sophia.domain.status_question import StatusQuestion, about, read_status_question
from sophia.domain.tickets import Priority, Ticket

AGENTS = ("VICTORIA", "Red Team")

ASKING = [
    "¿cómo va mi ticket?",
    "como va mi tiket",
    "Has Victoria finished?",
    "has victoria finished with the firewall rule yet?",
    "status of TCK-1042",
    "Status of ticket TCK-1042?",
    "¿y lo del 10.0.0.5?",
    "¿Qué hay de mi ticket?",
    "¿En qué estado está mi ticket?",
    "cual es el estado del ticket TCK-7?",
    "estado de mi solicitud",
    "¿Ha terminado ya Victoria?",
    "¿Ha bloqueado ya Victoria la 10.0.0.5?",
    "¿Victoria ya ha bloqueado la IP 10.0.0.5?",
    "¿Qué dice Victoria?",
    "¿Hay novedades de mi ticket?",
    "alguna novedad del ticket?",
    "¿Se sabe algo de lo que te pedí?",
    "¿Está abierto ya el ticket de mi alta?",
    "¿sigue abierto mi ticket?",
    "¿Mi ticket sigue en cola?",
    "¿Está ya resuelto el TCK-12?",
    "¿Han cerrado ya mi ticket?",
    "¿Dónde está mi ticket?",
    "¿quién tiene mi ticket?",
    "¿Qué tickets tengo abiertos?",
    "mis tickets",
    "Hola, ¿me puedes decir cómo va mi ticket, por favor?",
    "¿Sabes cómo va lo del 203.0.113.7?",
    "how is my ticket going?",
    "how's my ticket?",
    "What's the status of my ticket?",
    "any update on my ticket?",
    "Any news from Victoria?",
    "is my ticket done yet?",
    "has my request been resolved?",
    "What is happening with ticket 1042?",
    "is TCK-1042 still open?",
    "did Victoria block 10.0.0.5?",
    "is victoria done?",
    "what did Victoria say?",
    "what about 10.0.0.5?",
    "Has 10.0.0.5 been blocked yet?",
    "is it done yet?",
    "¿ya está hecho?",
    "any news?",
    "¿alguna novedad?",
    "show me my tickets",
    "Can you tell me the status of my ticket please?",
    "what's up with my ticket",
    "¿qué pasó con mi tiquete?",
    "ESTADO DE MI TICKET",
    "¿Como anda mi tickte?",
    "¿Qué ha pasado con tkt_01k9x2v5m3q8r7t6w4y2z0abcd?",
    "Sophia, ¿ha contestado Victoria?",
    "¿Terminó Victoria?",
    "ya acabó victoria?",
    "how is Victoria getting on with the VPN?",
    "where is my ticket?",
    "tkt_01k9x2v5m3q8r7t6w4y2z0abcd?",
    "my ticket status",
    "¿Cómo va el ticket de la VPN?",
    "¿Se ha bloqueado ya la 10.0.0.5?",
    "¿Está bloqueada ya la 10.0.0.5?",
    "¿cómo vais con lo de la VPN?",
    "¿Y cómo va lo mío?",
    "Is anyone working on my ticket?",
    "When will my ticket be done?",
    "¿para cuándo estará listo mi ticket?",
    "do I have any open tickets?",
    "¿tengo algún ticket abierto?",
]

NOT_ASKING = [
    "¿cómo se abre un ticket?",
    "what is a ticket?",
    "how long do tickets take?",
    "¿Cuánto tarda un ticket?",
    "¿Qué es VICTORIA?",
    "Who is Victoria?",
    "What does Victoria do?",
    "¿Qué hace Victoria?",
    "¿Cómo se cierra un ticket?",
    "¿Qué estados tiene un ticket?",
    "What happens to the ticket when it is rejected?",
    "¿Qué pasa con el ticket si Victoria no responde?",
    "how are tickets prioritised?",
    "Block 10.0.0.5 on the firewall",
    "Bloquea la IP 10.0.0.5",
    "¿Puedes bloquear 10.0.0.5?",
    "abre un ticket para reiniciar el servidor",
    "Open a ticket to Victoria",
    "Dile a Victoria que bloquee la 10.0.0.5",
    "Victoria ya ha bloqueado la IP 10.0.0.5",
    "cierra mi ticket",
    "cancela el ticket TCK-1",
    "Close my ticket",
    "¿Qué dice la política sobre tickets?",
    "¿Cuál es el procedimiento de tickets?",
    "¿Qué puertos usa la VPN?",
    "¿Cada cuánto se hacen las copias de seguridad?",
    "Traduce al inglés «¿cómo va mi ticket?»",
    "¿Cómo está organizado el ticket?",
    "How is the ticket created?",
    "what is the status page?",
    "el estado del firewall",
    "¿Qué ha pasado con el servidor de correo?",
    "How is my password stored?",
    "Ayer bloqueamos la IP 203.0.113.7, todo bien",
    "No me funciona la VPN",
    "What's the SLA for my ticket?",
    "Does Victoria accept requests at night?",
    "Is Victoria a person?",
    "Has Victoria access to the firewall?",
    "¿Quién aprueba un cambio urgente?",
    "How many tickets were opened last month?",
    "what should the ticket say?",
    "¿Cómo va el ticket según la política?",
    "In what state is a ticket queued?",
    "escala mi ticket",
    "necesito que cierren mi ticket",
    "my ticket is wrong, change it",
]


def ticket(number: str, title: str, *things: str) -> Ticket:
    return Ticket(
        id=f"tkt_{number.lower()}",
        key=number,
        target="VICTORIA",
        company_id="acme",
        user_id="ana",
        thread_id="thr_1",
        run_id="run_1",
        category=Category.CHANGE,
        priority=Priority.NORMAL,
        title=title,
        user_message=title,
        actions=(Action("", things),),
        language="es",
        created_at=datetime(2026, 11, 21, tzinfo=UTC),
        external_id=number,
    )


BLOCK = ticket("TCK-7", "Bloquea la IP 10.0.0.5 en el firewall", "la IP 10.0.0.5")
RESTART = ticket("TCK-17", "¿Podrías reiniciar el colector de Bilbao?", "el colector de Bilbao")
TICKETS = (RESTART, BLOCK)


def asked(text: str) -> StatusQuestion:
    question = read_status_question(text, AGENTS)
    assert question is not None, text
    return question


@pytest.mark.parametrize("text", ASKING)
def test_it_asks_about_tickets(text: str) -> None:
    assert asked(text).rest == ""


@pytest.mark.parametrize("text", NOT_ASKING)
def test_it_does_not(text: str) -> None:
    assert read_status_question(text, AGENTS) is None


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("¿cómo va mi ticket?", TICKETS),
        ("¿Ha terminado Victoria?", TICKETS),
        ("Has the Red Team finished?", TICKETS),
        ("has red team finished?", TICKETS),
        ("status of TCK-7", (BLOCK,)),
        ("status of tck-17?", (RESTART,)),
        ("¿Cómo va el ticket 7?", (BLOCK,)),
        ("¿Cómo va el ticket #17?", (RESTART,)),
        ("¿Cómo va el ticket 1?", ()),
        ("¿y lo del 10.0.0.5?", (BLOCK,)),
        ("¿y lo del 10.0.0.50?", ()),
        ("¿Se ha bloqueado ya la 10.0.0.5?", (BLOCK,)),
        ("¿Cómo va lo del colector?", (RESTART,)),
        ("¿Cómo va lo del antivirus?", ()),
        ("¿Cómo va mi ticket del colector?", (RESTART,)),
        ("¿Cómo va mi ticket del 10.0.0.9?", ()),
        ("¿Cómo va mi ticket del antivirus?", TICKETS),
        ("¿Ha bloqueado ya Victoria la 10.0.0.5?", (BLOCK,)),
    ],
)
def test_it_means_these(text: str, meant: tuple[Ticket, ...]) -> None:
    question = read_status_question(text, AGENTS)
    assert (about(question, TICKETS) if question else ()) == meant


@pytest.mark.parametrize(
    ("text", "certain", "needs_thread"),
    [
        ("¿cómo va mi ticket?", True, False),
        ("status of TCK-99", True, False),
        ("¿Qué dice Victoria?", True, False),
        ("status of INC-2025-014", False, False),
        ("¿y lo del 10.0.0.5?", False, False),
        ("¿Qué hay de lo del colector?", False, True),
        ("any news?", False, True),
    ],
)
def test_how_sure_it_is(text: str, certain: bool, needs_thread: bool) -> None:
    question = asked(text)
    assert (question.certain, question.needs_thread) == (certain, needs_thread)


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("¿Cómo va mi ticket? ¿Quién aprueba un cambio?", "¿Quién aprueba un cambio?"),
        ("Bloquea 10.0.0.6. ¿Y cómo va mi ticket?", "Bloquea 10.0.0.6."),
        ("Hola. ¿Cómo va mi ticket? Gracias.", ""),
        ("How is my ticket?\nThanks!", ""),
    ],
)
def test_what_else_is_said_is_left_over(text: str, rest: str) -> None:
    assert asked(text).rest == rest


def test_a_ticket_that_has_lost_its_words_is_found_by_its_number() -> None:
    erased = evolve(BLOCK, title="", user_message="", actions=())
    assert about(asked("¿Cómo va el TCK-7?"), (erased,)) == (erased,)
    assert about(asked("¿y lo del 10.0.0.5?"), (erased,)) == ()


@given(st.text(max_size=700))
def test_any_text_can_be_read(text: str) -> None:
    question = read_status_question(text, AGENTS)
    if question is not None:
        about(question, TICKETS)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("¿Se ha reiniciado ya la 10.0.0.5?", ()),
        ("¿Se completó la copia de esta noche en 10.0.0.5?", ()),
        ("¿Se aplicó el bloqueo de 10.0.0.5 que pedimos anoche?", (BLOCK,)),
        ("Has 10.0.0.5 been scanned yet?", ()),
        ("¿Han reiniciado el colector de Bilbao?", (RESTART,)),
        ("¿Han actualizado el colector de Bilbao?", ()),
        ("¿Sigue pendiente lo del colector?", (RESTART,)),
    ],
)
def test_another_deed_on_the_same_thing_is_another_question(text: str, meant: tuple[Ticket, ...]) -> None:
    assert about(asked(text), TICKETS) == meant
