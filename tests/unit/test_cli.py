"""The command line: what it prints and how it exits."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sophia.entrypoints.cli.main import COMMANDS, cli

DOCUMENT = "# Passwords\n\nPasswords are changed every ninety days and have at least fourteen characters.\n"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli")
    (folder / "docs").mkdir()
    (folder / "docs" / "passwords.md").write_text(DOCUMENT)
    path = folder / "sophia.toml"
    path.write_text(
        '[[companies]]\nid = "acme"\nlanguage = "en"\nusers = [{ id = "ana" }]\n'
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
        (["serve"], 1, "--demo"),
        (["eval", "handoff", "/nowhere.jsonl"], 2, "does not exist"),
    ],
)
def test_what_went_wrong_is_one_line(settings: Path, arguments: list[str], code: int, said: str) -> None:
    if arguments[0] in {"ask", "refresh", "serve"} and "--config" not in arguments and len(arguments) > 1:
        arguments = [*arguments, "--config", str(settings)]
    if arguments == ["serve"]:
        arguments = ["serve", "--config", str(settings)]
    result = run(*arguments)
    assert result.exit_code == code
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    if code == 1:
        assert result.stderr.count("\n") == 1


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
