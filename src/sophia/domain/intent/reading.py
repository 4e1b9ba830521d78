"""Reads a message: masks what is quoted, splits the rest into sentences, flags them and finds their verbs."""
# ruff: noqa: PLR2004 - counts of words are plainest where they are used

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from attrs import evolve

from sophia.domain.intent import patterns, words
from sophia.domain.intent.masking import QUOTE, mask
from sophia.domain.intent.parts import PAUSES, REQUEST, Reading, Sentence, Token, Verb, acts
from sophia.domain.intent.problems import PROBLEM, reports_problem
from sophia.domain.intent.searching import Patterns
from sophia.domain.intent.usage import is_auxiliary, verbs_of
from sophia.domain.intent.verbs import KNOWN_WORDS, fold, spelt

__all__ = ["read"]

_LIMIT_HEAD = 1400
_LIMIT_TAIL = 600
"""What is read of a long message: its beginning and its end."""
_TOKEN = re.compile(
    r"\ue000|[^\s.,;:!?¿¡()\[\]{}\"“”«»…\ue000—–]+(?:(?:[.:@/\\]|\[[.:]\])[^\s.,;:!?¿¡()\[\]{}\"“”«»…\ue000—"
    r"–]+)*|[.,;:!?¿¡()\[\]…—–\n]"
)
_BREAKS = frozenset(".?!…\n;")
_FLAGS = {
    "howto": patterns.HOWTO,
    "hyp": patterns.HYPOTHETICAL,
    "status": patterns.STATUS,
    "adopt": patterns.ADOPTS,
    "noaction": patterns.NO_ACTION,
    "polite": patterns.POLITE,
    "desire": patterns.DESIRE,
    "own": patterns.OWN,
    "general": patterns.GENERAL,
    "greeting": patterns.GREETING,
    "text": patterns.ABOUT_TEXT,
    "norm": patterns.NORM,
    "suggest": r"\b(?:how about|what about|why (?:don'?t (?:you|we|they|someone|somebody)|not)|que tal si|"
        r"y si (?:me|nos|le|les|lo|la)|por que no (?:me|"
        r"le|lo|la|nos|les) \w+s\b)",
    "whyown": r"\b(?:por que|porque|why|how come) (?:ya |diablos )?(?:(?:(?:el|la|los|las) "
        r"(?!norma|politica|ley|manual)(?:\w+ ){1,3}?)?(?:no |se )?(?:me|nos)\b|no (?:puedo|podemos|"
        "recibo|recibimos|tengo|tenemos|consigo|veo|vemos)|(?:esta|estan|sigue|siguen|va|van|"
        r"tarda) (?:tan )?(?:mi|mis|nuestr)|mi|mis|nuestr\w+|(?:does|do|is|are|has|have|won'?t|doesn'?t|isn'?t|"
        r"did) (?:my|our)|"
        r"(?:i|we) (?:was|were|can'?t|cannot|keep|get|got)\b|(?:does|do) the (?:\w+ ){2,4}?(?:my|our|me|us)\b|"
        "(?:can'?t|cannot|cant|am|couldn'?t) (?:i|we|anyone|nobody)|(?:do|did) (?:i|we) (?:get|"
        "see|keep|receive)|(?:is|are) (?:everything|everyone|nobody))",
    "lacks": patterns.LACKS,
    "wantsknow": patterns.WANTS_TO_KNOW,
    "laughs": patterns.LAUGHS,
    "opinion": patterns.OPINION,
    "resolved": patterns.RESOLVED,
    "nominal": patterns.NOMINAL,
    "tells": patterns.TELLS,
    "topic": patterns.TOPIC,
    "follows": patterns.FOLLOWS,
    "possible": patterns.POSSIBLE,
    "permitted": patterns.PERMITTED,
    "unmarked": patterns.ASKS_UNMARKED,
    "ago": patterns.AGO,
    "since": patterns.SINCE,
    "again": patterns.AGAIN,
    "suppose": r"\b(?:supon\w*|imagin\w+|pongamos|what if|suppos\w+|hypothetic\w+|let'?s say|say (?:a|an|we|someone|"
        r"that)|in theory|teoricamente|en teoria)\b",
    "if": r"\b(?:si|if|unless|once|en caso de que|en cuanto|como aparezca|cuando|salvo que|siempre que|provided|"
        r"as soon as|should)\b",
    "victoria": r"\bvictoria\b",
    "please": r"\b(?:por favor|porfa\w*|porfi\w*|please|kindly|plis|gracias de antemano)\b",
    "reported": r"\b(?:dice[n]?|dijo|jura[n]?|asegura[n]?|cree[n]?|opina[n]?|sostiene|swears|claims?|thinks?|insists?|"
        "believes?|pide[n]?|pidio|escribio|ha escrito|pone|recomienda[n]?|exige|avisa|says?|said|wrote|writes|"
        r"states|asks|asked|told|recommends?|according to|segun|words|suggests|insiste|insistio)\b",
    "urgent": r"\b(?:urge\w*|asap|ya mismo|ahora mismo|cuanto antes|right now|immediately|inmediatamente|today|hoy|"
        r"now|de inmediato|at once)\b",
    "anyoneup": r"\b(?:alguien|someone|somebody|anyone|anybody)\b",
}  # fmt: skip
# Not to be given is not to lack.
_GRANTING = frozenset("dar conceder otorgar crear asignar give grant create assign".split())
# An order not to do something, which is no report that something does not work.
_FORBIDS = re.compile(
    r"^(?:(?:please|and|so|but|ok|and please),? )*(?:(?:do not|don'?t)(?= (?!work|load|respond)\w+)|"
    r"never(?= \w+)(?! \w+(?:s|ed|ing)\b)) (?!let )"
)
_WISH_IF = re.compile(
    r"\b(?:grateful|appreciate (?:it)?|great|nice|lovely|good|better|tranquil\w+|love it|ideal|helpful|"
    r"handy|happier|easier|safer|comfortable|bien|genial|padre|bueno|agradeceri\w+|contento|comod\w+|"
    r"segur[oa]|wonderful|brilliant|relief|kind|estupendo|favor) (?:if|si)\b"
)


