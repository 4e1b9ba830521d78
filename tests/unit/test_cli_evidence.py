"""``sophia evidence``: what a look-up has found, and whether it still holds."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from attrs import define, field
from click.testing import CliRunner, Result

from sophia import Sophia
from sophia.adapters.system import SystemClock
from sophia.bootstrap.settings_file import load_settings
from sophia.domain.agents import AgentEvent, Spoken, ToolCall, Turn
from sophia.entrypoints.cli.main import cli
from sophia.ports.agent_runtime import ToolBox
from sophia.testing.emulators.day import make_day
from sophia.testing.emulators.splunk import Found, SplunkEmulator
from sophia.testing.fakes.agent_runtime import ScriptedAgentRuntime

SEARCH = "index=auth action=failure | stats count by user"
TOKEN = "splunk-token-0123456789"


@define
class Siem:
    """A company's Splunk, and the settings of a SOPHIA that looks at it."""

    config: Path
    splunk: SplunkEmulator
    rows: list[dict[str, str]] = field(factory=list)

    def run(self, *arguments: str, user: str = "ana", text: str | None = None) -> Result:
        more = ("--config", str(self.config), "--company", "acme")
        whose = ("--user", user) if user else ()
        return CliRunner().invoke(cli, [*arguments, *more, *whose], input=text)

    def look(self, search: str = SEARCH) -> str:
        """The id of what a look-up of ana's has found."""

        def script(_: Turn, tools: ToolBox) -> Iterator[AgentEvent]:
            tools.call(ToolCall("call-1", "splunk_query", {"operation": "search", "search": search}))
            yield Spoken("Done.", claim=False)

        with Sophia(load_settings(self.config), runtime=ScriptedAgentRuntime(script)) as sophia:
            (call,) = sophia.ask("How many failed logins were there?", company="acme", user="ana").tool_calls
        assert call.evidence_id
        return call.evidence_id


@pytest.fixture
def siem(tmp_path: Path) -> Iterator[Siem]:
    rows = [{"user": "ana", "count": "41"}, {"user": "bo\x1b[31mb", "count": "2"}]
    config = tmp_path / "sophia.toml"
    with SplunkEmulator(make_day(), token=TOKEN, answers=lambda _: Found(rows)) as splunk:
        config.write_text(
            '[credentials]\ncache_ttl = 0\n[[companies]]\nid = "acme"\nusers = [{ id = "ana" }, { id = "luis" }, '
            '{ id = "guest", permissions = ["chat"] }]\n[[companies.sources]]\nname = "siem"\ntype = "splunk"\n'
            f'url = "{splunk.url}"\ncredential = "splunk/token"\ncaps = {{ a_day = 3 }}\n'
        )
        siem = Siem(config, splunk, rows)
        assert siem.run("credentials", "set", "splunk/token", user="", text=TOKEN).exit_code == 0
        yield siem


def test_what_was_found_is_shown(siem: Siem) -> None:
    id_ = siem.look()
    shown = siem.run("evidence", "show", id_)
    assert shown.exit_code == 0
    for told in (f"search {SEARCH}", "(siem)", "2 of 2 rows", "sha256:"):
        assert told in shown.stdout, told
    assert shown.stdout.splitlines()[-4:-1] == ["| user | count |", "|---|---|", "| ana | 41 |"]
    assert "\x1b[31m" not in shown.stdout
    told = json.loads(siem.run("evidence", "show", id_, "--json").stdout)
    assert (told["evidenceId"], told["rows"][0], told["source"]) == (id_, ["ana", "41"], "siem")


def test_a_result_that_holds_is_told_from_one_that_does_not(siem: Siem) -> None:
    id_ = siem.look()
    same = siem.run("evidence", "replay", id_)
    assert (same.exit_code, "The result still holds." in same.stdout) == (0, True)
    siem.rows[0] = {"user": "ana", "count": "42"}
    other = siem.run("evidence", "replay", id_)
    assert (other.exit_code, "The result is another by now." in other.stdout) == (1, True)
    assert other.stdout.splitlines()[-2:] == ["- ana | 41", "+ ana | 42"]
    asked = [
        {name: job.search.parameters[name] for name in ("search", "earliest_time", "latest_time")}
        for job in siem.splunk.jobs
    ]
    assert asked == [asked[0]] * 3


