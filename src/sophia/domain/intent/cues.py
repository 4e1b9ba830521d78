"""Names what was found in a message, for the linear model to weigh; the model's weights go by these names."""
# ruff: noqa: PLR2004 - counts of words are plainest where they are used

import re
from collections.abc import Iterator
from functools import cache

from sophia.domain.intent import phrases, words, words_en, words_es
from sophia.domain.intent.complements import object_kind
from sophia.domain.intent.parts import OUTRIGHT, PAUSES, REQUEST, Reading, Sentence, Verb, acts, noun_kinds
from sophia.domain.intent.roles import DETERMINERS
from sophia.domain.intent.searching import Patterns
from sophia.domain.intent.usage import NEED, spanishness

__all__ = ["cues", "grams"]


@cache
def _expressions() -> Patterns:
    return Patterns({label: (pattern,) for _, label, pattern in phrases.PHRASES})


def _purpose(verb: Verb) -> str:
    """What a request is about: its kind, and for a light verb what it is asked to bring."""
    kinds = verb.kinds
    if "light" in kinds:
        if verb.target:
            return "light>" + verb.target
        return "light" if len(kinds) == 1 else "light+" + min(kinds - {"light"})
    for kind in ("change", "create", "fix", "ticket", "read", "write", "tell"):
        if kind in kinds:
            return kind
    return "other"


def _forbids(verb: Verb) -> bool:
    """Whether a negated verb names something to be done, be it that it is only given or made."""
    return acts(verb) or "light" in verb.kinds


# Flags of a sentence that change what a request in it means, or what a malfunction in it means.
_BESIDE_REQUEST = tuple(
    "howto hyp noaction if wh own text status victoria norm reported suppose resolved laughs possible tells".split()
)
_BESIDE_PROBLEM = tuple(
    "resolved laughs suppose general norm wh hyp howto status noaction greeting if quote tells".split()
)

# A sentence with one of these flags names a malfunction without reporting it.
_NOT_REPORTED = frozenset("general resolved laughs suppose hyp howto noaction status wh".split())


def cues(reading: Reading) -> dict[str, float]:
    """What was found in a message, by name; 1 where it is there."""
    found = {*_of_verbs(reading), *_of_sentences(reading)}
    return dict.fromkeys(sorted({*found, *_of_message(reading, found)}), 1.0)


def _of_verbs(reading: Reading) -> Iterator[str]:
    """What each verb does, and the kind of sentence it does it in."""
    sentences, verbs = reading.sentences, reading.verbs
    last = len(sentences) - 1
    for verb in verbs:
        purpose = _purpose(verb)
        if verb.role == REQUEST:
            yield "req:" + purpose
            yield f"req:{purpose}:{verb.manner}"
            if not purpose.startswith("light") and verb.target:
                yield f"req:{purpose}>{verb.target}"
            flags = sentences[verb.sentence].flags
            for flag in _BESIDE_REQUEST:
                firm = flag in {"howto", "hyp"} and verb.manner in OUTRIGHT
                if flag in flags and not firm:
                    yield f"req:{'act' if acts(verb) else 'know'}&{flag}"
            if "light" in verb.kinds or "read" in verb.kinds:
                yield f"{purpose}={verb.article}"
                yield f"{'light' if 'light' in verb.kinds else 'read'}={verb.article}"
            if verb.opens and not acts(verb):
                yield "know>" + verb.opens
            if verb.sentence == last:
                yield f"last:{purpose}"
        elif verb.role != "plain":
            yield f"{verb.role}:{'act' if acts(verb) else 'know'}"
        elif acts(verb):
            yield ("plain:act:we" if verb.manner == "we" else "plain:act") + (
                "?" if sentences[verb.sentence].question else ""
            )


