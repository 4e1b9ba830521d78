"""The command line: what it prints and how it exits."""

import hashlib
import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from standardwebhooks import Webhook

from sophia import Sophia
from sophia.adapters.standard_webhooks.verifier import StandardWebhookVerifier, mint_webhook_secrets
from sophia.application.identity import CredentialKind
from sophia.bootstrap.settings_file import load_settings
from sophia.domain.tickets import TicketReport, TicketState
from sophia.entrypoints.cli.main import COMMANDS, cli
from sophia.errors import Unauthenticated
from sophia.testing.scopes import system_scope

DOCUMENT = "# Passwords\n\nPasswords are changed every ninety days and have at least fourteen characters.\n"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli")
    (folder / "docs").mkdir()
    (folder / "docs" / "passwords.md").write_text(DOCUMENT)
    path = folder / "sophia.toml"
    path.write_text(
        '[[companies]]\nid = "acme"\nlanguage = "en"\nusers = [{ id = "ana" }, { id = "luis" }]\n'
        'sources = [{ name = "docs", path = "docs" }]\n'
    )
    assert run("refresh", "--config", str(path)).exit_code == 0
    return path


def run(*arguments: str, text: str | None = None) -> Result:
    return CliRunner().invoke(cli, arguments, input=text)


def test_help_names_every_command() -> None:
    result = run("--help")
    assert result.exit_code == 0
    for name, told in COMMANDS.items():
        assert f"{name} " in result.stdout
        assert told in result.stdout
        assert run(name, "--help").exit_code == 0


def test_ask_prints_an_answer_with_its_citations(settings: Path) -> None:
    result = run("ask", "How often are passwords changed?", "--config", str(settings))
    assert result.exit_code == 0
    assert "Passwords are changed every ninety days" in result.stdout
    assert "[1] Passwords" in result.stdout
    assert "passwords.md" in result.stdout


def test_a_suspended_company_is_told_why_and_left_out(tmp_path: Path) -> None:
    path = tmp_path / "sophia.toml"
    path.write_text('[[companies]]\nid = "acme"\nsuspended = "not paid"\n[[companies]]\nid = "globex"\n')
    for command in (["ask", "Who?"], ["refresh"]):
        refused = run(*command, "--company", "acme", "--config", str(path))
        assert (refused.exit_code, "the company is suspended: not paid" in refused.stderr) == (1, True)
    refreshed = run("refresh", "--config", str(path))
    assert (refreshed.exit_code, "acme: left out: the company is suspended" in refreshed.stderr) == (0, True)


def test_ask_prints_json_in_the_shape_of_the_contract(settings: Path) -> None:
    result = run("ask", "How often are passwords changed?", "--config", str(settings), "--json", "--user", "ana")
    answer = json.loads(result.stdout)
    citation = answer["citations"][0]
    assert citation["verified"]
    assert DOCUMENT[citation["start"] : citation["end"]] == citation["quote"]
    threads = json.loads(run("threads", "--config", str(settings), "--user", "ana", "--json").stdout)
    assert answer["threadId"] in [thread["threadId"] for thread in threads]


def test_a_request_for_action_shows_up_among_the_tickets(settings: Path) -> None:
    run("ask", "Block the IP 203.0.113.7 on the firewall", "--config", str(settings), "--user", "ana")
    (ticket,) = json.loads(run("tickets", "--config", str(settings), "--user", "ana", "--json").stdout)
    assert ticket["status"] == "delivered"
    assert ticket["title"] == "Block the IP 203.0.113.7 on the firewall"
    assert json.loads(run("tickets", "--config", str(settings), "--json").stdout) == []


