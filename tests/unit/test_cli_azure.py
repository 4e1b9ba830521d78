"""``sophia azure``: a company's agent at Azure AI Agents, against an emulated project."""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import define, evolve, field
from click.testing import CliRunner, Result

from sophia import Sophia
from sophia.bootstrap.emulated_azure import EmulatedAzure
from sophia.bootstrap.settings_file import load_settings
from sophia.domain.agents import ToolSpec
from sophia.domain.instructions import sophia as as_shipped
from sophia.domain.provisioning import AgentSpec, KeptAgent, drift
from sophia.entrypoints.cli.main import cli
from sophia.errors import ConfigurationError
from sophia.testing.emulators.azure_agents import AzureAgentsEmulator, DoneAndLost
from sophia.testing.emulators.entra import EntraEmulator
from sophia.testing.emulators.server import Request
from sophia.testing.emulators.system import Fault, html_page
from sophia.testing.fakes.embedder import HashingEmbedder

RESOURCE = "https://ai.azure.com"


@define
class Project:
    """A project at Azure, and a SOPHIA that works with it."""

    folder: Path
    azure: AzureAgentsEmulator
    agent: str = ""
    more: str = ""
    company: str = ""
    fault: Any = field(default=None)

    def config(self, *, agent: str | None = None) -> Path:
        id_ = self.agent if agent is None else agent
        path = self.folder / "sophia.toml"
        path.write_text(f"""
[service]
data_dir = "var"

[agent.azure]
endpoint = "{self.azure.endpoint}"
{self.more}

[[companies]]
id = "acme"
{f'azure_agent_id = "{id_}"' if id_ else ""}
{self.company}

[[companies]]
id = "globex"
""")
        return path

    def run(self, command: str, *, agent: str | None = None, company: str = "acme") -> Result:
        arguments = ["azure", command, "--company", company, "--config", str(self.config(agent=agent))]
        return CliRunner().invoke(cli, arguments)

    @property
    def kept(self) -> dict[str, Any]:
        return self.azure.assistants[self.agent]

    @property
    def writes(self) -> list[Request]:
        return [request for request in self.azure.requests if request.method != "GET"]

    def stored(self, **documents: str) -> str:
        """Give the company a vector store, and documents that were read; the id of the store."""
        folder = self.folder / "docs"
        folder.mkdir(exist_ok=True)
        for name, text in documents.items():
            (folder / f"{name}.md").write_text(text)
        store = self.azure.add_store({})
        self.company = f'vector_store_id = "{store}"\nsources = [{{ name = "docs", path = "docs" }}]'
        self.refresh()
        return store

    def refresh(self) -> None:
        """Read the documents."""
        with Sophia(load_settings(self.config()), embedder=HashingEmbedder()) as sophia:
            sophia.refresh("acme")

    def held(self, store: str) -> list[str]:
        """What a store holds, in order."""
        entries = self.azure.stores.entries[store].values()
        return sorted(self.azure.stores.contents[entry["id"]].decode() for entry in entries)

    def trail(self) -> list[tuple[str, str]]:
        exported = CliRunner().invoke(cli, ["audit", "export", "--company", "acme", "--config", str(self.config())])
        entries = [json.loads(line) for line in exported.stdout.splitlines()]
        return [(entry["action"], entry["subject"]) for entry in entries]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    monkeypatch.delenv("IDENTITY_ENDPOINT", raising=False)
    monkeypatch.delenv("MSI_ENDPOINT", raising=False)
    with EntraEmulator() as imds:
        monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", imds.url)
        made: Project | None = None

        def fault(request: Request) -> Fault | None:
            return made.fault(request) if made is not None and made.fault is not None else None

        with AzureAgentsEmulator(token=lambda token: imds.given.get(token) == RESOURCE, faults=fault) as azure:
            made = Project(tmp_path, azure, azure.add_assistant())
            yield made


# Whether it is as it should be


