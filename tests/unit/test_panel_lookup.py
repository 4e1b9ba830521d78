"""A Grafana panel, asked for by its title: the example of the documentation, as a user would copy it."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from sophia import Sophia
from sophia.bootstrap.settings_file import load_settings
from sophia.entrypoints.cli.main import cli
from sophia.testing.emulators.day import make_day
from sophia.testing.emulators.grafana import GrafanaEmulator

DOCS = Path(__file__).parents[2] / "docs" / "configuration.md"


@pytest.mark.parametrize(
    "question", ["¿Qué muestra el panel «Sesiones por pasarela»?", "show me the panel “sesiones por pasarela” of today"]
)
def test_a_panel_is_asked_for_by_its_title(tmp_path: Path, question: str) -> None:
    written = DOCS.read_text(encoding="utf-8")
    example = written[written.index('  [[companies.lookups]]\n  name = "panel-of-vpn"') :]
    config = tmp_path / "sophia.toml"
    with GrafanaEmulator(make_day(), token="t") as grafana:
        config.write_text(
            '[[companies]]\nid = "acme"\nusers = [{ id = "ana" }]\n[[companies.sources]]\nname = "grafana"\n'
            f'type = "grafana"\nurl = "{grafana.url}"\ncredential = "grafana/token"\ndatasources = ["prom-madrid"]\n'
            + example[: example.index("```")],
            encoding="utf-8",
        )
        kept = ("credentials", "set", "grafana/token", "--company", "acme", "--config", str(config))
        assert CliRunner().invoke(cli, kept, input="t").exit_code == 0
        with Sophia(load_settings(config)) as sophia:
            answer = sophia.ask(question, company="acme", user="ana")
    assert "gw-madrid" in answer.text
    assert all(citation.verified for citation in answer.citations)
    assert answer.limitations == ()