def _of_sentences(reading: Reading) -> Iterator[str]:
    """What each sentence says beside its verbs: its flags, reports, questions, wishes, phrases, bare nouns."""
    sentences, verbs = reading.sentences, reading.verbs
    last = len(sentences) - 1
    advised = any("howto" in s.flags for s in sentences) and not any("own" in s.flags for s in sentences)
    for number, sentence in enumerate(sentences):
        flags = sentence.flags
        mark = "?" if sentence.question else ""
        for flag in flags - {"tells", "follows"}:
            yield flag
            yield flag + ("@q" if mark else "@s")
        if number == last:
            for flag in ("howto", "adopt", "noaction", "problem", "desire", "wh", "status", "polite", "hyp"):
                if flag in flags:
                    yield "last:" + flag
        if "problem" in flags:
            own = "own" in flags or "anyoneup" in flags
            yield "problem:" + ("own" if own else "its") + mark
            if "whyown" in flags:
                yield "problem&whyown"
            for flag in _BESIDE_PROBLEM:
                if flag in flags:
                    yield "problem&" + flag
            looked = any(
                v.sentence == number
                and v.role == REQUEST
                and not acts(v)
                and (v.opens not in {"", "why"} or "write" in v.kinds or v.target in {"info", "many", "text"})
                for v in verbs
            )
            if looked or "wantsknow" in flags:
                yield "problem&looked"
            elif not advised and not flags & _NOT_REPORTED:
                yield "problem:clean" + mark
        if mark and not any(verb.sentence == number and verb.role == REQUEST and acts(verb) for verb in verbs):
            yield "asks"
            first = next((t.word for t in sentence.tokens if t.raw not in PAUSES and t.word not in words.OPENERS), "")
            if first in words.WH_WORDS:
                yield "asks:" + first
            elif first in words.ASKS_FIRST:
                yield "asks:state"
            else:
                yield "asks:else"
        if "desire" in flags and not any(verb.sentence == number and verb.role == REQUEST for verb in verbs):
            wanted = max((m.end() for m in NEED.finditer(sentence.text)), default=0)
            named = [noun_kinds()[w] for w in re.findall(r"[\w-]+", sentence.text[wanted:]) if w in noun_kinds()]
            yield "wish>" + (named[0] if named else "nothing") + mark
            if named and named[0] == "text":
                yield "writes"
        if {"desire", "nominal"} <= flags:
            yield "desire&nominal" + mark
        barred = {sentence.tokens[v.token].word for v in verbs if v.sentence == number and v.role == "neg"}
        expressions = _expressions().find(sentence.text)
        for kind, label, _ in phrases.PHRASES:
            named_by = expressions.get(label)
            if named_by:
                said = set(named_by.group().split())
                roles = {verb.role for verb in verbs if verb.sentence == number}
                gate = "howto" if "howto" in flags else "hyp" if "hyp" in flags else "wh" if "wh" in flags else mark
                gate = "neg" if not gate and said & barred else gate
                gate = "past" if not gate and ("past" in roles or "ago" in flags) and REQUEST not in roles else gate
                yield f"phrase:{kind}:{gate}"
                if gate not in {"past", "neg"}:
                    yield f"phrase:{label}"
        yield from _of_opening(sentence, {verb.token for verb in verbs if verb.sentence == number}, mark)
        if not any(
            verb.sentence == number and verb.role in {REQUEST, "neg", "avert", "past", "hyp", "howto"} for verb in verbs
        ):
            named = [noun_kinds()[t.word] for t in sentence.tokens if t.word in noun_kinds()]
            kind = "" if not named else "access" if "access" in named and named[0] != "info" else named[0]
            yield f"bare>{kind}{mark}"
            if "please" in flags or "urgent" in flags:
                yield f"bare>{kind}&please{mark}"
            if {"for", "para"} & {t.word for t in sentence.tokens}:
                yield f"bare>{kind}&for{mark}"


_NO_VERBS = words_es.SPANISH_FUNCTION | words_en.ENGLISH_FUNCTION | words.WH_WORDS | words.ASKS_FIRST | words.NEGATION


def _of_opening(sentence: Sentence, known: set[int], mark: str) -> Iterator[str]:
    """A word that opens the sentence, is no verb we know, and has an object as an order has: "chapa el puerto"."""
    found = list(sentence.tokens)
    at = next((n for n, t in enumerate(found) if t.raw not in PAUSES and t.word not in words.OPENERS), len(found))
    if at in known or at + 1 >= len(found) or found[at].word in _NO_VERBS or found[at].word in noun_kinds():
        return
    after = found[at + 1].word
    if after in DETERMINERS or any(c.isdigit() for c in after):
        yield f"opens>{object_kind(found, at) or 'nothing'}{mark}"


