"""The demo's emulated systems: where the settings have hosts that are nobody's, and for as long as the demo lasts."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from click.testing import CliRunner

from sophia.bootstrap.demo import emulating
from sophia.bootstrap.demo_systems import DemoSystems, Emulated
from sophia.bootstrap.settings import Settings
from sophia.bootstrap.settings_file import load_settings
from sophia.bootstrap.sophia import Sophia
from sophia.domain.agents import AgentEvent, Spoken, ToolCall, Turn
from sophia.domain.diagnosis import Level
from sophia.entrypoints.cli.main import cli
from sophia.ports.agent_runtime import ToolBox
from sophia.testing.fakes.agent_runtime import ScriptedAgentRuntime
from sophia.testing.fakes.embedder import HashingEmbedder

CALLS = (
    ToolCall("1", "splunk_query", {"operation": "saved_search", "saved_search": "HA events", "earliest": "-2d"}),
    ToolCall("2", "palo_alto_status", {"operation": "show", "view": "ha", "target": "fw-madrid-2"}),
    ToolCall("3", "grafana_fetch", {"operation": "annotations", "earliest": "-2d"}),
)
EXAMPLES = Path(__file__).parents[2] / "examples" / "sophia.toml"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The example companies, with data of their own and without acme's folder of documents."""
    path = tmp_path / "sophia.toml"
    text = EXAMPLES.read_text().replace('  [[companies.sources]]\n  name = "docs"\n  path = "acme/docs"\n', "")
    path.write_text(text.replace('path = "globex/docs"', 'path = "."'))
    return path


@pytest.fixture
def systems(config: Path) -> Iterator[DemoSystems]:
    started = DemoSystems(load_settings(config))
    yield started
    started.stop()


def opened(settings: Settings, emulated: Emulated) -> Sophia:
    def script(_: Turn, tools: ToolBox) -> Iterator[AgentEvent]:
        for call in CALLS:
            tools.call(call)
        yield Spoken("Done.", claim=False)

    return emulating(settings, emulated, runtime=ScriptedAgentRuntime(script), embedder=HashingEmbedder())


def test_the_example_company_can_be_looked_at(config: Path, systems: DemoSystems) -> None:
    with opened(load_settings(config), systems.emulated) as sophia:
        answer = sophia.ask("What happened?", company="acme", user="ana")
        assert [call.status for call in answer.tool_calls] == ["completed"] * 3, answer.limitations
        scope = sophia.scope("acme", "ana")
        splunk, panorama, grafana = (
            sophia.services.read_evidence(scope, str(call.evidence_id)).text for call in answer.tool_calls
        )
        # One day: each of them knows of the same failover.
        assert "| fw-madrid-2 |" in splunk
        assert "active" in panorama
        assert "fw-madrid-2 pasa a activo" in grafana
        told = {f.subject: f.level for f in sophia.diagnose("acme") if f.subject.startswith("system ")}
        # What a Viewer of Grafana's may do is told of, and cannot be helped.
        expected = {"system splunk": Level.OK, "system panorama": Level.OK, "system grafana": Level.WARNING}
        assert told == expected
        assert not any(f.subject.startswith("system ") for f in sophia.diagnose("globex"))


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("¿Qué jobs han fallado en fw-madrid-2?", "| 414 | HA-Sync | redes.turno | FIN | FAIL |"),
        ("Who has locked the configuration of fw-madrid-2?", "| redes.turno | shared |"),
    ],
)
def test_the_example_company_s_own_look_ups_are_found(config: Path, systems: DemoSystems, question, told) -> None:
    with emulating(load_settings(config), systems.emulated) as sophia:
        answer = sophia.ask(question, company="acme", user="ana")
        assert told in answer.text
        assert answer.limitations == ()
        assert not any(finding.subject.startswith("look-up ") for finding in sophia.diagnose("acme"))


def test_the_processes_of_one_start_ask_the_same_systems(config: Path, systems: DemoSystems) -> None:
    again = Emulated.from_wire(systems.emulated.wire)
    assert again == systems.emulated
    with opened(load_settings(config), again) as sophia:
        report = sophia.refresh("acme").report
        assert report is not None
        assert (report.added, report.failures) == (30, ())


def test_what_lets_sophia_in_is_nowhere_but_in_memory(config: Path, systems: DemoSystems) -> None:
    minted = [place[-1] for place in json.loads(systems.emulated.wire)]
    assert len(set(minted)) == 3
    with opened(load_settings(config), systems.emulated) as sophia:
        sophia.ask("What happened?", company="acme", user="ana")
        assert ("splunk", "token") in sophia.credential_names("acme")
    kept = b"".join(path.read_bytes() for path in config.parent.rglob("*") if path.is_file())
    shown = repr(systems.emulated) + repr(dict(os.environ))
    for secret in minted:
        assert secret.encode() not in kept
        assert secret not in shown


def test_they_end_with_the_demo(config: Path) -> None:
    systems = DemoSystems(load_settings(config))
    urls = [place[3] for place in json.loads(systems.emulated.wire)]
    systems.stop()
    for url in urls:
        with pytest.raises(httpx2.ConnectError):
            httpx2.get(url)


def test_a_system_that_is_somebodys_is_not_emulated(config: Path) -> None:
    config.write_text(config.read_text().replace(".acme.example", ".example.com"))
    settings = load_settings(config)
    systems = DemoSystems(settings)
    assert systems.emulated == Emulated()
    assert systems.emulated.settings(settings) == settings
    systems.stop()


def test_a_refresh_is_told_where_they_are(config: Path, systems: DemoSystems) -> None:
    arguments = ["refresh", "--dry-run", "--company", "acme", "--config", str(config)]
    told = CliRunner().invoke(cli, [*arguments, "--emulated"], input=f"{systems.emulated.wire}\n")
    assert told.exit_code == 0, told.stderr
    alone = CliRunner().invoke(cli, [*arguments, "--source", "grafana"])
    assert (alone.exit_code, "grafana" in alone.stderr) == (1, True)
