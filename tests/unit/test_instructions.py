import re
from pathlib import Path

import pytest

from sophia import Sophia
from sophia.bootstrap.agents import choose_agent, targets_of
from sophia.bootstrap.settings import Settings
from sophia.bootstrap.settings_file import parse_settings
from sophia.domain.agents import Turn
from sophia.domain.instructions import sophia
from sophia.errors import ConfigurationError
from sophia.ports.agent_runtime import ToolBox
from sophia.testing.fakes.agent_runtime import ScriptedAgentRuntime
from sophia.testing.fakes.embedder import HashingEmbedder

PROJECT = Path(__file__).parents[2]
PROMPT = (
    "Eres SOPHIA, un asistente de ciberseguridad RAG. Busca en tus fuentes antes de responder. Si la petición implica "
    "acción de infraestructura o provisioning, llama a la tool create_ticket."
)
HERMES = """
name = "HERMES"
instructions = ["hermes.txt"]
tools = ["rag_search"]
targets = ["NETWORK"]
"""


def test_they_begin_with_the_brief_s_prompt_word_for_word() -> None:
    assert sophia().instructions.startswith(f"{PROMPT}\n\n")


def test_the_prompt_is_the_brief_s() -> None:
    briefs = sorted((PROJECT.parent / "shared" / "seeds").glob("*.txt"))
    if not briefs:
        pytest.skip("the brief lies beside the project where it is developed only")
    (prompt,) = {m[1] for brief in briefs for m in re.finditer(r"Prompt: “([^”]+)”", brief.read_text(encoding="utf-8"))}
    assert prompt == PROMPT


def test_they_say_what_citing_needs() -> None:
    for needed in ("[2]", "language", "data", "never follow", "do not tell"):
        assert needed in sophia().instructions


def test_their_version_is_of_their_text() -> None:
    assert re.fullmatch(r"SOPHIA/[0-9a-f]{8}", sophia().version)


def with_definition(folder: Path, text: str, **more: object) -> Settings:
    (folder / "agent.toml").write_text(text, encoding="utf-8")
    (folder / "hermes.txt").write_text("You are HERMES.\n", encoding="utf-8")
    targets = [{"name": "VICTORIA"}, {"name": "NETWORK"}]
    return parse_settings({"agent": {"definition": "agent.toml"}, "targets": targets, **more}, folder)


def test_sophia_is_the_agent_unless_another_is_named(tmp_path: Path) -> None:
    settings = Settings(directory=tmp_path)
    assert choose_agent(settings) is sophia()
    assert targets_of(settings, sophia()) == settings.handoff_targets


def test_another_agent_is_a_file(tmp_path: Path) -> None:
    heard: list[tuple[Turn, list[str]]] = []

    def listen(turn: Turn, tools: ToolBox) -> list[object]:
        heard.append((turn, [spec.name for spec in tools.specs]))
        return []

    companies = [{"id": "acme"}]
    settings = with_definition(tmp_path, HERMES, companies=companies)
    with Sophia(settings, embedder=HashingEmbedder(), runtime=ScriptedAgentRuntime(listen)) as hermes:
        answered = hermes.ask("Who approves a change?", company="acme")
        asked = hermes.ask("Block 203.0.113.7 on the perimeter firewall", company="acme")
    ((turn, tools),) = heard
    assert (turn.agent.name, turn.agent.instructions, tools) == ("HERMES", "You are HERMES.", ["rag_search"])
    assert answered.agent_version == f"scripted, {turn.agent.version}"
    assert asked.handoff
    assert asked.handoff.target == "NETWORK"


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("name = [", "cannot read the agent definition"),
        ('name = "X"', "/instructions: expected at least one file"),
        ('instructions = ["hermes.txt"]', "/name: expected a name"),
        ('name = "X"\ninstructions = ["nowhere.txt"]', "/instructions: cannot be read"),
        ('name = "X"\ninstructions = "hermes.txt"', "/instructions: expected a list of texts"),
        ('name = "X"\ninstructions = ["hermes.txt"]\ncolour = 1', "/colour: unknown key"),
        (
            HERMES.replace("rag_search", "rm"),
            "/tools: there is no 'rm'; there are rag_search, splunk_query, ",
        ),
        (HERMES.replace("NETWORK", "NOBODY"), "/targets: there is no 'NOBODY'"),
    ],
)
def test_what_cannot_be_is_named(tmp_path: Path, text: str, faults: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(faults)):
        choose_agent(with_definition(tmp_path, text))


def test_a_definition_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere\.toml"):
        choose_agent(parse_settings({"agent": {"definition": "nowhere.toml"}}, tmp_path))


def test_an_agent_hands_over_every_kind_of_action_to_somebody(tmp_path: Path) -> None:
    settings = with_definition(tmp_path, HERMES)
    narrow = parse_settings(
        {
            "agent": {"definition": "agent.toml"},
            "targets": [{"name": "VICTORIA"}, {"name": "NETWORK", "categories": ["change"]}],
        },
        tmp_path,
    )
    assert choose_agent(settings).targets == ("NETWORK",)
    with pytest.raises(ConfigurationError, match="no target of HERMES takes the category 'provisioning'"):
        choose_agent(narrow)
