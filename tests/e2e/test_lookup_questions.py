"""Ten questions in each language, through settings, vault, adapters and HTTP, to systems that speak the real wires."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sophia import Sophia
from sophia.bootstrap.settings_file import parse_settings
from sophia.domain.secrets import Secret
from sophia.testing.emulators.day import Day, Today, make_day
from sophia.testing.emulators.grafana import GrafanaEmulator
from sophia.testing.emulators.panos import PanosEmulator
from sophia.testing.emulators.splunk import SplunkEmulator
from sophia.testing.fakes.system import FrozenClock

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)

QUESTIONS = [
    ("¿Cuántos logins fallidos hubo anoche?", "84 en total, en 3 filas [1]", "| m.serrano | 203.0.113.66 | 47 [1] |"),
    ("¿Cuántos logins fallidos tuvo m.serrano anoche?", "47 en total", "| 203.0.113.66 | dc-madrid-1 |"),
    ("¿Qué conexiones se han denegado a 203.0.113.66 desde ayer?", "36 en total", "| 443 | ACM-BLQ-001 | 24 [1] |"),
    ("¿Qué alertas de Splunk saltaron anoche?", "2 filas [1]", "| ACM-R-052 Fuerza bruta | severe [1] |"),
    (
        "¿Está sincronizado el HA de fw-madrid-1?",
        "| state | passive [1] |",
        "| configuration synchronisation | not syn",
    ),
    ("¿Qué versión de PAN-OS lleva fw-madrid-2?", "(fw-madrid-2), en panorama", "| software | 10.2.9-h1 [1] |"),
    ("¿Hay alguna interfaz caída en los firewalls de Madrid?", "ninguna de las 5 filas [1]", "| ethernet1/5 | down |"),
    ("¿Quién está conectado a la VPN en fw-madrid-2?", "12 filas [1]", "… y 2 filas más."),
    ("¿Qué alertas hay activas en Grafana?", "una fila [1]", "| DiscoLleno | aviso |"),
    ("¿Qué se anotó ayer en Grafana?", "3 filas [1]", "Bloqueo de 203.0.113.66 en edl-bloqueo-soc"),
    (
        "How many failed logins were there last night?",
        "84 in total, in 3 rows [1]",
        "| j.robles | 203.0.113.66 | 22 [1] |",
    ),
    ("How many failed logins did user l.vega have today?", "3 in total [1]", "| dc-madrid-1 | 3 [1] |"),
    ("Was traffic from 198.51.100.77 blocked yesterday?", "27 in total, in 27 rows", "… and 17 more rows."),
    ("Which SIEM alerts fired yesterday?", "3 rows [1]", "| ACM-R-011 Barrido externo | warning [1] |"),
    ("Is fw-madrid-2 active or passive?", "| state | active [1] |", "| peer state | passive [1] |"),
    ("What model is fw-valencia-1?", "(fw-valencia-1), in panorama", "| model | PA-3410 [1] |"),
    ("Are there interfaces down on fw-valencia-2?", "none of the 2 rows [1]", "in panorama, now"),
    ("Who is connected to the VPN?", "12 rows [2]", "(fw-valencia-2), in panorama, now: none found [4]."),
    ("Is any alert firing in Grafana right now?", "one row [1]", "/var/log"),
    ("Which annotations are there in Grafana since yesterday?", "3 rows [1]", "CAM-5190"),
]


@contextmanager
def looking_at(day: Day | Today, clock: FrozenClock, path: Path) -> Iterator[Sophia]:
    """SOPHIA with the three systems of a day."""
    with ExitStack() as stack:
        splunk = stack.enter_context(SplunkEmulator(day, token="t"))
        panorama = stack.enter_context(PanosEmulator(day, key="k", device="panorama-1"))
        grafana = stack.enter_context(GrafanaEmulator(day, token="g"))
        firewalls = (day if isinstance(day, Day) else day()).firewalls
        targets = {firewall.name: firewall.serial for firewall in firewalls if firewall.group}
        sources = [
            {"name": "siem", "type": "splunk", "url": splunk.url, "credential": "splunk/token"},
            {"name": "panorama", "type": "panos", "url": panorama.url, "credential": "panos/key", "targets": targets},
            {"name": "grafana", "type": "grafana", "url": grafana.url, "credential": "grafana/token"},
        ]
        company = {"id": "acme", "time_zone": "Europe/Madrid", "users": [{"id": "ana"}], "sources": sources}
        settings = parse_settings({"companies": [company]}, path)
        sophia = stack.enter_context(Sophia(settings, clock=clock))
        for category, name, secret in (("splunk", "token", "t"), ("panos", "key", "k"), ("grafana", "token", "g")):
            sophia.set_credential("acme", category, name, Secret(secret))
        yield sophia
        assert splunk.writes == panorama.writes == grafana.writes == []


@pytest.fixture(scope="module")
def sophia(tmp_path_factory) -> Iterator[Sophia]:
    with looking_at(make_day(NOW), FrozenClock(NOW), tmp_path_factory.mktemp("lookups")) as sophia:
        yield sophia


@pytest.mark.parametrize(("question", "told", "shown"), QUESTIONS)
def test_a_question_is_answered_from_the_system(sophia, question, told, shown) -> None:
    answer = sophia.ask(question, company="acme", user="ana")
    assert told in answer.text
    assert shown in answer.text
    assert answer.citations
    assert all(citation.verified for citation in answer.citations)
    assert answer.unsupported == ()
    assert answer.handoff is None
    assert answer.limitations == ()


LATE = (
    "¿Cuántos inicios de sesión fallidos hubo anoche?",
    "¿Qué alertas de Splunk saltaron anoche?",
    "¿Qué se anotó ayer en Grafana?",
    "¿Está sincronizado el clúster de cortafuegos fw-madrid-2?",
    "¿Qué alertas hay activas en Grafana?",
)
"""What the README and the page of the demo ask, and its like."""


def test_last_night_is_there_before_and_after_midnight(tmp_path) -> None:
    clock = FrozenClock(datetime(2026, 11, 20, 22, 58, tzinfo=UTC))  # 23:58 in Madrid
    with looking_at(Today(clock.now), clock, tmp_path) as sophia:

        def told() -> list[str]:
            answers = [sophia.ask(question, company="acme", user="ana") for question in LATE]
            assert all(answer.citations and not answer.limitations for answer in answers)
            return [answer.text for answer in answers]

        before = told()
        clock.advance(timedelta(minutes=4))
        after = told()
    assert "84 en total, en 3 filas [1]" in before[0]
    assert "del 2026-11-19 20:00 al 2026-11-20 06:00" in before[0]
    assert "84 en total, en 3 filas [1]" in after[0]
    assert "del 2026-11-20 20:00 al 2026-11-21 00:02" in after[0]
    for told_before, told_after in zip(before, after, strict=True):
        assert "no consta" not in told_before + told_after
        assert told_before.count("\n|") == told_after.count("\n|")
