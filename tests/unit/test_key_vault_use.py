"""SOPHIA with its secrets in Key Vault, signed in as the machine: as it is configured, run, changed and looked at."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import define
from click.testing import CliRunner

from sophia import Sophia
from sophia.adapters.key_vault.names import secret_name
from sophia.bootstrap.background import Background
from sophia.bootstrap.settings_file import load_settings
from sophia.domain.secrets import Secret
from sophia.entrypoints.cli.main import cli
from sophia.errors import CredentialRefused, Unavailable
from sophia.testing.emulators.backend import BackendEmulator
from sophia.testing.emulators.certificates import issue_certificates
from sophia.testing.emulators.entra import EntraEmulator
from sophia.testing.emulators.key_vault import RESOURCE, SECRETS_USER, KeyVaultEmulator
from sophia.testing.emulators.server import Request
from sophia.testing.emulators.system import Fault

OLD, NEW = "canary-of-the-old-token", "canary-of-the-new-token"
TOKEN = secret_name(None, "backend", "token")


@define
class Cloud:
    """What SOPHIA is given to work with."""

    folder: Path
    imds: EntraEmulator
    vault: KeyVaultEmulator
    backend: BackendEmulator
    fault: Fault | None = None

    def settings(self, credentials: str = "", azure: str = "") -> Path:
        path = self.folder / "sophia.toml"
        path.write_text(f"""
[service]
language = "en"
port = 0

[credentials]
vault = "key-vault"
vault_url = "{self.vault.url}"
{credentials}

[azure]
ca_file = "ca.pem"
{azure}

[backend]
base_url = "{self.backend.url}"
credential = "platform:backend/token"

[[companies]]
id = "acme"
sources = [{{ name = "docs", path = "docs" }}]
""")
        return path

    def sophia(self, credentials: str = "") -> Sophia:
        return Sophia(load_settings(self.settings(credentials)))

    def run(self, *command: str, text: str | None = None) -> Any:
        result = CliRunner().invoke(cli, [*command, "--config", str(self.settings())], input=text)
        assert "canary" not in result.output
        return result


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Iterator[Cloud]:
    caplog.set_level(logging.INFO)
    certificates = issue_certificates(tmp_path)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "vpn.md").write_text("The VPN is for people on call.\n")

    def fault(_: Request) -> Fault | None:
        return made.fault

    with (
        EntraEmulator() as imds,
        KeyVaultEmulator(lambda token: imds.given.get(token) == RESOURCE, certificates.server, faults=fault) as vault,
        BackendEmulator(token=OLD) as backend,
    ):
        for name in ("IDENTITY_ENDPOINT", "MSI_ENDPOINT", "AZURE_FEDERATED_TOKEN_FILE"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", imds.url)
        made = Cloud(tmp_path, imds, vault, backend)
        vault.set(TOKEN, OLD)
        yield made
    assert "canary" not in caplog.text


def background(sophia: Sophia) -> Background:
    return sophia.services.background


def hand_over(sophia: Sophia, address: str) -> str:
    """The ticket's state after one was asked for."""
    answer = sophia.ask(f"Block the address {address} on the firewall now.", company="acme")
    (handoff,) = answer.handoffs
    while background(sophia).do_chores():
        pass
    ticket = sophia.services.read_ticket(sophia.scope("acme"), str(handoff.ticket_id))
    return str(ticket.status)


# A secret that is changed while SOPHIA works


def test_a_token_that_is_changed_in_the_vault_shows_when_the_backend_refuses_the_old_one(cloud: Cloud) -> None:
    sophia = cloud.sophia("cache_ttl = 3600")
    assert hand_over(sophia, "203.0.113.7") == "delivered"
    cloud.vault.set(TOKEN, NEW)
    cloud.backend.token = NEW
    assert hand_over(sophia, "203.0.113.8") == "delivered"
    assert len(cloud.backend.tickets) == 2
    # It signed in once for all of it.
    assert len(cloud.imds.requests) == 1


def test_a_secret_that_is_changed_shows_within_the_cache_time(cloud: Cloud) -> None:
    credential = cloud.sophia("cache_ttl = 0").credentials.of_platform("backend", "token")
    assert credential().reveal() == OLD
    cloud.vault.set(TOKEN, NEW)
    assert credential().reveal() == NEW
    asked = len(cloud.vault.requests)
    kept = cloud.sophia("cache_ttl = 3600").credentials.of_platform("backend", "token")
    assert {kept().reveal() for _ in range(20)} == {NEW}
    assert len(cloud.vault.requests) == asked + 1


# A vault that is silent


def test_tickets_go_out_through_an_outage_of_the_vault_and_the_trail_says_so(cloud: Cloud) -> None:
    sophia = cloud.sophia("cache_ttl = 0")
    assert hand_over(sophia, "203.0.113.7") == "delivered"
    cloud.fault = Fault(status=503)
    assert hand_over(sophia, "203.0.113.8") == "delivered"
    cloud.fault = Fault(status=429, headers={"Retry-After": "30"})
    assert hand_over(sophia, "203.0.113.9") == "delivered"
    with sophia.records.read(sophia.platform_scope("test")) as tx:
        (entry,) = [entry for entry in tx.audit.entries() if entry.event.action == "credential.served_stale"]
    assert (entry.actor, entry.event.subject) == ("system:chores", "backend/token")
    assert entry.event.details["most"] == 3600


