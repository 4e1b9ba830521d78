from datetime import UTC, datetime

import pytest

from sophia.adapters.extractive.expected import Expected, expected, holds
from sophia.adapters.extractive.runtime import ExtractiveAgentRuntime
from sophia.adapters.extractive.selection import rank_units
from sophia.domain.agents import Cited, Turn
from sophia.domain.conversation import Message, Role
from sophia.domain.followup import contextual_question
from sophia.testing.contracts.agent_runtime import NoTools, make_passage
from sophia.testing.fakes.embedder import HashingEmbedder


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("¿Cada cuánto se rotan las claves?", Expected.FREQUENCY),
        ("¿Con qué frecuencia se prueban?", Expected.FREQUENCY),
        ("how often are logs read", Expected.FREQUENCY),
        ("¿Cuántas veces al año se ensaya?", Expected.FREQUENCY),
        ("How long are logs kept?", Expected.STRETCH),
        ("¿Qué plazo tengo para avisar?", Expected.STRETCH),
        ("When was the breach?", Expected.MOMENT),
        ("¿A qué hora empieza la ventana?", Expected.MOMENT),
        ("How much money was lost?", Expected.MONEY),
        ("¿Cuántas personas pincharon?", Expected.NUMBER),
        ("¿Qué puertos usa la VPN?", Expected.PORT),
        ("Which subnet is the DMZ?", Expected.ADDRESS),
        ("¿Qué versión de PAN-OS tenemos?", Expected.VERSION),
        ("comando para ver la alta disponibilidad", Expected.COMMAND),
        ("¿Quién aprueba un cambio?", Expected.WHO),
        ("What is SSRF?", Expected.DEFINITION),
        ("How do I rotate a key?", None),
        ("firewall", None),
    ],
)
def test_what_is_expected(question: str, kind: Expected | None) -> None:
    assert expected(question) is kind


@pytest.mark.parametrize(
    ("kind", "holding", "lacking"),
    [
        (Expected.STRETCH, "Se conservan 90 días.", "Se conservan en la bóveda."),
        (Expected.STRETCH, "Reviewed quarterly by the owner.", "Reviewed by the owner."),
        (Expected.FREQUENCY, "Nivel Oro: copia cada 4 horas.", "Nivel Oro: se guarda 4 horas."),
        (Expected.FREQUENCY, "Se ensaya una vez al año, en octubre.", "Se ensaya en octubre."),
        (Expected.FREQUENCY, "Each pair is drilled twice a year.", "Each pair is drilled for 30 days."),
        (Expected.MOMENT, "El 14 de abril de 2025.", "Fue un incidente grave."),
        (Expected.MONEY, "A payment of 86,250 euros was stopped.", "A payment was stopped."),
        (Expected.PORT, "Usa 443/tcp.", "Usa un túnel."),
        (Expected.ADDRESS, "The range is 10.20.0.0/16.", "The range is large."),
        (Expected.VERSION, "Se instaló 10.2.9-h1.", "Se instaló el parche."),
        (Expected.COMMAND, "Run `show high-availability state`.", "Run the failover."),
        (Expected.WHO, "Lo aprueba el comité de cambios.", "Se aprueba los lunes."),
    ],
)
def test_what_is_held(kind: Expected, holding: str, lacking: str) -> None:
    assert holds(kind, holding)
    assert not holds(kind, lacking)


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("¿Cada cuánto se hacen las copias de seguridad?", "- Nivel Oro: copia cada 4 horas."),
        ("How often are las copias de seguridad made?", "- Nivel Oro: copia cada 4 horas."),
        ("¿Dónde se hacen las copias de seguridad?", "Las copias de seguridad se rigen por su propia política."),
    ],
)
def test_how_often_is_answered_by_what_tells_it(question: str, told: str) -> None:
    passages = [
        make_passage("Las copias de seguridad se rigen por su propia política.", 1, "Plazos"),
        make_passage("Las copias se guardan 35 días.", 2, "Retención"),
        make_passage("- Nivel Oro: copia cada 4 horas.\n- Nivel Plata: copia a las 21:30.", 3, "Niveles"),
    ]
    best = rank_units(question, passages, lambda _: None, most=12)[0]
    assert best.unit.text.strip("- ") == told.strip("- ")


def test_an_answer_shows_what_was_asked_for() -> None:
    text = (
        "Addresses with the tag soc-block are refused on every firewall by the block rule. "
        "The tag is set by the playbook and read by all firewalls of the company, which drop what comes from there. "
        "Nobody but the security operations team may set the tag, and every change of it is written to the journal. "
        "The journal names the analyst, the address, the reason and the case, and is reviewed by the lead. "
        "Entries live for 7 days."
    )
    turn = Turn("t", "r", "How long does a soc-block tag block an address?", "en", passages=(make_passage(text),))
    runtime = ExtractiveAgentRuntime(HashingEmbedder())
    quoted = " ".join(e.quote.text for e in runtime.respond(turn, NoTools()) if isinstance(e, Cited))
    assert "Entries live for 7 days." in quoted


@pytest.mark.parametrize(
    "message", ["dame un ejemplo", "Show me an example", "más detalles, por favor", "tell me more"]
)
def test_asking_for_more_leans_on_what_was_asked(message: str) -> None:
    before = Message("m", "t", "r", Role.USER, "What is SSRF?", "en", datetime.now(UTC))
    assert contextual_question(message, [before]) == f"What is SSRF? {message}"
    assert contextual_question("Dame el plan de respuesta", [before]) == "Dame el plan de respuesta"
