"""``sophia audit``: the platform's trail, and checkpoints that are kept elsewhere."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sophia import Sophia
from sophia.bootstrap.settings_file import load_settings
from sophia.domain.secrets import Secret
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


def change(settings: Path, statement: str) -> None:
    """What somebody does who can write to the database."""
    with closing(sqlite3.connect(settings.parent / "var" / "sophia.db")) as database, database:
        database.execute(statement)


def test_a_cut_trail_shows_beside_its_checkpoints(settings: Path, tmp_path: Path) -> None:
    refuse(settings)
    with Sophia(load_settings(settings)) as sophia:
        for company in ("acme", "acme", "globex"):
            sophia.set_credential(company, "splunk", "api", Secret("x"))
    made = run(settings, "checkpoint")
    lines = [json.loads(line) for line in made.stdout.splitlines()]
    assert [(line["companyId"], line["sequence"]) for line in lines] == [("acme", 2), ("globex", 1), ("~platform", 1)]
    assert json.loads(run(settings, "checkpoint", "--company", "globex").stdout)["hash"] == lines[1]["hash"]
    kept, key = tmp_path / "kept.jsonl", tmp_path / "key.pem"
    kept.write_text(made.stdout)
    key.write_text(run(settings, "key").stdout)
    beside = ("--checkpoints", str(kept), "--key", str(key))
    for whose in (("--company", "acme"), ("--company", "globex"), ("--platform",)):
        whole = run(settings, "verify", *beside, *whose)
        assert (whole.exit_code, whole.stdout) == (0, "")
        assert "agrees with 1 that were noted" in whole.stderr
    change(settings, "DELETE FROM audit WHERE company_id = 'acme' AND sequence = 2")
    assert run(settings, "verify", "--company", "acme").exit_code == 0
    cut = run(settings, "verify", *beside, "--company", "acme")
    assert (cut.exit_code, cut.stdout) == (1, "acme: 2 is missing: the chain was cut, 2 was noted\n")
    assert run(settings, "verify", *beside, "--company", "globex").exit_code == 0


def test_a_checkpoint_of_another_key_is_not_believed(settings: Path, tmp_path: Path) -> None:
    refuse(settings)
    kept, key = tmp_path / "kept.jsonl", tmp_path / "key.pem"
    kept.write_text(run(settings, "checkpoint").stdout)
    key.write_text(run(settings, "key").stdout)
    (tmp_path / "var" / "vaults" / "platform.vault").unlink()
    run(settings, "checkpoint")
    assert run(settings, "verify", "--platform", "--checkpoints", str(kept)).exit_code == 1
    assert run(settings, "verify", "--platform", "--checkpoints", str(kept), "--key", str(key)).exit_code == 0
    key.write_text("no key")
    assert "/key" in run(settings, "verify", "--platform", "--checkpoints", str(kept), "--key", str(key)).stderr
    kept.write_text("{}")
    assert "line 1 of" in run(settings, "verify", "--platform", "--checkpoints", str(kept)).stderr


def test_there_is_no_key_before_the_first_checkpoint(settings: Path) -> None:
    result = run(settings, "key")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "audit/checkpoint-key" in result.stderr


def test_no_company_takes_the_platforms_name(tmp_path: Path) -> None:
    path = tmp_path / "sophia.toml"
    path.write_text('[[companies]]\nid = "~platform"\n')
    assert "/companies/0/id" in run(path, "verify", "--platform").stderr
