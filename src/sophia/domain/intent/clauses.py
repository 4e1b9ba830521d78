"""Parts a message that asks for action and asks to know something besides: which of its words ask which."""

from collections.abc import Iterator

from attrs import evolve, frozen

from sophia.domain.intent import words
from sophia.domain.intent.parts import CONJUNCTIONS, PAUSES, REQUEST, Reading, Token, acts
from sophia.domain.intent.verbs import fold

__all__ = ["asks_beside_order", "parted"]

_INVERTED = "¿"
_JOINTS = PAUSES - {"-", "[", "]"}
_BEFORE_WORD = 3
_MARKS = "?!"
# What stands for something said before, by itself or (in Spanish) before a verb.
_POINTS_BACK = frozenset(
    "it its them they their that those this these eso esa ese esos esas esto ello ella ellos".split()
)
_KNOWING = frozenset(("tell", "read"))
_CONDITIONS = frozenset("si if unless cuando when once".split())
_CLITICS = frozenset("lo la los las le les".split())


@frozen
class _Clause:
    """Some tokens of a sentence, by their places; ``asks`` is None where they go with those beside them."""

    sentence: int
    first: int
    last: int
    asks: bool | None


def parted(reading: Reading) -> tuple[str, str]:
    """The words that ask to know, and the others.

    Returns:
        Both as they were written, without the "and" between them; empty strings where they cannot be told apart, or
        what is asked leans on what is to be done ("block it and tell me who uses it").
    """
    clauses = list(_clauses(reading))
    asking = [clause for clause in clauses if clause.asks]
    others = [clause for clause in clauses if not clause.asks]
    if not asking or not others or any(_leans(reading, clause) for clause in asking if clause is not clauses[0]):
        return "", ""
    return _written(reading, asking), _written(reading, others)


def asks_beside_order(reading: Reading) -> bool:
    """Whether a sentence has a clause with a question word, other than "why", and orders something in another."""
    return any(
        clause.asks and _orders(reading, clause.sentence) and _is_asked_outright(reading, clause)
        for clause in _clauses(reading)
    )


def _orders(reading: Reading, number: int) -> bool:
    return any(verb.sentence == number and acts(verb) and verb.role in {REQUEST, "avert"} for verb in reading.verbs)


def _is_asked_outright(reading: Reading, clause: _Clause) -> bool:
    sentence, within = reading.sentences[clause.sentence], range(clause.first, clause.last + 1)
    if "por que" in sentence.text or "why" in sentence.text:
        return False
    return any(_is_question_word(sentence.tokens[at], sentence.question) for at in within) or any(
        verb.role == REQUEST and verb.kinds & _KNOWING and verb.opens not in {"", "that"} and not acts(verb)
        for verb in reading.verbs
        if verb.sentence == clause.sentence and verb.token in within
    )


def _clauses(reading: Reading) -> Iterator[_Clause]:
    """The clauses of all sentences; one that neither asks nor acts goes with the one before it, or else after it."""
    following: list[_Clause] = []
    for number in reversed(range(len(reading.sentences))):
        found = _in_sentence(reading, number)
        if all(clause.asks is None for clause in found):
            # "Me ha llegado un correo, ¿es legítimo?" is one sentence to whoever writes it.
            goes_on = following and reading.sentences[number + 1].tokens[0].raw == _INVERTED
            found = [evolve(clause, asks=following[0].asks if goes_on else False) for clause in found]
        following = [*_settled(reading, found), *following]
    yield from following


def _settled(reading: Reading, clauses: list[_Clause]) -> list[_Clause]:
    settled: list[_Clause] = []
    for at, clause in enumerate(clauses):
        before = settled[-1].asks if settled else None
        after = next((other.asks for other in clauses[at + 1 :] if other.asks is not None), None)
        tokens = reading.sentences[clause.sentence].tokens[clause.first : clause.last + 1]
        opening = next((token.word for token in tokens if not _joins(token)), "")
        if opening in _CONDITIONS or before is None:
            before, after = after, before
        beside = before if before is not None else after
        settled.append(clause if clause.asks is not None else evolve(clause, asks=beside))
    return settled


def _in_sentence(reading: Reading, number: int) -> list[_Clause]:
    tokens = reading.sentences[number].tokens
    joints = [_joins(token) for token in tokens]
    starts = [at for at in range(len(tokens)) if at == 0 or (joints[at] and not joints[at - 1])]
    alone = not _orders(reading, number)
    return [
        _Clause(number, first, end - 1, _asks(reading, number, first, end, alone=alone))
        for first, end in zip(starts, [*starts[1:], len(tokens)], strict=True)
    ]


def _joins(token: Token) -> bool:
    return token.raw in _JOINTS or token.word in CONJUNCTIONS


def _asks(reading: Reading, number: int, first: int, end: int, *, alone: bool) -> bool | None:
    sentence = reading.sentences[number]
    asked = [verb for verb in reading.verbs if verb.sentence == number and first <= verb.token < end]
    if any(acts(verb) and verb.role in {REQUEST, "avert"} for verb in asked):
        return False
    if any(verb.role == REQUEST and verb.kinds & _KNOWING for verb in asked) or (alone and sentence.question):
        return True
    opening = [token for token in sentence.tokens[first:end] if not _joins(token)][:_BEFORE_WORD]
    return True if any(_is_question_word(token, sentence.question) for token in opening) else None


def _is_question_word(token: Token, question: bool) -> bool:
    """Whether a word asks: where accents are written "que" and "cuando" do not, and "qué" and "cuándo" do."""
    accented = fold(token.raw) != token.raw.lower()
    return token.word in words.WH_WORDS and (accented or (question and token.word not in {"que", "como", "cuando"}))


def _leans(reading: Reading, clause: _Clause) -> bool:
    """Whether the clause says "it" of what an earlier one names."""
    tokens = reading.sentences[clause.sentence].tokens
    verbs = {verb.token for verb in reading.verbs if verb.sentence == clause.sentence}
    return any(
        tokens[at].word in _POINTS_BACK
        or (tokens[at].word in _CLITICS and (at + 1 in verbs or tokens[at - 1].word in words.WH_WORDS - {"que"}))
        for at in range(clause.first, clause.last + 1)
    )


def _written(reading: Reading, clauses: list[_Clause]) -> str:
    """The words of the clauses: neighbours as they stand, the others one after another."""
    stretches: list[tuple[int, int]] = []
    before: _Clause | None = None
    for clause in clauses:
        tokens = reading.sentences[clause.sentence].tokens
        goes_on = before is not None and (before.sentence, before.last + 1) == (clause.sentence, clause.first)
        first = next((at for at in range(clause.first, clause.last + 1) if not _only_joins(tokens[at])), clause.last)
        end = _end(reading, tokens[clause.last])
        stretches.append((stretches.pop()[0] if goes_on else tokens[first].start, end))
        before = clause
    return " ".join(" ".join(reading.text[start:end].split()) for start, end in stretches)


def _only_joins(token: Token) -> bool:
    return _joins(token) and token.raw != _INVERTED


def _end(reading: Reading, token: Token) -> int:
    """Where a token ends in the text, with the quotation it stands for and the mark behind it."""
    end = next((end for start, end in reading.quotes if start == token.start), token.start + len(token.raw))
    return end + 1 if reading.text[end : end + 1] in tuple(_MARKS) else end