def test_it_is_json_in_the_shape_of_the_contract(siem: Siem) -> None:
    id_ = siem.look()
    siem.rows.pop()
    result = siem.run("evidence", "replay", id_, "--json")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["holds"]) == (1, False)
    assert (len(told["before"]["rows"]), len(told["now"]["rows"])) == (2, 1)
    assert told["before"]["range"] == told["now"]["range"]


def test_another_users_is_none(siem: Siem) -> None:
    id_ = siem.look()
    for command in ("show", "replay"):
        unknown = siem.run("evidence", command, f"ev_{'0' * 26}", user="luis")
        others = siem.run("evidence", command, id_, user="luis")
        assert (others.exit_code, others.stdout) == (1, "")
        assert others.stderr.replace(id_, "ID") == unknown.stderr.replace(f"ev_{'0' * 26}", "ID")
    assert len(siem.splunk.jobs) == 1


def test_a_system_that_refuses_is_one_clear_line(siem: Siem) -> None:
    id_ = siem.look()
    siem.splunk.token = "another"
    result = siem.run("evidence", "replay", id_)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == "sophia: siem: does not let SOPHIA's credential do this (HTTP 401)"
    assert TOKEN not in result.stderr + result.stdout


def replayed(siem: Siem, id_: str, **changes: str) -> str:
    """What `replay` says once the settings are others, in its one line."""
    text = siem.config.read_text()
    for before, after in changes.values():
        assert before in text
        text = text.replace(before, after)
    siem.config.write_text(text)
    result = siem.run("evidence", "replay", id_)
    assert (result.exit_code, result.stdout) == (1, "")
    return result.stderr.splitlines()[-1]


def test_a_system_that_is_not_reached_is_one_clear_line(siem: Siem) -> None:
    id_ = siem.look()
    assert replayed(siem, id_, url=(siem.splunk.url, "http://127.0.0.1:1")) == "sophia: siem: cannot be reached"
    assert siem.run("evidence", "show", id_).exit_code == 0


def test_a_system_of_another_name_by_now_is_one_clear_line(siem: Siem) -> None:
    told = replayed(siem, siem.look(), name=('name = "siem"', 'name = "archive"'))
    assert told == "sophia: siem, where it was found, is no system any more that this user may look at"


def test_a_system_of_others_by_now_is_one_clear_line(siem: Siem) -> None:
    told = replayed(siem, siem.look(), groups=('name = "siem"', 'name = "siem"\ngroups = ["soc"]'))
    assert told == "sophia: siem, where it was found, is no system any more that this user may look at"


def test_a_permission_that_was_withdrawn_is_one_clear_line(siem: Siem) -> None:
    told = replayed(siem, siem.look(), ana=('{ id = "ana" }', '{ id = "ana", permissions = ["chat"] }'))
    assert "lookup:splunk" in told
    assert len(siem.splunk.jobs) == 1


def test_a_search_that_the_policy_refuses_by_now_is_one_clear_line(siem: Siem) -> None:
    told = replayed(siem, siem.look(), commands=('type = "splunk"', 'type = "splunk"\ncommands = ["search", "head"]'))
    assert "stats" in told
    assert len(siem.splunk.jobs) == 1


def test_a_look_up_that_is_no_longer_named_is_made_again_all_the_same(siem: Siem) -> None:
    """What is kept is what was asked, and not the name under which a message has found it."""
    with Sophia(load_settings(siem.config)) as sophia:
        (call,) = sophia.ask("How many failed logins were there last night?", company="acme", user="ana").tool_calls
    assert call.evidence_id
    away = '[[companies.lookups]]\nname = "failed-logins"\nenabled = false\n'
    siem.config.write_text(siem.config.read_text() + away)
    again = siem.run("evidence", "replay", call.evidence_id)
    assert (again.exit_code, "The result still holds." in again.stdout) == (0, True)


def test_what_is_looked_up_again_is_counted(siem: Siem, monkeypatch: pytest.MonkeyPatch) -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)  # at midnight it is counted anew
    monkeypatch.setattr(SystemClock, "now", lambda _: noon)
    id_ = siem.look()
    assert [siem.run("evidence", "replay", id_).exit_code for _ in range(3)] == [0, 0, 1]
    told = siem.run("evidence", "replay", id_).stderr
    assert "at the most 3 look-ups a day at siem" in told
    assert len(siem.splunk.jobs) == 3