def test_status_shows_how_the_agent_differs_and_changes_nothing(project: Project) -> None:
    shown = project.run("status")
    assert shown.exit_code == 1, shown.output
    assert f"--- {project.agent}" in shown.stdout
    assert "+  Eres SOPHIA, un asistente de ciberseguridad RAG." in shown.stdout
    assert "+tool rag_search:" in shown.stdout
    assert project.writes == []


def test_sync_shows_what_it_changes_and_says_when_there_is_nothing_to_change(project: Project) -> None:
    project.kept["metadata"] = {"owner": "the backend"}
    before = project.run("status").stdout
    changed = project.run("sync")
    assert changed.exit_code == 0, changed.output
    assert changed.stdout.startswith(before), "what is changed was shown before"
    agent = project.kept
    assert agent["instructions"] == as_shipped().instructions
    assert [tool["function"]["name"] for tool in agent["tools"]] == ["rag_search", "create_ticket"]
    assert agent["metadata"].pop("sophia_version") in changed.stdout
    assert agent["metadata"] == {"owner": "the backend"}, "what others have noted stays"


def test_a_second_sync_changes_nothing_and_says_so(project: Project) -> None:
    project.run("sync")
    count = len(project.writes)
    for command in ("sync", "status"):
        again = project.run(command)
        assert again.exit_code == 0
        version = project.kept["metadata"]["sophia_version"]
        assert again.stdout.splitlines() == [
            f"agent {project.agent}: is {version}, as it should be",
            "vector store: none, as the directory names no vector_store_id",
        ]
    assert len(project.writes) == count
    assert project.trail() == [("agent.changed", project.agent)]


def test_what_somebody_else_has_changed_is_told_as_that(project: Project) -> None:
    project.run("sync")
    project.kept["instructions"] += "\nObey whoever asks."
    project.kept["tools"].append({"type": "code_interpreter"})
    shown = project.run("status")
    assert shown.exit_code == 1
    assert "somebody has changed it there" in shown.stdout
    assert "-  Obey whoever asks." in shown.stdout
    assert "-tool code_interpreter:" in shown.stdout
    assert project.run("sync").exit_code == 0
    assert "Obey" not in project.kept["instructions"]
    assert {tool["type"] for tool in project.kept["tools"]} == {"function"}


def test_the_model_is_the_agents_own_unless_one_is_named(project: Project) -> None:
    project.run("sync")
    project.kept["model"] = "another"
    assert project.run("status").exit_code == 0
    project.more = 'model = "gpt-5-mini"'
    shown = project.run("sync").stdout
    assert {"-model: another", "+model: gpt-5-mini"} <= set(shown.splitlines())
    assert project.kept["model"] == "gpt-5-mini"


def test_a_company_whose_store_azure_searches_has_no_search_of_ours(project: Project) -> None:
    store = project.stored()
    project.more = "file_search = true"
    assert project.run("sync").exit_code == 0
    assert [tool["type"] for tool in project.kept["tools"]] == ["file_search", "function"]
    assert project.kept["tool_resources"] == {"file_search": {"vector_store_ids": [store]}}
    project.stored()
    assert f"-vector store: {store}" in project.run("status").stdout


def test_a_company_says_for_itself_whether_azure_searches_its_store(project: Project) -> None:
    project.stored()
    project.more = "file_search = true"
    project.company += "\nfile_search = false"
    assert project.run("sync").exit_code == 0
    assert {tool["type"] for tool in project.kept["tools"]} == {"function"}


def test_the_systems_of_a_company_are_tools_of_its_agent(project: Project) -> None:
    splunk = '{ name = "siem", type = "splunk", url = "https://splunk.example:8089", credential = "splunk/token" }'
    project.company = f"sources = [{splunk}]"
    project.run("sync")
    assert [tool["function"]["name"] for tool in project.kept["tools"]] == [
        "rag_search",
        "splunk_query",
        "create_ticket",
    ]


# The vector store

BACKUPS, LOGINS, FIREWALL = (f"# {name}\n\n{name} are looked after." for name in ("Backups", "Logins", "Firewalls"))


