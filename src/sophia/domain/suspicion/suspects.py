"""Which of the texts that an answer is made with speak to the assistant."""

from collections.abc import Iterable
from enum import StrEnum

from attrs import field, frozen

from sophia.domain.conversation import Message, thread_title
from sophia.domain.evidence import is_evidence
from sophia.domain.intent.masking import mask
from sophia.domain.knowledge import Passage, text_version
from sophia.domain.suspicion.reading import folded, uncovered
from sophia.domain.suspicion.rules import Sign, is_order, signs_in

__all__ = ["Origin", "Suspect", "signs_of_injection", "suspects"]


class Origin(StrEnum):
    """Where a text comes from that an answer is made with and that is not the user's own."""

    DOCUMENT = "document"
    SYSTEM = "system"
    """What one of the company's systems has answered."""
    QUOTATION = "quotation"
    """What the user's message quotes."""


@frozen
class Suspect:
    """A text that speaks to the assistant.

    Attributes:
        subject: the id of the document or the evidence; of a quotation, the message's.
        title: the document's.
        details: for the record, without the text: of a document its version and the digests of the passages.
    """

    origin: Origin
    subject: str
    signs: frozenset[Sign]
    title: str = field(default="", repr=False)
    details: dict[str, str] = field(factory=dict, hash=False)


def suspects(passages: Iterable[Passage], message: Message) -> tuple[Suspect, ...]:
    """The documents among the passages that speak to the assistant, and the message, if what it quotes does.

    What the user says in their own words is not looked at.
    """
    found = dict[str, Suspect]()
    for passage in {passage.chunk_id: passage for passage in passages}.values():
        if signs := signs_of_injection(passage.title, *passage.heading, passage.text):
            known = found.get(passage.document_id)
            digests = [*(known.details["digests"].split() if known else ()), text_version(passage.text)]
            found[passage.document_id] = Suspect(
                Origin.SYSTEM if is_evidence(passage.document_id) else Origin.DOCUMENT,
                passage.document_id,
                signs | (known.signs if known else frozenset()),
                thread_title(passage.title),
                {"version": passage.document_version, "digests": " ".join(digests)},
            )
    quoted = [message.text[start:end] for start, end in mask(message.text)[1]]
    if quoted and (signs := signs_of_injection(*quoted)):
        found[message.id] = Suspect(Origin.QUOTATION, message.id, signs)
    return tuple(found.values())


def signs_of_injection(*texts: str) -> frozenset[Sign]:
    """What in a text (title, headings, words) speaks to the assistant; empty: nothing.

    Takes time linear in the length of the texts.
    """
    whole = "\n".join(texts)
    signs = signs_in(folded(whole))
    for hidden in map(folded, uncovered(whole)):
        if (found := signs_in(hidden)) or is_order(hidden):
            signs |= found | {Sign.HIDDEN}
    return signs
