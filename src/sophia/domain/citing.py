"""What a model cites, made into citations that can be proved, while its text still comes.

A model sees the passages of a turn under numbers and writes ``[2]`` after what it takes from the second. A reader
wants more: the very words. So each marker becomes that of a quote, numbered as the quotes appear: the sentences of the
passage that are nearest to what the model says before its marker, or the words that it quotes. A number that no passage
has is taken out of the text; words in quotation marks that the passage does not hold are passed on as the model gave
them, so that the check of quotes finds them out.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

from sophia.domain.agents import Cited, Spoken
from sophia.domain.citation import Quote, sentences, words_of
from sophia.domain.knowledge import Passage

__all__ = ["Citing", "find", "without_markers"]

# A run of backticks opens or closes code. What a marker holds is bounded, so that what may become one is, too.
_TOKEN = re.compile(
    r"(?P<ticks>`+)|(?P<line>\n)|(?P<blank> ?)\[(?:(?P<numbers>[\d,; ]{1,40})\]|(?P<endless>[\d,; ]{41}))"
)
_UNFINISHED = re.compile(r"(?:`+| (?:\[[\d,; ]{0,40})?|\[[\d,; ]{0,40})\Z")
_BEGUN = re.compile(r"\[\d*\Z")
_MARKER = re.compile(r" ?\[\d+(?:[,;] ?\d+)*\]")
_FENCE = 3
_LONGEST_TAIL = 42

_QUOTATION = re.compile(r"“([^“”]+)”|«([^«»]+)»|\"([^\"]+)\"")
_LEFT_OUT = re.compile(r"…|\.{3}|\[…\]|\(…\)")
_EDGES = " .,;:!?¡¿…()[]'"
_SIGNS = frozenset("*_`\\~")
_ALIKE = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "«": '"', "»": '"', "–": "-", "—": "-", "‑": "-"})

_ITEM = re.compile(r"(?:#{1,6}|>|[-*+•]|\d{1,3}[.)])\s+")
_LONGEST_RUN = 3
_WORTH_A_SENTENCE = 0.9
_SHORT_WORD = 3

_Span = tuple[int, int]


def without_markers(text: str) -> str:
    """A reply without its markers: in another turn their numbers mean other passages."""
    return _MARKER.sub("", text)


class Citing:
    """Reads one reply of a model as it comes. However it is cut into pieces, text and citations are the same.

    Args:
        question: the user's words; to repeat them in quotation marks is to quote no passage.
        after: passages are numbered from the next number on, where the model has seen others under those before.
    """

    def __init__(self, question: str = "", after: int = 0) -> None:
        self._after = after
        self._question = _folded(question)[0]
        self._passages: dict[int, Passage] = {}
        self._numbers: dict[tuple[str, str], int] = {}
        self._indices: dict[tuple[int, _Span, str], int] = {}
        self._held = ""
        self._code = 0  # how many backticks opened the code that the text is in
        self._since = ""  # what was said since the last marker
        self._claim = ""  # what the last marker stands for
        self._tail = ""

    def number(self, passage: Passage) -> int:
        """The number under which the model sees a passage; the same passage keeps it."""
        following = self._after + len(self._numbers) + 1
        number = self._numbers.setdefault((passage.chunk_id, passage.document_version), following)
        self._passages.setdefault(number, passage)
        return number

    @property
    def numbered(self) -> int:
        """The highest number that a passage has."""
        return self._after + len(self._numbers)

    def read(self, text: str) -> Iterator[Spoken | Cited]:
        """The next piece of what the model says; what may be the beginning of a marker waits for the next."""
        text = self._held + text
        unfinished = _UNFINISHED.search(text)
        cut = unfinished.start() if unfinished else len(text)
        self._held = text[cut:]
        yield from self._read(text[:cut])

    def close(self) -> Iterator[Spoken | Cited]:
        """The model has ended, or pauses for a tool: what waits is said."""
        text, self._held = self._held, ""
        yield from self._read(text)

    def _read(self, text: str) -> Iterator[Spoken | Cited]:
        plain, at = "", 0
        for token in _TOKEN.finditer(text):
            plain += text[at : token.start()]
            at = token.end()
            if token["numbers"] and not self._code and any(map(str.isdigit, token["numbers"])):
                yield from self._say(plain)
                plain = ""
                yield from self._cite(token["blank"], [int(n) for n in re.findall(r"\d+", token["numbers"])])
            else:
                plain += self._passed_over(token)
        yield from self._say(plain + text[at:])

    def _passed_over(self, token: re.Match[str]) -> str:
        """What is no marker, as it is shown."""
        if token["ticks"]:
            length = len(token["ticks"])
            if not self._code:
                self._code = length
            elif length == self._code or length > self._code >= _FENCE:
                self._code = 0
        elif token["line"]:
            self._code = self._code if self._code >= _FENCE else 0
        elif token["endless"] or (token["numbers"] or "").isdigit():
            # The index in argv[1], or a number without end: a blank keeps it from being taken for a marker.
            return token[0].replace("[", "[ ")
        return token[0]

    def _say(self, text: str) -> Iterator[Spoken]:
        if text:
            self._since += text
            self._tail = (self._tail + text)[-_LONGEST_TAIL:]
            yield Spoken(text)

    def _cite(self, blank: str, numbers: list[int]) -> Iterator[Spoken | Cited]:
        shown = list[int]()
        for number in dict.fromkeys(numbers):
            if number in self._passages:
                for span, words in self._quotes(self._passages[number]):
                    key = (number, span, words)
                    is_new = key not in self._indices
                    index = self._indices.setdefault(key, len(self._indices) + 1)
                    if is_new:
                        yield Cited(Quote(index, *_placed(self._passages[number], span), words))
                    shown.append(index)
        if shown:
            yield Spoken(blank + "".join(f"[{index}]" for index in dict.fromkeys(shown)))
            self._tail = "]"
        elif _BEGUN.search(self._tail):
            # What is left out shall not make a marker of what stands around it.
            yield from self._say(" ")

    def _quotes(self, passage: Passage) -> list[tuple[_Span, str]]:
        """Spans of the passage's text that a marker quotes, each with the words that the model gave it."""
        claims = [self._since[start:end] for start, end in sentences(self._since)]
        self._claim = next((claim for claim in reversed(claims) if words_of(claim)), self._claim)
        self._since = ""
        spans, invented = list[_Span](), list[str]()
        for words in _quotations(self._claim):
            if (span := find(words, passage.text)) is not None:
                spans.append(_whole_sentences(passage.text, span))
            elif not self._is_named(words, passage):
                invented.append(words)
        nearest = _nearest(passage.text, self._claim)
        if not spans and not invented:
            spans = [nearest]
        return [(span, passage.text[slice(*span)]) for span in spans] + [(nearest, words) for words in invented]

    def _is_named(self, words: str, passage: Passage) -> bool:
        """Whether quotation marks stand around a title, or around what the user said."""
        named = [_folded(name)[0] for name in (passage.title, *passage.heading)]
        return any(_folded(words)[0] in text for text in (*named, self._question))