def test_what_was_reported_of_a_ticket_stands_with_it(settings: Path) -> None:
    run("ask", "Block the IP 203.0.113.8 on the firewall", "--config", str(settings), "--user", "luis")
    (secret,) = mint_webhook_secrets(["acme"]).values()
    sophia = Sophia.from_settings(settings, webhooks=StandardWebhookVerifier({"acme": secret}.get))
    at = datetime.now(UTC)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", at, "{}"),
    }
    scope = sophia.services.authenticate_webhook("acme", b"{}", headers)
    asked = sophia.services.list_tickets(sophia.scope("acme", "luis"), 1).items[0]
    sophia.services.update_ticket(scope, asked.id, TicketReport(3, TicketState.RETURNED, "no\x1b[31m such rule"))
    shown = run("tickets", "--config", str(settings), "--user", "luis").stdout
    assert "delivered, returned (version 3)" in shown
    assert "no\ufffd[31m such rule" in shown
    (ticket,) = json.loads(run("tickets", "--config", str(settings), "--user", "luis", "--json").stdout)
    assert (ticket["state"], ticket["version"], ticket["evidenceCount"]) == ("returned", 3, 1)


def test_chat_goes_on_in_one_thread(settings: Path) -> None:
    result = run("chat", "--config", str(settings), text="How often are passwords changed?\nhello\n\n")
    assert result.exit_code == 0
    assert "every ninety days" in result.stdout
    newest = json.loads(run("threads", "--config", str(settings), "--json", "--limit", "1").stdout)[0]
    assert newest["title"] == "How often are passwords changed?"


def test_a_thread_can_be_deleted(settings: Path) -> None:
    asked = run("ask", "hello", "--config", str(settings), "--json")
    thread = json.loads(asked.stdout)["threadId"]
    assert run("threads", "--config", str(settings), "--delete", thread).exit_code == 0
    again = run("threads", "--config", str(settings), "--delete", thread)
    assert again.exit_code == 1
    assert again.stderr == f"sophia: no thread '{thread}'\n"


def test_a_dry_run_changes_nothing(settings: Path) -> None:
    new = settings.parent / "docs" / "new.md"
    new.write_text("# New\n\nSomething else altogether.\n")
    dry = run("refresh", "--dry-run", "--config", str(settings))
    new.unlink()
    assert "1 new" in dry.stderr
    assert "would embed 1 passages" in dry.stderr
    assert "0 new, 0 changed, 0 removed, 1 unchanged" in run("refresh", "--config", str(settings)).stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["ask"], 2, "Missing argument"),
        (["nonsense"], 2, "No such command"),
        (["ask", "?", "--nonsense"], 2, "No such option"),
        (["ask", "?", "--config", "/nowhere/sophia.toml"], 1, "cannot read the settings file"),
        (["ask", "?", "--company", "globex"], 1, "there is no company 'globex'; there are acme"),
        (["ask", "?", "--user", "eva"], 1, "'eva' is not a user of this company"),
        (["ask", " "], 1, "/message: must not be empty"),
        (["refresh", "--source", "splunk"], 1, "no source 'splunk'; there are docs"),
        (["refresh", "--company", "globex"], 1, "no company 'globex'"),
        (["eval", "handoff", "/nowhere.jsonl"], 2, "does not exist"),
    ],
)
def test_what_went_wrong_is_one_line(settings: Path, arguments: list[str], code: int, said: str) -> None:
    if arguments[0] in {"ask", "refresh", "serve"} and "--config" not in arguments and len(arguments) > 1:
        arguments = [*arguments, "--config", str(settings)]
    result = run(*arguments)
    assert result.exit_code == code
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    if code == 1:
        assert result.stderr.count("\n") == 1


def test_what_would_stop_a_server_that_serves_is_said_before_it_does(tmp_path: Path) -> None:
    config = tmp_path / "sophia.toml"
    config.write_text(
        '[service]\nport = 0\n[backend]\nbase_url = "https://b.example.com"\ncredential = "platform:backend/token"\n'
    )
    result = run("serve", "--demo", "--config", str(config))
    assert result.exit_code == 1
    assert "sophia: /backend/credential: vault: the platform has no backend/token" in result.stderr