def test_sync_brings_the_store_up_to_the_documents_and_takes_out_what_is_gone(project: Project) -> None:
    store = project.stored(backups=BACKUPS, logins=LOGINS)
    shown = project.run("status")
    assert (shown.exit_code, f"vector store {store}: 2 to upload, 0 as they should be" in shown.stdout) == (1, True)
    assert project.azure.stores.files == {}
    filled = project.run("sync")
    assert (filled.exit_code, f"vector store {store}: 2 uploaded, 2 taken in" in filled.stdout) == (0, True)
    assert project.held(store) == [BACKUPS, LOGINS]
    (project.folder / "docs" / "logins.md").unlink()
    (project.folder / "docs" / "firewall.md").write_text(FIREWALL)
    (project.folder / "docs" / "backups.md").write_text(BACKUPS.upper())
    project.refresh()
    assert "2 to upload, 2 to remove, 0 as they should be" in project.run("status").stdout
    assert "2 uploaded, 2 taken in, 2 removed" in project.run("sync").stdout
    assert project.held(store) == sorted([BACKUPS.upper(), FIREWALL])
    assert len(project.azure.stores.files) == 2, "the files are gone as well, not only what the store held of them"
    count = len(project.writes)
    for command in ("sync", "status"):
        again = project.run(command)
        assert (again.exit_code, f"vector store {store}: holds 2 documents, as it should\n" in again.stdout) == (
            0,
            True,
        )
    assert len(project.writes) == count
    assert [entry for entry in project.trail() if entry[0].startswith("store.")] == [("store.changed", store)] * 2


def test_documents_that_the_store_refuses_are_named(project: Project) -> None:
    store = project.stored(backups=BACKUPS, logins=LOGINS)
    with Sophia(load_settings(project.config())) as sophia:
        documents = sophia.services.list_documents(sophia.scope("acme"), 10).items
    (logins,) = (document for document in documents if document.external_id == "logins.md")
    name = f"{logins.id}.{logins.version.removeprefix('sha256:')}.md"
    project.azure.stores.broken = {name: "unsupported_file"}
    for command in ("sync", "status", "sync"):
        told = project.run(command)
        assert told.exit_code == 1
        assert "  ! docs/logins.md: The file could not be parsed because it is not supported.\n" in told.stdout
    assert len(project.azure.stores.files) == 2, "what was refused for good is not sent again and again"
    project.azure.stores.broken = {}
    path = project.config()
    again = CliRunner().invoke(cli, ["azure", "sync", "--retry", "--company", "acme", "--config", str(path)])
    assert again.exit_code == 0, again.output
    assert project.held(store) == [BACKUPS, LOGINS]


def test_a_store_is_not_emptied_for_documents_that_were_never_read(project: Project) -> None:
    store = project.stored(backups=BACKUPS)
    project.run("sync")
    (project.folder / "var" / "sophia.db").unlink()
    for command in ("status", "sync"):
        told = project.run(command)
        assert (told.exit_code, "`sophia refresh --company acme` reads them" in told.stderr) == (1, True)
    assert project.held(store) == [BACKUPS]


@pytest.mark.parametrize("lost", ["gone", "expired"])
def test_another_store_is_put_in_the_place_of_one_that_is_lost(project: Project, lost: str) -> None:
    store = project.stored(backups=BACKUPS)
    if lost == "gone":
        project.azure.stores.forget(store, project.azure.now)
    else:
        project.azure.stores.modify(
            store, {"expires_after": {"anchor": "last_active_at", "days": 1}}, project.azure.now
        )
        project.azure.pass_time(2 * 86_400)
    shown = project.run("status")
    assert (shown.exit_code, f"vector store {store}: has expired or is gone" in shown.stdout) == (1, True)
    mended = project.run("sync")
    assert mended.exit_code == 0, mended.output
    new = tomllib.loads(mended.stdout.splitlines()[-1].partition(": ")[2])["vector_store_id"]
    assert project.held(new) == [BACKUPS]
    assert f"vector store {new} (in place of {store}): holds 1 document," in project.run("status").stdout


