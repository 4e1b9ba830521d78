"""What the README says of Azure, typed as it stands there: in three terminals, on ports that are free."""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from harness import PATIENCE

from sophia.bootstrap.settings_file import load_settings, parse_settings

ROOT = Path(__file__).parents[2]
SECTION = (ROOT / "README.md").read_text().partition("## On Azure\n")[2].partition("\n## ")[0]
EMBEDDING = 300.0  # seconds for documents to be read, on a machine that does other things as well


def typed() -> list[str]:
    """The commands, a block for each terminal."""
    blocks = re.findall(r"(?:^    .*\n)+", SECTION, re.MULTILINE)
    return [re.sub(r"^    ", "", block, flags=re.MULTILINE) for block in blocks]


class Machine:
    """A clone, as far as the commands need it, whose addresses nobody else has."""

    def __init__(self, folder: Path) -> None:
        # The reports of incidents are enough; to read all documents takes a while.
        for reports in ("acme/docs/incidentes", "globex/docs/incidents"):
            shutil.copytree(ROOT / "examples" / reports, folder / "examples" / reports)
        config = (ROOT / "examples" / "azure.toml").read_text()
        ports = {"8080", *re.findall(r"127\.0\.0\.1:(\d+)", config)}
        self.ports = dict(zip(sorted(ports), free_ports(len(ports)), strict=True))
        self.folder = folder
        (folder / "examples" / "azure.toml").write_text(self.moved(config))

    def moved(self, text: str) -> str:
        """The text with this machine's ports and this Python's SOPHIA."""
        for port, free in self.ports.items():
            text = re.sub(rf"\b{port}\b", str(free), text)
        return text.replace(".venv/bin/sophia", f"{shlex.quote(sys.executable)} -u -m sophia")

    @contextmanager
    def terminal(self, commands: str, until: str, patience: float) -> Iterator[subprocess.Popen[str]]:
        """Type commands, wait until a line begins like this, and end them with Ctrl-C."""
        out = self.folder / f"{until.partition(' ')[0]}.txt"
        with out.open("w") as written:
            process = subprocess.Popen(
                ["sh", "-c", f"exec {self.moved(commands)}"],
                cwd=self.folder,
                stdout=written,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        try:
            end = time.monotonic() + patience
            while f"\n{until}" not in f"\n{out.read_text()}":
                assert process.poll() is None, out.read_text()
                assert time.monotonic() < end, out.read_text()
                time.sleep(0.1)
            yield process
        finally:
            os.killpg(process.pid, signal.SIGINT)
            try:
                ended = process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                raise
        assert ended == 0, out.read_text()
        assert "Traceback" not in out.read_text()

    def type(self, commands: str) -> str:
        """Type commands, and what they say."""
        script = f"set -e\n{self.moved(commands)}"
        done = subprocess.run(
            ["sh", "-c", script], cwd=self.folder, check=False, capture_output=True, text=True, timeout=EMBEDDING
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        held = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [each.getsockname()[1] for each in held]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    return Machine(tmp_path_factory.mktemp("azure"))


@pytest.mark.proof  # half a minute
@pytest.mark.skipif(shutil.which("curl") is None, reason="the README's lines are for curl")
def test_the_trial_answers_with_a_quote_hands_over_and_mends_the_agent(machine: Machine) -> None:
    azure, serve, ask = typed()
    with (
        machine.terminal(azure, "Azure is emulated", PATIENCE),
        machine.terminal(serve, "Serving http", EMBEDDING),
    ):
        said = machine.type(ask)
        decoder = json.JSONDecoder()
        answer, end = decoder.raw_decode(said)
        rest = said[end:].lstrip()
        action, end = decoder.raw_decode(rest)
        synced = rest[end:].lstrip()
        again = machine.type(ask.splitlines()[-1])
        where = "--company acme --config examples/azure.toml"
        kept = machine.type(
            f"printf secret | .venv/bin/sophia credentials set splunk/token {where}\n"
            f".venv/bin/sophia credentials list {where}"
        )
        looked = machine.type(".venv/bin/sophia doctor --config examples/azure.toml")
    (citation,) = answer["citations"]
    assert citation["verified"]
    assert "13 horas y 20 minutos" in citation["quote"]
    assert citation["quote"] in answer["answer"]
    assert answer["agentVersion"].startswith("azure-agents")
    assert [call["name"] for call in answer["toolCalls"]] == ["rag_search"]
    assert (action["handoff"]["decision"], action["handoff"]["status"]) == ("handed_off", "delivered")
    assert "+tool create_ticket:" in synced
    assert synced.splitlines()[-1].startswith("agent asst_acme: changed, it is SOPHIA/")
    assert "agent asst_acme: is SOPHIA/" in again
    for shown in (synced, again):
        assert "vector store vs_acme: holds 2 documents, as it should\n" in shown
    assert kept == "splunk/token\n"
    assert "failed" not in looked


def test_the_lines_that_differ_for_the_real_thing_make_settings_that_can_be_used() -> None:
    differing = tomllib.loads(re.search(r"```toml\n(.*?)```", SECTION, re.DOTALL)[1])  # type: ignore[index]
    values = tomllib.loads((ROOT / "examples" / "azure.toml").read_text())
    values["agent"]["azure"] |= differing["agent"]["azure"]
    values["credentials"] |= differing["credentials"]
    values["azure"] = differing["azure"]
    for company in differing["companies"]:
        (known,) = (one for one in values["companies"] if one["id"] == company["id"])
        known |= company
    settings = parse_settings(values, ROOT / "examples")
    assert settings.azure.identity == "managed"
    assert "127.0.0.1" not in json.dumps([differing, settings.credentials.vault_url])


def test_the_example_is_read_as_it_stands() -> None:
    assert load_settings(ROOT / "examples" / "azure.toml", {}).agent.runtime == "azure-agents"