def _of_message(reading: Reading, found: set[str]) -> Iterator[str]:
    """What the message comes to as a whole, given what its verbs and sentences showed."""
    sentences, verbs = reading.sentences, reading.verbs
    last = len(sentences) - 1
    requests = list(reading.requests)
    acting = [verb for verb in verbs if verb.role in {REQUEST, "avert"} and acts(verb)]
    any_problem = "problem:clean" in found
    quoted = bool(reading.quotes)
    adopted = any("adopt" in s.flags for s in sentences)
    if quoted:
        yield "quoted"
        yield "quoted:" + ("adopted" if adopted else "acted" if acting else "problem" if any_problem else "only")
    if adopted:
        yield (
            "adopted:"
            + ("quoted" if quoted else "reported" if any("reported" in s.flags for s in sentences) else "bare")
        )
    noact = any("noaction" in s.flags for s in sentences)
    weight = "act" if acting else "adopt" if adopted else "problem" if any_problem else "know" if requests else "none"
    yield "sum:" + weight
    yield f"sum:{weight}&{'asks' if 'asks' in found else 'tells'}"
    if noact:
        yield f"sum:{weight}&noaction"
    wished = any(s.flags & {"desire", "lacks", "please", "urgent", "adopt"} for s in sentences)
    failed = any("problem" in s.flags for s in sentences)
    told = (
        "acting" if acting else "wished" if wished else "failed" if failed else "asked" if "asks" in found else "only"
    )
    over = "over" if any("resolved" in s.flags for s in sentences) else "open"
    begun = any(s.flags & {"since", "again"} for s in sentences)
    if all("tells" in s.flags for s in sentences) and sentences:
        yield "tells:" + told
        yield "tells:" + ("begun" if begun else told + "&clean")
    past = {verb.sentence for verb in verbs if verb.role == "past" and acts(verb)}
    if past:
        yield "past:" + told
        yield f"past:{told}:{over}"
        yield "past:" + ("begun" if begun and over == "open" else told + "&clean")
    if begun:
        yield "begun:" + told
    if failed and any("howto" in s.flags for s in sentences):
        yield "failed&howto:" + ("own" if any("own" in s.flags for s in sentences) else "its")
    if last <= 0 and sentences:
        flags = sentences[0].flags
        firm = any(verb.manner in OUTRIGHT or verb.manner == "ask" for verb in acting)
        if "follows" in flags:
            yield "follows:" + ("acting" if firm else "own" if "own" in flags else "failed" if failed else "only")
        if "possible" in flags and not flags & {"own", "please", "urgent"}:
            yield "possible:only"
        if flags & {"topic", "howto"} and not requests and not wished:
            yield "searches" + ("&failed" if failed else "")
    if not (acting or adopted or failed or begun) and any(v.role == "neg" and _forbids(v) for v in verbs):
        yield "sum:forbidden"
    if acting and all(verb.manner in OUTRIGHT for verb in acting):
        yield "sum:orders"
    if acting and any(verb.manner in OUTRIGHT - {"imp"} for verb in acting):
        yield "sum:firm"
    if acting and not any("text" in s.flags for s in sentences):
        yield "sum:act&notext"
    writing = [
        v for v in requests if (v.kinds & {"write"} and not acts(v)) or ("light" in v.kinds and v.target == "text")
    ]
    if writing:
        yield "writes"
        yield "writes&" + weight
        if writing[0] is requests[0]:
            yield "writes:first"
            yield "writes:first&" + weight
        if any(v.sentence > writing[0].sentence for v in acting):
            yield "writes:then-act"
    if requests:
        yield "first:" + _purpose(requests[0])
        yield "final:" + _purpose(requests[-1])
        if not acts(requests[0]) and acting:
            yield "know-then-act"
        if acts(requests[0]) and not acts(requests[-1]):
            yield "act-then-know"
    if any("text" in s.flags and "quote" in s.flags for s in sentences):
        yield "text&quote"
    if last <= 0:
        yield "one"
    length = reading.plain.count(" ") + 1
    yield "short" if length <= 5 else "middle" if length < 40 else "long"
    if spanishness([t for s in sentences for t in s.tokens]) < 0:
        yield "english"


def grams(reading: Reading) -> list[str]:
    """Word n-grams, word beginnings and endings, and verbs with their role: what is hashed."""
    listed: list[str] = []
    for sentence in reading.sentences:
        marked = ["^", *(w for w in re.findall(r"[a-z0-9_'\ue000]+", sentence.text))]
        marked = [re.sub(r"\d+", "0", w) for w in marked][:60]
        marked.append("?" if sentence.question else ".")
        for at, word in enumerate(marked):
            listed.append("w" + word)
            if at:
                listed.append(f"b{marked[at - 1]} {word}")
            if at > 1 and at < 6:
                listed.append(f"t{marked[at - 2]} {marked[at - 1]} {word}")
            if len(word) > 4:
                listed.append("p" + word[:4])
                listed.append("s" + word[-3:])
    listed.extend(f"v{verb.lemma} {verb.role}" for verb in reading.verbs)
    listed.extend(f"V{verb.lemma} {verb.role} {verb.target}" for verb in reading.verbs)
    listed.extend(f"a{verb.lemma} {verb.role} {verb.article}" for verb in reading.verbs)
    return list(dict.fromkeys(listed))
