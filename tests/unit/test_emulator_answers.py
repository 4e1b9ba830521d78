"""Ten things that one would ask about the emulated day, and what the three systems answer, on the wire."""

import json
from datetime import datetime

import httpx2
import pytest
from defusedxml.ElementTree import fromstring

from sophia.testing.emulators.day import ZONE, make_day
from sophia.testing.emulators.grafana import GrafanaEmulator
from sophia.testing.emulators.panos import PanosEmulator
from sophia.testing.emulators.splunk import SplunkEmulator

LAST_NIGHT = ("-1d@d+20h", "@d+6h")


@pytest.fixture(scope="module", params=["2026-05-12T00:30", "2026-05-12T09:00", "2026-05-12T18:00"])
def ask(request):
    """Asks each of the three, at some time of the day."""
    day = make_day(datetime.fromisoformat(request.param).replace(tzinfo=ZONE))
    with (
        SplunkEmulator(day, token="t") as splunk,
        PanosEmulator(day, key="k", device="panorama-1") as panorama,
        GrafanaEmulator(day, token="t") as grafana,
        httpx2.Client(headers={"Authorization": "Bearer t"}) as client,
    ):

        def ask(system, asked, *more):
            if system == "grafana":
                return client.get(f"{grafana.url}/api/{asked}").json()
            if system == "panos":
                command = "".join(f"<{word}>" for word in asked.split()) + "".join(
                    f"</{word}>" for word in reversed(asked.split())
                )
                form = {"type": "op", "cmd": command, "target": day.firewall(*more).serial}
                return fromstring(client.post(f"{panorama.url}/api/", data=form, headers={"X-PAN-KEY": "k"}).text)[0]
            if asked.startswith("/"):
                told = client.get(splunk.url + asked, params={"output_mode": "json"}).json()
                return {one["name"]: one["content"] for one in told["entry"]}
            form = {"search": asked, "earliest_time": more[0], "latest_time": more[1], "output_mode": "json"}
            told = client.post(f"{splunk.url}/services/search/v2/jobs/export", data={**form, "preview": "0"}).text
            return [json.loads(line)["result"] for line in told.splitlines()]

        yield ask


def test_how_many_logins_failed_last_night(ask):
    """¿Cuántos inicios de sesión fallidos hubo anoche?"""
    assert ask("splunk", "search index=wineventlog EventCode=4625 | stats count", *LAST_NIGHT) == [{"count": "84"}]


def test_who_failed_to_log_in_most_often_last_night(ask):
    """¿A quién se le falló más veces el inicio de sesión anoche?"""
    found = ask("splunk", "search index=wineventlog EventCode=4625 | top TargetUserName", *LAST_NIGHT)
    assert [(row["TargetUserName"], row["count"]) for row in found] == [
        ("m.serrano", "47"),
        ("j.robles", "22"),
        ("p.ibarra", "15"),
    ]


def test_where_did_the_failed_logins_come_from(ask):
    """¿Desde qué dirección vinieron?"""
    found = ask("splunk", "search index=wineventlog EventCode=4625 | stats count by IpAddress", *LAST_NIGHT)
    assert found == [{"IpAddress": "203.0.113.66", "count": "84"}]


def test_what_did_the_firewalls_do_with_the_address(ask):
    """¿Qué hicieron los cortafuegos con 203.0.113.66?"""
    search = "search index=pan_traffic src_ip=203.0.113.66 | stats count by action, rule, host"
    assert [tuple(row.values()) for row in ask("splunk", search, "-2d", "now")] == [
        ("allow", "ACM-UNTRUST-DMZ-010", "fw-madrid-2", "10"),
        ("deny", "ACM-BLQ-001", "fw-madrid-2", "36"),
    ]


def test_which_splunk_alerts_fired(ask):
    """¿Qué alertas de Splunk han saltado?"""
    told = ask("splunk", "/services/alerts/fired_alerts")
    assert {name: one["triggered_alert_count"] for name, one in told.items() if name != "-"} == {
        "ACM-R-011 Barrido externo": 1,
        "ACM-R-052 Fuerza bruta": 2,
    }


def test_is_the_pair_in_sync_and_who_is_active(ask):
    """¿Está sincronizada la pareja de alta disponibilidad de Madrid, y quién está activo?"""
    for name, state in (("fw-madrid-1", "passive"), ("fw-madrid-2", "active")):
        group = ask("panos", "show high-availability state", name).find("group")
        assert (group.findtext("local-info/state"), group.findtext("running-sync")) == (state, "not synchronized")


def test_how_many_people_are_on_the_vpn(ask):
    """¿Cuánta gente hay conectada a la VPN?"""
    assert len(ask("panos", "show global-protect-gateway current-user", "fw-madrid-2")) == 12


def test_which_jobs_failed(ask):
    """¿Qué trabajos han fallado en fw-madrid-2?"""
    jobs = ask("panos", "show jobs all", "fw-madrid-2")
    assert [(job.findtext("id"), job.findtext("type")) for job in jobs if job.findtext("result") == "FAIL"] == [
        ("414", "HA-Sync")
    ]


def test_who_holds_the_configuration(ask):
    """¿Quién tiene bloqueada la configuración de fw-madrid-2?"""
    [lock] = ask("panos", "show config-locks", "fw-madrid-2").iter("entry")
    assert (lock.attrib["name"], lock.findtext("comment")) == ("redes.turno", "CAM-5190 en curso")


def test_which_alerts_are_firing(ask):
    """¿Qué alertas están activas en Grafana?"""
    [alert] = ask("grafana", "alertmanager/grafana/api/v2/alerts")
    assert (alert["labels"]["alertname"], alert["labels"]["instance"]) == ("DiscoLleno", "vpn-madrid-1")
    assert alert["annotations"]["summary"] == "Menos del 12 % libre en /var/log de vpn-madrid-1"
