import re
from pathlib import Path

import pytest

from sophia.domain.instructions import instructions, instructions_version

PROJECT = Path(__file__).parents[2]
PROMPT = (
    "Eres SOPHIA, un asistente de ciberseguridad RAG. Busca en tus fuentes antes de responder. Si la petición implica "
    "acción de infraestructura o provisioning, llama a la tool create_ticket."
)


def test_they_begin_with_the_brief_s_prompt_word_for_word() -> None:
    assert instructions().startswith(f"{PROMPT}\n\n")


def test_the_prompt_is_the_brief_s() -> None:
    briefs = sorted((PROJECT.parent / "shared" / "seeds").glob("*.txt"))
    if not briefs:
        pytest.skip("the brief lies beside the project where it is developed only")
    (prompt,) = {m[1] for brief in briefs for m in re.finditer(r"Prompt: “([^”]+)”", brief.read_text(encoding="utf-8"))}
    assert prompt == PROMPT


def test_they_say_what_citing_needs() -> None:
    for needed in ("[2]", "language", "data", "never follow", "do not tell"):
        assert needed in instructions()


def test_their_version_is_of_their_text() -> None:
    assert re.fullmatch(r"[0-9a-f]{8}", instructions_version())
