from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve

from sophia.domain.asked import Category, Intent
from sophia.domain.conversation import Message, Role
from sophia.domain.intent import IntentClassifier
from sophia.domain.repeats import REPEATED_WITHIN, asks_again
from sophia.domain.tickets import Priority, Ticket, TicketState, TicketStatus
from sophia.domain.urgency import urgency_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BLOCK = "Bloquea la IP 203.0.113.7 en el firewall perimetral"


def read(text: str) -> Intent:
    return IntentClassifier.load()(text)


def ticket_of(text: str) -> Ticket:
    intent = read(text)
    assert intent.action_category
    return Ticket(
        id="tkt_1",
        key="acme/thr_1/run_1/VICTORIA",
        target="VICTORIA",
        company_id="acme",
        user_id="ana",
        thread_id="thr_1",
        run_id="run_1",
        category=intent.action_category,
        priority=urgency_of(text).priority,
        title=text,
        user_message=text,
        actions=intent.actions,
        language="es",
        created_at=NOW,
    )


def again(before: str, now: str, after: timedelta = timedelta(minutes=1)) -> bool:
    return asked_again(now, ticket_of(before), after)


def asked_again(now: str, ticket: Ticket, after: timedelta = timedelta(minutes=1)) -> bool:
    intent = read(now)
    assert intent.action_category
    message = Message("msg_2", "thr_1", "run_2", Role.USER, now, "es", NOW + after)
    return asks_again(message, intent.action_category, intent.actions, ticket)


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (BLOCK, BLOCK),
        (BLOCK, "Corta el tráfico desde 203.0.113.7, por favor"),
        (BLOCK, "hay que bloquear ya 203.0.113.7!!"),
        (BLOCK, "Please block 203.0.113.7"),
        ("Block 203.0.113.7 on the perimeter firewall", "can you ban 203.0.113.7 please?"),
        ("Block 203.0.113.7 and restart the log collector", "block 203.0.113.7 now"),
        ("Restart the log collector", "Could you reboot the log collector please?"),
        ("Reinicia el colector de logs de Bilbao", "¿Puedes reiniciar el colector de logs de Bilbao, por favor?"),
        ("No me funciona la VPN desde esta mañana", "Sigo sin VPN"),
        ("No me funciona la VPN desde esta mañana", "La VPN sigue sin funcionar"),
        ("Desactiva la cuenta compartida del turno de noche", "¿Puedes desactivar la cuenta del turno de noche?"),
    ],
)
def test_the_same_in_other_words(before: str, now: str) -> None:
    assert again(before, now)


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (BLOCK, "Desbloquea la IP 203.0.113.7 en el firewall perimetral"),
        (BLOCK, "Bloquea la IP 203.0.113.8 en el firewall perimetral"),
        (BLOCK, "Bloquea la red 203.0.113.0/24 en el firewall perimetral"),
        (BLOCK, "Bloquea la IP 203.0.113.7 y la 203.0.113.8"),
        (BLOCK, "Bloquea la IP 203.0.113.7 en el firewall interno"),
        (BLOCK, "Bloquea la IP 203.0.113.7 en el firewall de Bilbao"),
        (BLOCK, "Bloquea también la IP 203.0.113.7"),
        (BLOCK, "Abre otro ticket para bloquear la IP 203.0.113.7"),
        (BLOCK, "Bloquea la IP 203.0.113.7 y reinicia el colector de logs"),
        ("Reinicia el colector de logs de Bilbao", "Reinicia el colector de logs de Valencia"),
        ("Restart the log collector", "Restart the mail relay"),
        ("Open port 443 to web01", "Close port 443 to web01"),
        ("Reset the password of svc-backup", "Reset the password of svc-web"),
        ("Da de alta a Marta Ruiz en el grupo de VPN", "Da de alta a Luis Vera en el grupo de VPN"),
        ("Da de alta a Marta Ruiz en el grupo de VPN", "Da de baja a Marta Ruiz del grupo de VPN"),
        ("No me funciona la VPN desde esta mañana", "No me funciona el correo"),
        ("No me funciona la VPN desde esta mañana", "Nadie puede entrar en la VPN desde esta mañana"),
    ],
)
def test_another_request(before: str, now: str) -> None:
    assert not again(before, now)


def test_only_a_while_later() -> None:
    assert again(BLOCK, BLOCK, REPEATED_WITHIN)
    assert not again(BLOCK, BLOCK, REPEATED_WITHIN + timedelta(seconds=1))


@pytest.mark.parametrize("status", TicketStatus)
@pytest.mark.parametrize("state", [None, *TicketState])
def test_only_while_somebody_has_it(status: TicketStatus, state: TicketState | None) -> None:
    ticket = evolve(ticket_of(BLOCK), status=status, state=state)
    is_open = status != "rejected" and state not in {"resolved", "rejected", "returned"}
    assert asked_again(BLOCK, ticket) is is_open


@pytest.mark.parametrize("category", [Category.PROVISIONING, Category.TROUBLESHOOTING])
def test_only_in_the_same_category(category: Category) -> None:
    assert not asked_again(BLOCK, evolve(ticket_of(BLOCK), category=category))


def test_what_names_nothing_repeats_nothing() -> None:
    message = Message("msg_2", "thr_1", "run_2", Role.USER, "hazlo", "es", NOW)
    assert not asks_again(message, Category.CHANGE, (), ticket_of(BLOCK))
    assert ticket_of(BLOCK).priority is Priority.NORMAL