def test_nothing_serves_where_that_is_not_wanted_or_the_vault_says_no(cloud: Cloud) -> None:
    for lasting, fault, error in (
        ("outage_ttl = 0", Fault(status=503), Unavailable),
        ("", Fault(status=403), CredentialRefused),
    ):
        credential = cloud.sophia(f"cache_ttl = 0\n{lasting}").credentials.of_platform("backend", "token")
        assert credential().reveal() == OLD
        cloud.fault = fault
        with pytest.raises(error):
            credential()
        cloud.fault = None


# On the command line


def test_secrets_are_put_into_it_and_listed(cloud: Cloud) -> None:
    for where in (("--company", "acme"), ("--platform",)):
        kept = cloud.run("credentials", "set", "splunk/api", *where, text="canary\n")
        assert (kept.exit_code, kept.stderr) == (0, "kept splunk/api\n")
    assert cloud.run("credentials", "list", "--company", "acme").stdout == "splunk/api\n"
    assert cloud.run("credentials", "list", "--platform").stdout == "backend/token\nsplunk/api\n"
    assert cloud.vault.versions(secret_name("acme", "splunk", "api")) == ["canary"]
    long = cloud.run("credentials", "set", f"{'c' * 60}/{'n' * 60}", "--platform", text="canary\n")
    assert long.exit_code == 1
    assert "127 fit" in long.stderr


def test_who_may_only_read_is_told_what_it_takes_to_put(cloud: Cloud) -> None:
    cloud.vault.rights = SECRETS_USER
    refused = cloud.run("credentials", "set", "splunk/api", "--company", "acme", text="canary\n")
    assert refused.exit_code == 1
    assert "Key Vault Secrets Officer" in refused.stderr


def doctor(cloud: Cloud, company: str | None = None) -> dict[str, list[tuple[str, str]]]:
    """Level and words by subject: of the platform, or of a company."""
    told: dict[str, list[tuple[str, str]]] = {}
    for finding in json.loads(cloud.run("doctor", "--json").stdout):
        if finding["company"] == company:
            told.setdefault(finding["subject"], []).append((finding["level"], finding["told"]))
    return told


def test_the_doctor_says_which_vault_it_is_as_whom_and_what_is_in_it(cloud: Cloud) -> None:
    cloud.vault.set(secret_name("acme", "splunk", "api"), "x")
    told = doctor(cloud)
    assert told["configuration"][0][1].endswith(f"secrets in {cloud.vault.url}, signed in as managed")
    assert told["vault"] == [("ok", "opens, and holds 1 secret")]
    assert told["credential /backend/credential"] == [("ok", "is in the vault")]
    assert doctor(cloud, "acme")["vault"] == [("ok", "opens, and holds 1 secret")]


def test_the_doctor_finds_what_is_wrong_with_the_vault_or_a_secret(cloud: Cloud) -> None:
    cloud.vault.set(TOKEN, "x", enabled=False)
    told = doctor(cloud)
    assert told["vault"] == [("ok", "opens, and holds 1 secret")]
    ((level, words),) = told["credential /backend/credential"]
    assert (level, "backend/token is disabled there" in words) == ("failed", True)
    cloud.vault.rights = frozenset()
    assert "Key Vault Secrets User" in doctor(cloud)["vault"][0][1]
    cloud.fault = Fault(status=503)
    assert doctor(cloud)["vault"] == [("failed", "vault: fails (HTTP 503)")]


def test_the_doctor_finds_that_nobody_signs_sophia_in(cloud: Cloud) -> None:
    cloud.imds.__exit__(None, None, None)
    assert "azure identity: gives SOPHIA no token" in doctor(cloud)["vault"][0][1]


def test_the_doctor_warns_of_an_identity_for_development(cloud: Cloud) -> None:
    sophia = Sophia(load_settings(cloud.settings(azure='identity = "development"')))
    told = [finding for finding in sophia.diagnose("acme") if finding.subject == "configuration"]
    assert any("not for production" in finding.told for finding in told)


def test_a_secret_that_is_needed_to_serve_is_looked_up_at_the_start(cloud: Cloud) -> None:
    cloud.vault.delete(TOKEN)
    refused = cloud.run("serve")
    assert refused.exit_code == 1
    assert "/backend/credential" in refused.stderr
    assert "was deleted there, and can be recovered" in refused.stderr


def test_the_key_of_the_checkpoints_is_made_in_it_once(cloud: Cloud) -> None:
    signer = cloud.sophia()._adapters.signer()
    signature = signer.sign(b"head")
    other = cloud.sophia()._adapters.signer()
    assert other.is_signed(b"head", signature, other.public_key())
    assert cloud.sophia().platform_vault.add("audit", "checkpoint-key", Secret("x")).reveal() != "x"