@cache
def _flags() -> Patterns:
    return Patterns({**{name: (pattern,) for name, pattern in _FLAGS.items()}, "problem": PROBLEM})


@lru_cache(maxsize=KNOWN_WORDS)
def _word(raw: str) -> str:
    return fold(raw).strip("'*_~")


def _tokens(masked: str) -> list[Token]:
    return [Token(found.group(), _word(found.group()), found.start()) for found in _TOKEN.finditer(masked)]


def _split(tokens: list[Token]) -> Iterator[tuple[list[Token], str]]:
    """Sentences with the mark that ends each. A colon with much before it is kept inside."""
    held: list[Token] = []
    for token in tokens:
        if token.raw in _BREAKS:
            if held:
                yield held, token.raw
                held = []
        else:
            if token.raw == "¿" and len(held) > 3:
                yield held, "."
                held = []
            held.append(token)
    if held:
        yield held, ""


def read(text: str) -> Reading:
    """Reads a message: masks what is quoted, splits the rest into sentences and finds their verbs."""
    if len(text) > _LIMIT_HEAD + _LIMIT_TAIL:
        text = text[:_LIMIT_HEAD] + "\n" + text[-_LIMIT_TAIL:]
    masked, quotes = mask(text)
    sentences: list[Sentence] = []
    verbs: list[Verb] = []
    written: list[str] = []
    for held, ending in _split(_tokens(masked)):
        plain = " ".join(spelt(t.word) if t.raw not in PAUSES else t.raw for t in held)
        plain = plain.replace(" ,", ",").replace("¿ ", "¿")
        written.append(plain)
        opened = (at for at, t in enumerate(held) if t.raw not in PAUSES and t.word not in words.OPENERS)
        start = next(opened, len(held))
        first, second = ([spelt(t.word) for t in held[start : start + 2]] + ["", ""])[:2]
        asked = ending == "?" or any(t.raw == "¿" for t in held)
        ordered = first == "do" and (second == "not" or not is_auxiliary(first, second, asked, opening=True))
        flags = set(_flags().find(plain))
        if (forbids := _FORBIDS.match(plain)) and not reports_problem(" " + plain[forbids.end() :]):
            flags.discard("problem")
        if _WISH_IF.search(plain):
            flags.discard("hyp")
            flags.add("wishif")
        if "whyown" in flags:
            flags.add("problem")
        if asked and not flags & {"polite", "suggest"}:
            flags.discard("adopt")
        if (
            flags & {"unmarked"}
            or first in words.WH_WORDS
            or (first in words.ASKS_FIRST and ending not in {".", "!"} and not ordered)
        ):
            flags.add("wh")
        if QUOTE in plain:
            flags.add("quote")
        question = (
            asked
            or "unmarked" in flags
            or (
                "wh" in flags
                and first in words.WH_WORDS
                and first not in {"como", "cuando", "que", "when", "who", "while"}
            )
        )
        sentence = Sentence(tuple(held), plain, question, frozenset(flags))
        used = list(verbs_of(len(sentences), sentence))
        if "problem" not in flags and any(verb.role == "neg" and verb.lemma in _GRANTING for verb in used):
            sentence = evolve(sentence, flags=sentence.flags - {"lacks", "nominal"})
        if any(verb.role == REQUEST and not acts(verb) for verb in used):
            sentence = evolve(sentence, flags=sentence.flags - {"lacks"})
        verbs.extend(used)
        sentences.append(sentence)
    return Reading(text, masked, " . ".join(written), tuple(sentences), tuple(verbs), quotes)
