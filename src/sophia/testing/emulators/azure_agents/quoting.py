"""A "model" for trying things out: it searches, quotes what is nearest to the question, and knows nothing else."""

import re
from collections import Counter

from sophia.domain.citation import sentences, words_of
from sophia.testing.emulators.azure_agents.script import Asked, Call, Leg, Say

__all__ = ["quote_the_nearest"]

_A_HEADING = 4  # words
_A_WORD = 3  # letters; shorter ones hardly tell what a text is about
_ENOUGH = 2  # such words that a sentence shares with the question
_PAUSE = 0.02  # seconds from one delta to the next, as somebody who writes

_DATA = re.compile(r"</(?:passages|earlier-messages|tickets)>\n*")
_ACTION = re.compile(
    r"\b(?:bloque|crea|añad|elimin|desactiv|reinici|block|create|add|delete|disable|restart)", re.IGNORECASE
)
_NOTHING = {
    "es": "No encuentro nada sobre esto en los documentos.",
    "en": "I find nothing about this in the documents.",
}


def quote_the_nearest(asked: Asked) -> Leg:
    """Search first, and ask for a ticket where the words sound like action; then quote the nearest sentence.

    What it quotes is a whole sentence of a passage, with the passage's number.
    """
    question = _DATA.split(asked.messages[-1]["text"])[-1]
    if not asked.outputs:
        calls = [Call("rag_search", {"query": " ".join(question.split())[:1000]})]
        calls += [Call("create_ticket")] if _ACTION.search(question) else []
        if offered := tuple(call for call in calls if call.name in asked.tools):
            return Leg(offered)
    wanted = {
        word for word in words_of(question) if len(word) > _A_WORD or word.isdigit() or _is_acronym(word, question)
    }
    found = [
        (words_of(sentence) & wanted, sentence, passage["n"])
        for passage in asked.passages
        for sentence in (passage["text"][start:end] for start, end in sentences(passage["text"]))
        if len(words_of(sentence)) > _A_HEADING
    ]
    # A word tells the more the fewer sentences have it.
    having = Counter(word for shared, _, _ in found for word in shared)
    shared, sentence, number = max(
        found, key=lambda one: (sum(1 / having[word] for word in one[0]), -one[2]), default=(set[str](), "", 0)
    )
    if len(shared) < _ENOUGH:
        language = "en" if "question is in English" in asked.run["instructions"] else "es"
        return Leg((Say(_NOTHING[language], pause=_PAUSE),))
    return Leg((Say(f"{sentence} [{number}]", pause=_PAUSE),))


def _is_acronym(word: str, text: str) -> bool:
    return len(word) > 1 and word.upper() in text