def test_eval_handoff(tmp_path: Path) -> None:
    file = tmp_path / "messages.jsonl"
    lines = [
        {"id": "1", "text": "Block the IP 203.0.113.7", "decision": "handoff", "category": "change"},
        {"id": "2", "text": "What is a VLAN?", "decision": "answer", "category": "knowledge"},
    ]
    file.write_text("\n".join(map(json.dumps, lines)))
    measured = json.loads(run("eval", "handoff", str(file), "--json").stdout)
    assert (measured["f1"], measured["category_accuracy"]) == (1.0, 1.0)
    assert [p["decision"] for p in measured["predictions"]] == ["handoff", "answer"]
    file.write_text('{"id": "1", "text": "x", "decision": "maybe"}')
    assert "decision must be handoff or answer" in run("eval", "handoff", str(file)).stderr


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
def test_eval_retrieval(tmp_path: Path, mode: str) -> None:
    texts = {"a": "Firewall rules are reviewed every month.", "b": "Backups are kept for ninety days."}
    (tmp_path / "c").write_text("\n".join(json.dumps({"_id": i, "title": i, "text": t}) for i, t in texts.items()))
    queries = '{"_id": "1", "text": "How long are backups kept?"}\n{"_id": "2", "text": "unjudged"}\n'
    (tmp_path / "q").write_text(queries)
    (tmp_path / "r").write_text("query-id\tcorpus-id\tscore\n1\tb\t1\n")
    files = ["--corpus", str(tmp_path / "c"), "--queries", str(tmp_path / "q"), "--qrels", str(tmp_path / "r")]
    measured = json.loads(run("eval", "retrieval", *files, "--mode", mode, "--json").stdout)
    assert (measured["ndcg@10"], measured["mrr@10"]) == (1.0, 1.0)
    (tmp_path / "q").write_text("{broken")
    assert "line 1" in run("eval", "retrieval", *files).stderr


def test_credentials_are_kept_and_never_printed(settings: Path) -> None:
    config = ("--config", str(settings))
    for where in (("--company", "acme"), ("--platform",)):
        kept = run("credentials", "set", "splunk/api", *where, *config, text=f"canary {where}\n")
        assert (kept.exit_code, kept.stdout, kept.stderr) == (0, "", "kept splunk/api\n")
        listed = run("credentials", "list", *where, *config)
        assert (listed.exit_code, listed.stdout) == (0, "splunk/api\n")
    with Sophia(load_settings(settings)) as sophia:
        assert sophia.platform_vault.secret("splunk", "api").reveal() == "canary ('--platform',)"
        with sophia.records.read(system_scope("acme")) as tx:
            changed = [e for e in tx.audit.entries() if e.event.action == "credential.changed"]
    assert [(entry.actor, entry.event.subject) for entry in changed] == [("system:credentials", "splunk/api")]
    assert "canary" not in repr(changed)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [("splunk", "value", "/name"), ("Splunk/api", "value", "/category"), ("splunk/api", "", "/secret")],
)
def test_a_credential_that_is_none_is_refused(settings: Path, name: str, text: str, told: str) -> None:
    there = run("credentials", "list", "--config", str(settings)).stdout
    result = run("credentials", "set", name, "--config", str(settings), text=text)
    assert (result.exit_code, result.stdout) == (1, "")
    assert told in result.stderr
    assert run("credentials", "list", "--config", str(settings)).stdout == there


def test_a_key_is_made_shown_once_and_revoked(settings: Path) -> None:
    config = ("--config", str(settings))
    made = run("keys", "create", "--days", "30", *config)
    key = made.stdout.strip()
    assert (made.exit_code, key[:4]) == (0, "sph_")
    with Sophia(load_settings(settings)) as sophia:
        scope = sophia.services.authenticate(CredentialKind.ACCESS_KEY, key, "ana")
        assert (scope.company_id, scope.user_id) == ("acme", "ana")
    (listed,) = json.loads(run("keys", "list", "--json", *config).stdout)
    assert (listed["id"], listed["state"]) == (key.split("_")[1], "good")
    assert listed["lastUsedAt"] > listed["createdAt"]
    assert key not in run("keys", "list", *config).stdout
    assert run("keys", "revoke", listed["id"], *config).exit_code == 0
    assert json.loads(run("keys", "list", "--json", *config).stdout)[0]["state"] == "revoked"
    with Sophia(load_settings(settings)) as sophia, pytest.raises(Unauthenticated):
        sophia.services.authenticate(CredentialKind.ACCESS_KEY, key)


