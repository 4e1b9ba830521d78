"""How a chunk and a query become terms: Spanish and English words, and identifiers kept whole.

Each text goes into two fields. ``words`` holds the parts between punctuation as stems: every word
passes the Spanish, then the English stemmer, whatever its language, so that nobody has to guess
the language of a chunk or a query, and cognates (configuración, configuration) meet. ``identifiers``
holds compounds such as ``CVE-2024-3400``, ``10.0.0.0/8`` or ``fw-madrid-2`` to the letter, but for
case and accents; their parts are found in ``words``.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from attrs import frozen
from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

__all__ = [
    "ANALYZERS",
    "IDENTIFIERS",
    "IDENTIFIER_WEIGHT",
    "WORDS",
    "QueryTerm",
    "analyse_query",
    "composed",
    "terms_of",
]

WORDS = "words"
IDENTIFIERS = "identifiers"

# A whole identifier says more than its parts, which other identifiers share (192.168.1.1, 192.168.1.2).
IDENTIFIER_WEIGHT = 3.0

_LONGEST_TERM = 256  # bytes; what is longer is data (base64, a key), which nobody searches word by word
_QUOTED = re.compile(r"\"([^\"]+)\"|`([^`]+)`|“([^”]+)”|«([^»]+)»")

# In a language other than the documents' these are rare words, which BM25 would take for telling ones.
_STOP_WORDS = frozenset(
    """
    a about after all also am an and any are as at be because been before being between both but by can could did
    do does during each few for from had has have he her here him his how i if in into is it its may me might more
    most my no nor not of on or other our over own s same she should so some such than that the their them then
    there these they this those through to too under until up very was we were what when where which while who
    whom whose why will with would you your
    al algo algun alguna algunas alguno algunos ante antes aquel aquella aunque cada como con contra cual cuales
    cualquier cuando cuanta cuantas cuanto cuantos de del desde donde durante e el ella ellas ellos en entre era
    eran eres es esa esas ese eso esos esta estaba estado estan estar estas este esto estos fue fueron ha habia
    han hasta hay la las le les lo los mas mi mientras muy nada ni nos nosotros o otra otras otro otros para pero
    poco por porque puede pueden que quien quienes se segun ser si sido sin sobre son su sus suyo tal tambien tan
    tanto te tiene tienen toda todas todo todos tras tu u un una unas uno unos y ya yo
    """.split()
)


def _analyzer(pattern: str, *filters: Filter) -> TextAnalyzer:
    builder = TextAnalyzerBuilder(Tokenizer.regex(pattern))
    for each in (Filter.remove_long(_LONGEST_TERM), Filter.lowercase(), *filters, Filter.ascii_fold()):
        builder = builder.filter(each)
    return builder.build()


_WORD = r"[\p{L}\p{N}]+"
_COMPOUND = rf"{_WORD}(?:[._\-/:@\\]+{_WORD})+"

_plain_words = _analyzer(_WORD)
_stems = _analyzer(_WORD, Filter.stemmer("spanish"), Filter.stemmer("english"))
_identifiers = _analyzer(_COMPOUND)

ANALYZERS = {WORDS: _stems, IDENTIFIERS: _identifiers}
"""What makes terms of a field's text; it takes what `composed` gives."""


@frozen
class QueryTerm:
    """One thing a query asks for; a chunk has it when it has any of the alternatives.

    Attributes:
        alternatives: each a term of ``field``, or several that must stand next to one another.
    """

    field: str
    alternatives: tuple[tuple[str, ...], ...]
    weight: float = 1.0


def composed(text: str) -> str:
    """A text with its letters and their accents in one piece."""
    # Some converters give letters and their accents apart, or ligatures; the stemmers know neither.
    return unicodedata.normalize("NFKC", text)


def terms_of(text: str) -> tuple[list[str], list[str]]:
    """What the analyzers make of a chunk: its words and its identifiers, in their order."""
    text = composed(text)
    return _stems.analyze(text), _identifiers.analyze(text)


def analyse_query(text: str, synonyms: Mapping[str, Sequence[str]] | None = None) -> tuple[QueryTerm, ...]:
    """What a query asks for: its words, its identifiers whole, and as phrases what it puts in quotes or backticks.

    Words without meaning of their own are left out, unless there are no others.

    Args:
        text: what was asked, as it was typed.
        synonyms: a term to the terms that may stand in its place; either may be several words.
    """
    text = composed(text)
    stems = _telling_stems(text) or _stems.analyze(text)
    widened = _alternatives(stems, synonyms or {})
    terms = [QueryTerm(WORDS, ((stem,), *widened.get(stem, ()))) for stem in stems]
    for groups in _QUOTED.findall(text):
        phrase = tuple(_stems.analyze("".join(groups)))
        if len(phrase) > 1:
            terms.append(QueryTerm(WORDS, (phrase,)))
    terms += [QueryTerm(IDENTIFIERS, ((each,),), IDENTIFIER_WEIGHT) for each in _identifiers.analyze(text)]
    return tuple(dict.fromkeys(terms))


def _telling_stems(text: str) -> list[str]:
    words = zip(_plain_words.analyze(text), _stems.analyze(text), strict=True)
    return [stem for word, stem in words if word not in _STOP_WORDS]


def _alternatives(
    stems: Sequence[str], synonyms: Mapping[str, Sequence[str]]
) -> dict[str, tuple[tuple[str, ...], ...]]:
    found: dict[str, tuple[tuple[str, ...], ...]] = {}
    for term, others in synonyms.items():
        key = _telling_stems(composed(term))
        places = range(len(stems) - len(key) + 1)
        if key and any(list(stems[at : at + len(key)]) == key for at in places):
            phrases = tuple(p for p in (tuple(_stems.analyze(composed(other))) for other in others) if p)
            for stem in key:
                found[stem] = tuple(dict.fromkeys((*found.get(stem, ()), *phrases)))
    return found
