"""schemathesis against SOPHIA on a loopback port."""

import os
import subprocess
import sys
from pathlib import Path

import attrs
from harness import ACTION, KEYS, LOOK, SECRETS
from serving import served

__all__ = ["Report", "run_schemathesis"]

_HERE = Path(__file__).parent


@attrs.frozen
class Report:
    """What it has found, in its own words."""

    ok: bool
    text: str

    @property
    def summary(self) -> str:
        return self.text[self.text.rindex("= SUMMARY =") :].partition("\n")[2].strip()


def run_schemathesis(folder: Path, examples: int, seconds: float) -> Report:
    """All phases and checks, with as many examples an operation; `seconds` bound the whole run."""
    with served(folder) as (world, url):
        asked = world.caller().ask(ACTION).json()
        looked = world.caller().ask(LOOK).json()
        environment = {
            "SOPHIA_KEY": KEYS["acme"],
            "SOPHIA_TICKET": asked["handoff"]["ticketId"],
            "SOPHIA_EVIDENCE": looked["toolCalls"][0]["evidenceId"],
            "SOPHIA_WEBHOOK": str(SECRETS["acme"]),
            "SCHEMATHESIS_HOOKS": "schemathesis_hooks",
            "PYTHONPATH": os.pathsep.join([str(_HERE), os.environ.get("PYTHONPATH", "")]),
        }
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(_HERE / "schemathesis.toml")),
            *("run", f"{url}/openapi.yaml", "--no-color", "--workers", "1", "--seed", "1"),
            *("--phases", "examples,coverage,fuzzing,stateful", "--checks", "all"),
            *("--max-examples", str(examples), "--generation-database", "none"),
        ]
        done = subprocess.run(
            command,
            env={**os.environ, **environment},
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    return Report(done.returncode == 0, done.stdout + done.stderr)
