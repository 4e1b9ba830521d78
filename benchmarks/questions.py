"""Ask the example companies' questions and count what came of them.

    python benchmarks/questions.py examples/sophia.toml [--show]

A question counts as answered rightly when a verified citation of the right document holds the words that
answer it; as refused when nothing is cited or what is cited is said to be no sure answer; an action when a ticket
comes of it. The plain questions are by somebody who knew the documents and not the program.
"""

import argparse
import json
import tempfile
from pathlib import Path

import attrs

from sophia import Sophia
from sophia.adapters.extractive.wording import WORDINGS
from sophia.bootstrap.settings_file import load_settings
from sophia.entrypoints.cli.options import quiet_logs


def ask_all(settings_path, show=False):
    """Figures a company: {company: {kind: (right, asked)}}."""
    settings = load_settings(settings_path)
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        own = attrs.evolve(settings, service=attrs.evolve(settings.service, data_dir=folder))
        with Sophia(own) as sophia:
            for company in settings.companies:
                sophia.refresh(company.id)
                questions = json.loads((settings_path.parent / company.id / "questions.json").read_text())
                figures[company.id] = ask(sophia, company.id, questions, show)
    return figures


def ask(sophia, company, questions, show):
    counted = {}
    for kind, items in questions.items():
        right = 0
        for item in items:
            text = item["question"] if isinstance(item, dict) else item
            answer = sophia.ask(text, company=company)
            good = judge(kind, item, answer)
            right += good
            if show or not good:
                print(f"\n--- {company} {kind} {'right' if good else 'WRONG'}: {text}\n{answer.text}")
                if isinstance(item, dict):
                    print(f"    (looked for {item['contains']!r} in {item['document']})")
        counted[kind] = (right, len(items))
    return counted


def judge(kind, item, answer):
    if kind.endswith("refused"):
        unsure = answer.text.startswith(tuple(wording.unsure for wording in WORDINGS.values()))
        return (unsure or not answer.citations) and answer.handoff is None
    if kind == "actions":
        return answer.handoff is not None and answer.handoff.ticket_id is not None
    return any(
        c.verified and c.uri.endswith(item["document"]) and item["contains"] in c.quote for c in answer.citations
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("settings", type=Path)
    parser.add_argument("--show", action="store_true", help="print every answer, not only the wrong ones")
    arguments = parser.parse_args()
    quiet_logs()
    for company, counted in ask_all(arguments.settings, arguments.show).items():
        print(f"{company}: " + ", ".join(f"{kind} {right}/{asked}" for kind, (right, asked) in counted.items()))