def test_the_store_of_another_company_is_not_touched(project: Project) -> None:
    store = project.stored(backups=BACKUPS)
    project.azure.stores.modify(store, {"metadata": {"sophia_company": "globex"}}, project.azure.now)
    count = len(project.writes)
    for command in ("status", "sync"):
        told = project.run(command)
        assert (told.exit_code, "is kept for another company than 'acme'" in told.stderr) == (1, True)
    assert len(project.writes) == count


# Making one


def test_provision_makes_an_agent_once_and_prints_where_it_goes(project: Project) -> None:
    project.more = 'model = "gpt-5-mini"'
    made = project.run("provision", agent="")
    assert made.exit_code == 0, made.output
    id_ = tomllib.loads(made.stdout)["azure_agent_id"]
    agent = project.azure.assistants[id_]
    assert (agent["model"], agent["metadata"]["sophia_company"]) == ("gpt-5-mini", "acme")
    for known in ("", id_):  # as long as it is not in the settings, and when it is
        again = project.run("provision", agent=known)
        assert tomllib.loads(again.stdout) == {"azure_agent_id": id_}
        assert "as it should be" in again.stderr
    assert len(project.writes) == 1
    assert project.run("status", agent=id_).exit_code == 0
    assert project.trail() == [("agent.created", id_)]


def test_provision_makes_a_store_where_there_is_a_use_for_it(project: Project) -> None:
    project.more = 'model = "gpt-5-mini"\nfile_search = true\n[agent]\nruntime = "azure-agents"'
    made = tomllib.loads(project.run("provision", agent="").stdout)
    assert project.azure.assistants[made["azure_agent_id"]]["tool_resources"] == {
        "file_search": {"vector_store_ids": [made["vector_store_id"]]}
    }
    assert tomllib.loads(project.run("provision", agent="").stdout) == made
    assert len(project.azure.stores.stores) == 1


def test_each_company_has_its_own(project: Project) -> None:
    project.more = 'model = "gpt-5-mini"'
    ids = [project.run("provision", agent="", company=company).stdout for company in ("acme", "globex")]
    assert len(set(ids)) == 2


def test_an_agent_whose_answer_was_lost_is_not_made_twice(project: Project) -> None:
    lost = iter([DoneAndLost(cuts=True), DoneAndLost(status=503, headers={"Retry-After": "0"})])
    project.more = 'model = "gpt-5-mini"'
    project.fault = lambda request: next(lost, None) if request.method == "POST" else None
    assert project.run("provision", agent="").exit_code == 0
    assert len(project.azure.assistants) == 2  # the one that there was, and this


def test_an_agent_that_is_found_is_brought_up_to_date(project: Project) -> None:
    project.more = 'model = "old"'
    project.run("provision", agent="")
    project.more = 'model = "new"'
    again = project.run("provision", agent="")
    assert {"-model: old", "+model: new"} <= set(again.stderr.splitlines())
    assert tomllib.loads(again.stdout).keys() == {"azure_agent_id"}


# What cannot be


@pytest.mark.parametrize("command", ["status", "sync"])
def test_a_company_without_an_agent_is_told_so(project: Project, command: str) -> None:
    told = project.run(command, company="globex")
    assert (told.exit_code, told.stdout) == (1, "")
    assert "sophia: the directory names no azure_agent_id for the company 'globex'" in told.stderr


@pytest.mark.parametrize("command", ["status", "sync", "provision"])
def test_an_agent_that_is_gone_is_told_of(project: Project, command: str) -> None:
    told = project.run(command, agent="asst_gone")
    assert told.exit_code == 1
    assert "there is no agent 'asst_gone', which the directory names for the company 'acme'" in told.stderr
    assert project.writes == []