def _placed(passage: Passage, span: _Span) -> tuple[Passage, int, int]:
    return passage, passage.start + span[0], passage.start + span[1]


def _quotations(claim: str) -> Iterator[str]:
    """What stands in quotation marks, but for single words, which are terms as a rule; a number is not."""
    for quotation in _QUOTATION.finditer(claim):
        for part in _LEFT_OUT.split(quotation[quotation.lastindex or 0]):
            words = part.strip(_EDGES)
            if " " in words or any(map(str.isdigit, words)):
                yield words


def find(words: str, text: str) -> _Span | None:
    """Where words stand in a text: the same letters and stops, whatever the case, spacing and Markdown."""
    folded, places = _folded(text)
    wanted = _folded(words)[0].strip()
    at = folded.find(wanted) if wanted else -1
    return (places[at], places[at + len(wanted) - 1] + 1) if at >= 0 else None


def _folded(text: str) -> tuple[str, list[int]]:
    """A text as quotes are compared, and the place of each of its characters in the text as it was."""
    folded, places = list[str](), list[int]()
    for place, character in enumerate(text):
        if character in _SIGNS:
            continue
        for c in unicodedata.normalize("NFKD", character.translate(_ALIKE)).casefold():
            if not c.isspace() or (folded and folded[-1] != " "):
                folded.append(" " if c.isspace() else c)
                places.append(place)
    return "".join(folded), places


def _whole_sentences(text: str, span: _Span) -> _Span:
    touched = [(start, end) for start, end in sentences(text) if start < span[1] and span[0] < end]
    return _trimmed(text, (min([span[0], *(s for s, _ in touched)]), max([span[1], *(e for _, e in touched)])))


def _nearest(text: str, claim: str) -> _Span:
    """The run of up to three sentences that shares most with a claim; the whole text where none shares anything.

    Words count the more the fewer sentences have them, short ones hardly tell, and a longer run has to be worth it.
    """
    spans = list(sentences(text))
    said = words_of(claim)
    wanted = {word for word in said if len(word) > _SHORT_WORD or word.isdigit()} or said
    shared = [words_of(text[start:end]) & wanted for start, end in spans]
    having = Counter(word for words in shared for word in words)
    best, score = (0, len(text)), 0.0
    for first in range(len(spans)):
        found = set[str]()
        for last in range(first, min(first + _LONGEST_RUN, len(spans))):
            found |= shared[last]
            worth = sum(1 / having[word] for word in found) - _WORTH_A_SENTENCE * (last - first)
            if worth > score:
                best, score = (spans[first][0], spans[last][1]), worth
    return _trimmed(text, best)


def _trimmed(text: str, span: _Span) -> _Span:
    """The span without blanks at its ends and without the sign of a list or a heading before it."""
    start, end = span
    words = text[start:end]
    start += len(words) - len(words.lstrip())
    end -= len(words) - len(words.rstrip())
    sign = _ITEM.match(text, start, end)
    return (sign.end() if sign else start, end)