def test_the_key_of_a_backend_is_taken_over_from_standard_input(settings: Path) -> None:
    config = ("--config", str(settings))
    assert run("keys", "import", *config, text="of-the-backend-4kd93kdl2\n").exit_code == 0
    again = run("keys", "import", *config, text=hashlib.sha256(b"of-the-backend-4kd93kdl2").hexdigest())
    assert (again.exit_code, again.stderr) == (1, "sophia: this contradicts what is stored already\n")
    short = run("keys", "import", *config, text="guessable")
    assert short.exit_code == 1
    assert "at least 22 characters" in short.stderr
    with Sophia(load_settings(settings)) as sophia:
        assert sophia.services.authenticate(CredentialKind.ACCESS_KEY, "of-the-backend-4kd93kdl2").company_id == "acme"


def test_the_audit_trail_is_exported_and_verified(settings: Path, tmp_path: Path) -> None:
    config = ("--config", str(settings))
    run("ask", "How often are passwords changed?", *config)
    exported = run("audit", "export", *config)
    entries = [json.loads(line) for line in exported.stdout.splitlines()]
    assert [entry["sequence"] for entry in entries] == list(range(1, len(entries) + 1))
    assert "passwords" not in exported.stdout
    later = run("audit", "export", "--after", "2", *config).stdout
    assert later == "".join(exported.stdout.splitlines(keepends=True)[2:])
    noted = tmp_path / "noted.jsonl"
    noted.write_text(exported.stdout)
    for more in ((), ("--noted", str(noted))):
        whole = run("audit", "verify", *more, *config)
        assert (whole.exit_code, whole.stdout) == (0, "")
    noted.write_text(json.dumps({**entries[-1], "sequence": len(entries) + 5}))
    cut = run("audit", "verify", "--noted", str(noted), *config)
    assert cut.exit_code == 1
    assert f"acme: {len(entries) + 1} is missing: the chain was cut" in cut.stdout
    noted.write_text("no entry")
    assert "line 1 of" in run("audit", "verify", "--noted", str(noted), *config).stderr


def test_a_changed_audit_entry_is_located(settings: Path) -> None:
    with sqlite3.connect(settings.parent / "var" / "sophia.db") as database:
        database.execute("UPDATE audit SET actor = 'mallory' WHERE sequence = 2")
    database.close()
    result = run("audit", "verify", "--config", str(settings))
    assert (result.exit_code, result.stdout) == (1, "acme: 2 was changed: its hash is another\n")


ESCAPES = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202etxet\r"


def test_what_documents_and_users_say_cannot_drive_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    name = "passwords\x1b[31m\n! forged.md"
    (tmp_path / "docs" / name).write_text(DOCUMENT.replace("ninety", f"{ESCAPES}ninety[bold]"), newline="")
    (tmp_path / "docs" / f"empty{name}").write_text("")
    path = tmp_path / "sophia.toml"
    path.write_text(
        '[[companies]]\nid = "acme"\nlanguage = "en"\nusers = [{ id = "ana" }]\n'
        'sources = [{ name = "docs", path = "docs" }]\n'
    )
    on = ("--config", str(path))
    question = f"How often are passwords changed{ESCAPES}?"
    request = f"Block the IP 203.0.113.7 on the firewall{ESCAPES}\nTCK-9 forged"
    shown = [
        run("refresh", *on),
        run("ask", question, *on),
        run("ask", question, *on, "--json"),
        run("ask", request, *on),
        run("ask", request, *on, "--json"),
        run("chat", *on, text=f"{question}\n{request}\n\n"),
        run("threads", *on),
        run("threads", *on, "--json"),
        run("tickets", *on),
        run("tickets", *on, "--json"),
        run("ask", "hello", *on, "--company", f"none{ESCAPES}\nforged"),
    ]
    assert [result.exit_code for result in shown] == [0] * 10 + [1]
    for result in shown:
        # What is typed into a conversation is echoed as it is typed.
        lines = [line for line in result.output.split("\n") if not line.startswith("> ")]
        assert not set("".join(lines)) & set("\x1b\x07\x9b\u202e\r"), lines
        assert not any(line.lstrip(" !").startswith("forged") for line in lines)
    assert "ninety[bold]" in shown[1].stdout
    assert json.loads(shown[4].stdout)["handoff"]["decision"] == "handed_off"
