"""``sophia audit``: the platform's trail."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sophia import Sophia
from sophia.bootstrap.settings_file import load_settings
from sophia.entrypoints.cli.main import cli


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = tmp_path / "sophia.toml"
    path.write_text('[[companies]]\nid = "acme"\n[[companies]]\nid = "globex"\n')
    return path


def run(settings: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["audit", *arguments, "--config", str(settings)])


def refuse(settings: Path) -> None:
    with Sophia(load_settings(settings)) as sophia:
        sophia.services.refusals.not_let_in("bearer")


def test_the_platforms_trail_is_exported_and_verified(settings: Path) -> None:
    refuse(settings)
    (entry,) = [json.loads(line) for line in run(settings, "export", "--platform").stdout.splitlines()]
    assert (entry["companyId"], entry["action"], entry["subject"]) == ("~platform", "sign_in.refused", "bearer")
    assert entry["details"]["times"] == 1
    assert run(settings, "export", "--company", "acme").stdout == ""
    whole = run(settings, "verify", "--platform")
    assert (whole.exit_code, whole.stdout) == (0, "")
    assert "~platform: the audit trail is whole" in whole.stderr


def test_a_trail_is_one_companys_or_the_platforms(settings: Path) -> None:
    for command in ("verify", "export"):
        assert run(settings, command, "--platform", "--company", "acme").exit_code == 2
        assert run(settings, command, "--company", "~platform").exit_code == 1


def test_no_company_takes_the_platforms_name(tmp_path: Path) -> None:
    path = tmp_path / "sophia.toml"
    path.write_text('[[companies]]\nid = "~platform"\n')
    assert "/companies/0/id" in run(path, "verify", "--platform").stderr
