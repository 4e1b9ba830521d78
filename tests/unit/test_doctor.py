"""`sophia doctor`: what works is said to work, what does not is found, and no secret is in what is said."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field
from click.testing import CliRunner

from sophia import Sophia
from sophia.adapters.standard_webhooks.verifier import mint_webhook_secrets
from sophia.application.diagnose import Diagnose, PlatformCheck
from sophia.application.identity import SystemIdentity
from sophia.bootstrap.settings_file import parse_settings
from sophia.domain.audit import AuditEvent
from sophia.domain.diagnosis import Diagnosis, Level
from sophia.domain.secrets import Secret
from sophia.entrypoints.cli.main import cli
from sophia.errors import NotFound, Unavailable
from sophia.ports.security_source import Access, SecuritySource
from sophia.testing.emulators.backend import BackendEmulator, Fault
from sophia.testing.emulators.openai import OpenAIEmulator
from sophia.testing.emulators.server import Exchange, LoopbackServer, Request
from sophia.testing.fakes.embedder import FailingEmbedder, HashingEmbedder
from sophia.testing.fakes.identity import MemoryTenantDirectory
from sophia.testing.fakes.security_source import FailingSecuritySource, MemorySecuritySource
from sophia.testing.fakes.system import FrozenClock

TOKEN, KEY, JWT = "canary-of-the-token", "canary-of-the-key", "canary-of-the-jwt-secret-that-is-long"
WEBHOOK = mint_webhook_secrets(["acme"])["acme"]


@define
class Ward:
    """A SOPHIA of which everything works, with what it depends on."""

    folder: Path
    backend: BackendEmulator
    model: OpenAIEmulator
    clock: FrozenClock = field(factory=FrozenClock)
    embedder: Any = field(factory=HashingEmbedder)
    fault: Fault | None = None

    def values(self) -> dict[str, Any]:
        return {
            "auth": {"secret": "platform:auth/jwt-secret", "issuer": "https://idp.example", "audience": "sophia"},
            "agent": {
                "runtime": "openai",
                "openai": {
                    "base_url": f"{self.model.url}/v1",
                    "model": "emulated",
                    "credential": "platform:openai/key",
                },
            },
            "backend": {
                "base_url": self.backend.url,
                "credential": "platform:backend/token",
                "directory": "rest",
                "audit": True,
                "timeout": 5,
            },
            "companies": [{"id": "acme", "sources": [{"name": "docs", "path": "docs"}]}],
        }

    def sophia(self, systems: Callable[[str], Sequence[SecuritySource]] | None = None, **sections: Any) -> Sophia:
        values = self.values()
        more = {} if systems is None else {"systems": systems}
        for name, section in sections.items():
            values[name] = {**values.get(name, {}), **section} if isinstance(section, dict) else section
        settings = parse_settings(values, self.folder)
        return Sophia(settings, clock=self.clock, embedder=self.embedder, **more)


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "vpn.md").write_text("# VPN\n\nThe VPN is for people on call.\n")

    def fault(_: Request) -> Fault | None:
        return made.fault

    companies = {"acme": {}, "globex": {}}
    with (
        BackendEmulator(token=TOKEN, companies=companies, directory_faults=fault) as backend,
        OpenAIEmulator((), key=KEY) as model,
    ):
        made = Ward(tmp_path, backend, model)
        sophia = made.sophia()
        for place, value in (("auth/jwt-secret", JWT), ("openai/key", KEY), ("backend/token", TOKEN)):
            sophia.platform_vault.put(*place.split("/"), Secret(value))
        sophia.set_credential("acme", "backend", "webhook", Secret(WEBHOOK))
        sophia.refresh("acme")
        delivered(sophia)
        yield made


def delivered(sophia: Sophia) -> None:
    while sophia.services.background.do_chores():
        pass


def seen(sophia: Sophia, company: str | None = "acme") -> dict[tuple[str, Level], list[str]]:
    """What is told, by subject and level; nothing of it is a secret."""
    told: dict[tuple[str, Level], list[str]] = {}
    for finding in sophia.diagnose(company):
        told.setdefault((finding.subject, finding.level), []).append(finding.told)
    assert "canary" not in repr(told)
    assert WEBHOOK not in repr(told)
    return told


def failed(sophia: Sophia, company: str | None = "acme") -> dict[str, str]:
    return {subject: told[0] for (subject, level), told in seen(sophia, company).items() if level is Level.FAILED}


def warned(sophia: Sophia, company: str | None = "acme") -> dict[str, list[str]]:
    return {subject: told for (subject, level), told in seen(sophia, company).items() if level is Level.WARNING}


def test_where_all_is_well_everything_is_named_and_nothing_fails(ward: Ward) -> None:
    told = seen(ward.sophia())
    assert [subject for subject, level in told if level is Level.OK] == [
        "configuration",
        "vault",
        "credential /auth/secret",
        "credential /agent/openai/credential",
        "credential /backend/credential",
        "tokens",
        "database",
        "directory",
        "backend /victoria/report",
        "backend /audit_logs",
        "agent",
        "embedder",
        "company",
        "webhook secret",
        "source docs",
        "index",
        "tickets",
        "audit trail",
    ]
    assert ward.backend.tickets == ()
    assert ward.model.chats == []
    # The one thing that is as it was chosen, and is to be thought about.
    assert {subject for subject, level in told if level is not Level.OK} == {"tokens"}
    ((shared,),) = [told[subject, level] for subject, level in told if level is Level.WARNING]
    assert "shared secret (HS256)" in shared
    assert "make tokens of any user" in shared


def test_issuer_and_audience_that_are_not_looked_at_are_told(ward: Ward) -> None:
    told = warned(ward.sophia(auth={"issuer": "", "audience": ""}))["tokens"]
    assert [text.partition(" is not set")[0] for text in told[1:]] == ["[auth] issuer", "[auth] audience"]


def test_each_credential_that_is_missing_is_named_with_what_puts_it_there(ward: Ward) -> None:
    sophia = ward.sophia(auth={"secret": "platform:auth/other"}, backend={"credential": "platform:backend/other"})
    told = failed(sophia)
    for pointer, place in (("/auth/secret", "auth/other"), ("/backend/credential", "backend/other")):
        assert f"`sophia credentials set {place} --platform`" in told[f"credential {pointer}"]
    assert {"tokens", "directory", "backend /victoria/report", "companies"} <= told.keys()
    assert "credential /agent/openai/credential" not in told


def test_a_token_or_a_key_that_is_refused_is_found(ward: Ward) -> None:
    ward.backend.token, ward.model.key = "another", "another"
    told = failed(ward.sophia(backend={"directory": "file"}))
    assert told == {
        "backend /victoria/report": "backend: refuses SOPHIA's token (HTTP 401)",
        "backend /audit_logs": "backend: refuses SOPHIA's token (HTTP 401)",
        "agent": "model: refuses SOPHIA's key (HTTP 401)",
    }


def test_an_endpoint_that_is_not_there_is_found_and_the_rest_is_looked_at(ward: Ward) -> None:
    ward.backend.__exit__(None, None, None)
    ward.model.__exit__(None, None, None)
    told = failed(ward.sophia(backend={"directory": "file"}))
    assert set(told) == {"backend /victoria/report", "backend /audit_logs", "agent"}
    assert all("cannot be reached" in text for text in told.values())


@pytest.mark.parametrize(
    ("status", "says"), [(500, "fails"), (307, "is somewhere else"), (403, "refuses SOPHIA's token"), (405, "")]
)
def test_what_a_backend_answers_where_tickets_go(ward: Ward, status: int, says: str) -> None:
    def answer(_: Request, exchange: Exchange) -> None:
        exchange.send(status, b"{}", {"Location": "https://elsewhere.example/"})

    with LoopbackServer(answer) as server:
        told = failed(ward.sophia(backend={"directory": "file", "base_url": server.url}))
        assert {request.method for request in server.requests} == {"GET"}
    places = {"backend /victoria/report", "backend /audit_logs"} if says else set()
    assert set(told) == places
    assert all(says in told[place] for place in places)


def test_a_directory_that_fails_leaves_the_companies_unknown_and_the_platform_looked_at(ward: Ward) -> None:
    ward.fault = Fault(status=500)
    told = failed(ward.sophia(), company=None)
    assert set(told) == {"directory", "companies"}


def test_a_vault_whose_key_others_may_read_is_found(ward: Ward) -> None:
    ward.sophia().settings.vault_key_file.chmod(0o644)
    told = failed(ward.sophia(backend={"directory": "file"}))
    assert "chmod 600" in told["vault"]


def test_a_database_of_another_version_is_found(ward: Ward) -> None:
    sophia = ward.sophia()
    seen(sophia)
    with sophia._adapters.engine().begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    assert "not of this version" in failed(sophia)["database"]


def test_keys_that_are_published_nowhere_are_found(ward: Ward) -> None:
    rsa = {"jwks_url": f"{ward.model.url}/nothing", "secret": "", "algorithms": ["RS256"]}
    sophia = ward.sophia(auth=rsa)
    assert "identity provider" in failed(sophia)["tokens"]
    assert "tokens" not in warned(sophia)


def test_without_an_embedder_that_is_told(ward: Ward) -> None:
    ward.embedder = FailingEmbedder()
    assert failed(ward.sophia())["embedder"] == "embedder: the model does not answer"


# Company by company


def test_knowledge_that_was_never_read_or_long_ago_is_not_fresh(ward: Ward) -> None:
    two = [{"name": "docs", "path": "docs"}, {"name": "wiki", "path": "docs"}]
    sophia = ward.sophia(companies=[{"id": "acme", "sources": two}])
    assert failed(sophia) == {"source wiki": "was never read: `sophia refresh --company acme`"}
    ward.clock.advance(timedelta(days=3))
    told = failed(ward.sophia())
    assert told == {"source docs": "was read 3 days ago, which is no longer fresh: `sophia refresh --company acme`"}


def test_a_source_that_cannot_be_read_is_found(ward: Ward) -> None:
    (ward.folder / "docs" / "vpn.md").unlink()
    assert "has no documents" in warned(ward.sophia())["source docs"][0]
    (ward.folder / "docs").rmdir()
    assert "cannot be read as a folder" in failed(ward.sophia())["source docs"]


def test_documents_that_could_not_be_taken_in_are_told(ward: Ward) -> None:
    (ward.folder / "docs" / "empty.md").write_text("")
    sophia = ward.sophia()
    sophia.refresh("acme")
    assert "1 document could not be taken in, the first of them empty.md" in warned(sophia)["source docs"][0]


def test_a_webhook_secret_that_is_missing_or_none_is_told(ward: Ward) -> None:
    sophia = ward.sophia()
    assert "no report on its tickets is taken" in warned(sophia, "globex")["webhook secret"][0]
    sophia.set_credential("globex", "backend", "webhook", Secret("whsec_"))
    assert "cannot be used" in failed(ward.sophia(), "globex")["webhook"]


def test_what_waits_to_be_delivered_is_told_with_its_age(ward: Ward) -> None:
    sophia = ward.sophia()
    with sophia.records.write(sophia.system_scope("acme", "test")) as tx:
        tx.outbox.add("tkt_1", "key", ward.clock.now())
        tx.audit.append(AuditEvent("did", "run_1"))
    ward.clock.advance(timedelta(hours=2))
    told = warned(sophia)
    assert told["tickets"] == ["1 ticket not delivered yet"]
    assert told["audit trail"] == ["1 entry not delivered yet, the oldest of 2 hours ago"]
    backlog = sophia.services.measure_backlog()
    assert (backlog.entries, backlog.entries_age) == (1, 7200.0)
    shown = sophia.services.telemetry.metrics.exposition(backlog).decode()
    assert "sophia_audit_undelivered 1.0" in shown
    assert "sophia_audit_undelivered_age_seconds 7200.0" in shown


def test_where_the_trail_goes_nowhere_nothing_of_it_waits(ward: Ward) -> None:
    sophia = ward.sophia(backend={"audit": False})
    assert not any(subject == "audit trail" for subject, _ in seen(sophia))
    backlog = sophia.services.measure_backlog()
    assert b"audit_undelivered" not in sophia.services.telemetry.metrics.exposition(backlog)


def test_a_suspended_company_is_told_and_its_old_knowledge_is_no_failure(ward: Ward) -> None:
    companies = [{"id": "acme", "suspended": "unpaid", "sources": [{"name": "docs", "path": "docs"}]}]
    ward.clock.advance(timedelta(days=9))
    sophia = ward.sophia(backend={"directory": "file"}, companies=companies)
    assert warned(sophia)["company"] == ["is suspended: unpaid"]
    assert failed(sophia) == {}


def test_a_system_whose_credential_could_change_something_is_found(ward: Ward) -> None:
    systems = {
        "acme": [
            MemorySecuritySource("reader", access=Access("sophia_reader")),
            MemorySecuritySource("writer", access=Access("admin", ("delete_by_keyword", "edit_user"))),
            MemorySecuritySource("viewer", access=Access("35 permissions in Main", (), ("annotations:create",))),
            MemorySecuritySource("silent", access=Access("")),
            FailingSecuritySource("gone"),
        ]
    }
    told = seen(ward.sophia(systems=lambda company: systems.get(company, ())))
    assert told["system reader", Level.OK] == ["is read as sophia_reader, who can change nothing there"]
    assert "as admin: delete_by_keyword, edit_user" in told["system writer", Level.FAILED][0]
    assert "annotations:create. SOPHIA never does" in told["system viewer", Level.WARNING][0]
    assert "does not tell what" in told["system silent", Level.WARNING][0]
    assert told["system gone", Level.FAILED] == ["gone: does not answer"]


def test_a_named_look_up_that_its_system_does_not_take_is_found(ward: Ward) -> None:
    source = {"name": "fw", "type": "panos", "url": "http://127.0.0.1:1", "credential": "panos/key"}
    common = {"description": "Tasks", "source": "fw"}
    lookups = [
        {"name": "right", "operation": "show", "arguments": {"view": "jobs"}},
        {"name": "filled", "operation": "show", "arguments": {"view": "$which$"}, "parameters": {"which": "text"}},
        {"name": "wrong-operation", "operation": "shw", "arguments": {"view": "jobs"}},
        {"name": "wrong-value", "operation": "show", "arguments": {"view": "jbs"}},
        {"name": "wrong-argument", "operation": "show", "arguments": {"view": "jobs", "vew": "jobs"}},
        {"name": "lacking", "operation": "show"},
    ]
    companies = [{"id": "acme", "sources": [source], "lookups": [common | lookup for lookup in lookups]}]
    sophia = ward.sophia(companies=companies, backend={"directory": "file"})
    told = {subject: lines[0] for (subject, _), lines in seen(sophia).items() if subject.startswith("look-up ")}
    assert set(told) == {f"look-up {name}" for name in ("wrong-operation", "wrong-value", "wrong-argument", "lacking")}
    assert told["look-up wrong-operation"] == "fw has no operation 'shw'; it has show"
    assert "'jbs' is not one of" in told["look-up wrong-value"]
    assert "'vew' was unexpected" in told["look-up wrong-argument"]
    assert "'view' is a required property" in told["look-up lacking"]


def test_all_companies_are_looked_at_unless_one_is_named(ward: Ward) -> None:
    assert {finding.company for finding in ward.sophia().diagnose()} == {None, "acme", "globex"}
    assert {finding.company for finding in ward.sophia().diagnose("globex")} == {None, "globex"}
    with pytest.raises(NotFound):
        next(ward.sophia().diagnose("nobody"))


def test_what_cannot_even_be_opened_is_a_finding_like_any_other() -> None:
    def broken() -> PlatformCheck:
        raise Unavailable("database", "it cannot be opened")

    def halfway() -> Iterator[Diagnosis]:
        yield Diagnosis("one", Level.OK, "works")
        raise Unavailable("two", "does not")

    def whole() -> Iterator[Diagnosis]:
        yield Diagnosis("three", Level.WARNING, "hm")

    platform = {"database": broken, "halfway": lambda: halfway, "whole": lambda: whole}
    findings = list(Diagnose(SystemIdentity(MemoryTenantDirectory()), platform, {})())
    assert [(finding.subject, finding.level.value) for finding in findings] == [
        ("database", "failed"),
        ("one", "ok"),
        ("halfway", "failed"),
        ("three", "warning"),
    ]


# On the command line


@contextmanager
def written(folder: Path, text: str) -> Iterator[list[str]]:
    path = folder / "sophia.toml"
    path.write_text(text)
    yield ["doctor", "--config", str(path)]


def ageless(told: str) -> str:
    return re.sub(r"\d+ (second|minute)s? ago", "a while ago", told)


COMPANY = '[[companies]]\nid = "acme"\nsources = [{ name = "docs", path = "docs" }]\n'


def test_it_prints_a_line_for_each_and_ends_with_1_where_something_fails(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "vpn.md").write_text("The VPN is for people on call.\n")
    with written(tmp_path, COMPANY) as command:
        before = CliRunner().invoke(cli, command)
        assert before.exit_code == 1
        assert "failed   acme: source docs: was never read" in before.stdout
        assert CliRunner().invoke(cli, ["refresh", *command[1:]]).exit_code == 0
        after = CliRunner().invoke(cli, command)
        assert after.exit_code == 0, after.stdout
        lines = after.stdout.splitlines()
        assert {line.split()[0] for line in lines} == {"ok", "warning"}
        shown = json.loads(CliRunner().invoke(cli, [*command, "--json"]).stdout)
        assert [set(finding) for finding in shown] == [{"subject", "level", "told", "company"}] * len(lines)
        for line, finding in zip(lines, shown, strict=True):
            whose = "" if finding["company"] is None else f"{finding['company']}: "
            told = f"{finding['level']:<8} {whose}{finding['subject']}: {finding['told']}"
            assert ageless(line) == ageless(told)  # it has been read for longer when it is told again
        assert CliRunner().invoke(cli, [*command, "--company", "nobody"]).exit_code == 1


def test_settings_that_cannot_be_used_are_told_before_anything_is_looked_at(tmp_path: Path) -> None:
    with written(tmp_path, '[auth]\nsecrets = "x"\n') as command:
        result = CliRunner().invoke(cli, command)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "/auth/secrets" in result.stderr