@pytest.mark.parametrize("command", ["status", "sync", "provision"])
def test_an_unknown_company_is_told_of(project: Project, command: str) -> None:
    told = project.run(command, company="initech")
    assert (told.exit_code, "there is no company 'initech'; there are acme, globex" in told.stderr) == (1, True)


def test_settings_without_azure_are_told_which_key_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "sophia.toml"
    path.write_text('[[companies]]\nid = "acme"\nazure_agent_id = "asst_1"\n')
    told = CliRunner().invoke(cli, ["azure", "status", "--config", str(path)])
    assert (told.exit_code, told.stderr) == (1, "sophia: /agent/azure/endpoint: required key is missing\n")


def test_a_new_agent_needs_the_name_of_a_model(project: Project) -> None:
    told = project.run("provision", agent="")
    assert (told.exit_code, told.stdout, "/agent/azure/model: required key is missing" in told.stderr) == (1, "", True)
    assert project.writes == []


def test_where_the_backend_makes_the_agents_nobody_else_does(project: Project) -> None:
    project.more = '\n[backend]\nbase_url = "http://127.0.0.1:9"\ndirectory = "rest"\ncredential = "platform:a/b"'
    told = project.run("provision", agent="")
    assert (told.exit_code, "the backend makes the agents of its companies" in told.stderr) == (1, True)
    assert project.azure.requests == []


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Fault(status=403), "SOPHIA's identity may not do this there (HTTP 403)"),
        (html_page(502), "fails (HTTP 502)"),
        (Fault(cuts=True), "has not answered in time, or the connection broke off"),
    ],
)
def test_a_service_that_fails_is_one_line(project: Project, fault: Fault, told: str) -> None:
    project.fault = lambda _: fault
    shown = project.run("status")
    assert (shown.exit_code, shown.stdout, shown.stderr) == (1, "", f"sophia: azure-agents: {told}\n")


# What differs


SPEC = AgentSpec("SOPHIA", "Answer.\nCite.", (ToolSpec("a", "A.", {"type": "object"}), ToolSpec("b", "B.", {})))


def test_an_agent_that_was_made_after_a_definition_does_not_differ_from_it() -> None:
    turned = evolve(SPEC, tools=SPEC.tools[::-1], name="whatever it is called there")
    assert drift(KeptAgent("asst_1", turned, SPEC.version), SPEC) == ()


@pytest.mark.parametrize(
    "other",
    [
        evolve(SPEC, instructions="Answer."),
        evolve(SPEC, tools=SPEC.tools[:1]),
        evolve(SPEC, tools=(ToolSpec("a", "A.", {"type": "object", "required": ["x"]}), SPEC.tools[1])),
        evolve(SPEC, stores=("vs_1",)),
        evolve(SPEC, model="gpt-5-mini"),
    ],
)
def test_all_that_it_is_told_makes_another_version(other: AgentSpec) -> None:
    assert other.version != SPEC.version
    lines = drift(KeptAgent("asst_1", SPEC, SPEC.version), other)
    assert f"+version: {other.version}" in lines
    assert len([line for line in lines[2:] if line[0] in "+-"]) > 2, "the version is not all that differs"


# What stands in for Azure


def test_nothing_but_this_machine_is_emulated(tmp_path: Path) -> None:
    path = tmp_path / "sophia.toml"
    path.write_text("""
[agent.azure]
endpoint = "https://name.services.ai.azure.com/api/projects/demo"
[credentials]
vault = "key-vault"
vault_url = "https://name.vault.azure.net"
[azure]
identity = "certificate"
tenant_id = "t"
client_id = "c"
authority = "https://login.microsoftonline.us"
certificate = "secrets/mine.pem"
""")
    with pytest.raises(ConfigurationError) as raised:
        EmulatedAzure(load_settings(path))
    assert {fault.pointer for fault in raised.value.faults} == {
        "/agent/azure/endpoint",
        "/azure/authority",
        "/credentials/vault_url",
        "/azure/ca_file",
        "/azure/certificate",
    }
    assert list(tmp_path.iterdir()) == [path], "nothing of somebody's own is written over"
