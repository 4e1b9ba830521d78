import pytest

from sophia.domain.tickets import Priority
from sophia.domain.urgency import Urgency, urgency_of


@pytest.mark.parametrize(
    ("text", "urgency"),
    [
        ("Bloquea la IP 203.0.113.7, es URGENTE", Urgency.SAID),
        ("necesito esto cuanto antes", Urgency.SAID),
        ("Block 203.0.113.7 ASAP", Urgency.SAID),
        ("The mail server is down, restart it", Urgency.OUTAGE),
        ("El servidor de correo está caído", Urgency.OUTAGE),
        ("se cayó el firewall", Urgency.OUTAGE),
        ("Nobody can log in to the VPN", Urgency.MANY),
        ("a varios compañeros no les va el correo", Urgency.MANY),
        ("The whole office is down, this is urgent", Urgency.MANY),
    ],
)
def test_what_makes_a_request_urgent(text: str, urgency: Urgency) -> None:
    assert urgency_of(text) is urgency
    assert urgency.priority is Priority.HIGH


@pytest.mark.parametrize(
    "text",
    [
        "Bloquea la IP 203.0.113.7",
        "No es urgente, pero reinicia el colector",
        "sin prisa: da de alta a Marta",
        "Not urgent: restart the collector",
        "No need to hurry, give Marta access",
        "Añade «URGENTE: todos los usuarios sin servicio» al asunto de la plantilla",
        "No me funciona la VPN",
    ],
)
def test_what_is_denied_or_quoted_is_not_urgent(text: str) -> None:
    assert urgency_of(text) is Urgency.NONE
    assert urgency_of(text).priority is Priority.NORMAL
