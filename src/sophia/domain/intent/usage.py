"""Finds the verbs of a sentence, in either language or both, and tells what each is doing there."""
# ruff: noqa: PLR2004 - counts of words are plainest where they are used

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import takewhile

from sophia.domain.intent import patterns, phrases, words, words_en, words_es
from sophia.domain.intent.complements import article, complement, object_kind
from sophia.domain.intent.parts import CONJUNCTIONS, PAUSES, REQUEST, Sentence, Token, Verb, compiled, noun_kinds
from sophia.domain.intent.roles import CLITIC_BEFORE, DETERMINERS, english_role, is_joined, spanish_role
from sophia.domain.intent.verbs import KNOWN_WORDS, english_verbs, fold, spanish_verbs, spelt, vocabulary

__all__ = ["NEED", "is_auxiliary", "spanishness", "verbs_of"]


def spanishness(found: list[Token]) -> int:
    """Above zero where more of the small words are Spanish, below where more are English."""
    return sum((t.word in words_es.SPANISH_FUNCTION) - (t.word in words_en.ENGLISH_FUNCTION) for t in found)


_KNOWING = frozenset(
    "saber decir dime decime digame diganme decidme dinos decirme explicar explicarme explica explicame "
    "aclarar aclarame aclareme confirmar confirmame conocer entender averiguar ver mira comprobar "
    "comprueba verificar verifica revisar revisa indicar indicame cuentame contame know tell check verify "
    "confirm explain see understand find clarify wonder wondering learn show".split()
)
_CAN = frozenset("puede pueden podria podrian can could would".split())
_HELPERS = frozenset("tecnico tecnica companero companera administrador analista ingeniero alma".split())
_BEFORE_CAN = frozenset(
    "me te se lo la los las le les nos os alguien usted ustedes no si que ya como donde someone somebody "
    "anyone you we i one vosotros vos tu y and mind if also tambien".split()
)
_MODAL_ES = re.compile(patterns.POLITE)
NEED = re.compile(patterns.DESIRE)
_SAID_OTHERWISE = frozenset(
    {
        ("contar", "con"),
        ("apunta", "que"),
        ("apunta", ":"),
        ("anota", ":"),
        ("apunte", "que"),
        ("apunten", "que"),
        ("da", "igual"),
    }
)
_AGES = frozenset("un una dos tres cuatro cinco unos unas poco mucho anos meses dias tiempo rato".split())
_BRINGING = frozenset("poner bring get keep".split())
# Who may follow the auxiliary of a question ("do we rotate…?"), and what may not ("do it for me?").
_ASKED_OF = frozenset("we you u they i he she".split())
_NEVER_ASKED_OF = frozenset("it this that them so".split())
_AUXILIARIES = frozenset("do have".split())
# "Don't forget to", "no dudes en": what follows is asked for after all.
_REMINDED = frozenset("forget hesitate olvides olvide olviden olvideis dudes dude duden dudeis".split())
# "No dejes abierto el puerto" asks that it be closed.
_LEAVING = frozenset(("dejar", "permitir"))
_AS_IT_IS = re.compile(r"\b(?:como esta[n]?|tal cual|en paz|quiet[oa]s?)\b")
_STATES = frozenset(
    "abierto abierta abiertos abiertas expuesto expuesta expuestos expuestas puesto puesta sin activo activa".split()
)
_TELLING = next(pattern for kind, _, pattern in phrases.PHRASES if kind == "tell")


@lru_cache(maxsize=KNOWN_WORDS)
def _strip_clitics(word: str) -> tuple[tuple[str, str], ...]:
    return tuple(
        (word[: -len(clitic)], clitic)
        for clitic in words_es.CLITICS
        if word.endswith(clitic) and len(word) - len(clitic) >= (4 if clitic in {"te", "se", "os"} else 2)
    )


def _lookup_spanish(token: Token, word: str) -> tuple[str, set[str], str] | None:
    """The infinitive, moods and clitic of a word, with the accent taken into account."""
    _, forms, _ = spanish_verbs()
    found = forms.get(word)
    if found:
        verb = next(iter(found))
        moods = set(found[verb])
        ending = token.raw[-1:].lower()
        if word in {"de", "den", "des"} and verb == "dar" and not (ending == "é" or word == "den"):
            return None
        if ending == "ó":
            moods &= {"pret"}
        elif ending == "é":
            moods &= {"pret"} if verb.endswith("ar") and word != "de" else {"imp", "sub"}
        elif ending in "áí" and ending:
            moods &= {"imp", "pret", "fut"} if ending == "í" else {"imp", "fut"}
        elif "pret" in moods and len(moods) > 1:
            moods -= {"pret"}
        return (verb, moods, "") if moods else None
    for base, clitic in _strip_clitics(word):
        found = forms.get(base)
        if found:
            for verb, moods in found.items():
                kept = moods & {"imp", "imp2", "sub", "inf", "ger"}
                if kept and clitic != "os":
                    return verb, kept, clitic
        if clitic == "os" and base + "d" in forms:
            return next(iter(forms[base + "d"])), {"imp2"}, clitic
    return None


def is_auxiliary(word: str, after: str, question: bool, opening: bool) -> bool:
    """Whether "do" or "have" only helps another verb to ask or to be negated, and orders nothing itself."""
    if word not in _AUXILIARIES or not opening:
        return False
    return (
        after in _ASKED_OF
        or (word == "do" and after in {"not", "never"})
        or (question and after not in _NEVER_ASKED_OF)
    )


def _forbidden_here(clause: list[str]) -> bool:
    """Whether a Spanish "no" stands right before, but for pronouns: "no", "no le", "nunca me lo"."""
    left = [word for word in clause[-3:] if word not in CLITIC_BEFORE]
    return left[-1:] != [] and left[-1] in {"no", "nunca", "jamas", "tampoco", "ni"}


def _left(following: list[Token]) -> bool:
    """Whether what is not to be left is a state ("abierto", "ese puerto abierto") or a happening ("que entre")."""
    _, forms, _ = spanish_verbs()
    if [token.word for token in following[:1]] == ["que"]:
        return True
    said = takewhile(lambda token: token.raw not in PAUSES and token.word not in CONJUNCTIONS, following)
    return any("part" in moods for t in said for moods in forms.get(t.word, {}).values()) or any(
        token.word in _STATES for token in following[:1]
    )


def _kinds_here(lemma: str, kinds: frozenset[str], sentence: Sentence) -> frozenset[str]:
    """What a verb asks for in this sentence: "bring me up to date" is telling, 'shorten: "…"' is writing."""
    if lemma in _BRINGING and compiled(_TELLING).search(sentence.text):
        return frozenset({"tell"})
    if "write" in kinds and {"text", "quote"} <= sentence.flags:
        return frozenset({"write"})
    return kinds


def _that(found: list[Token], at: int) -> bool:
    """Whether "que" brings a wish ("y que lo cierres") and asks nothing ("qué", also written without its accent)."""
    if fold(found[at].raw) != found[at].raw.lower():
        return False
    _, forms, _ = spanish_verbs()
    following = (token.word for token in found[at + 1 : at + 5])
    verb = next((word for word in following if word not in CLITIC_BEFORE and word not in words.OPENERS), "")
    return any(moods & {"sub", "sub2"} for moods in forms.get(verb, {}).values())


def _bare(clause: list[str]) -> bool:
    """Whether a conjunct has but pronouns and words like "also" before its verb: no subject or "can" of its own."""
    return all(word in CLITIC_BEFORE or word in words.OPENERS for word in clause)


# Where a question goes on past "and": "tell me how to stop and restart it", not "tell me who has it and restart it".
_GOING_ON = frozenset(("howto", "hyp", "suppose"))
_ASKED_IN = frozenset(("inf", "sub", "sub2", "pres2", "base", "ing"))


def verbs_of(number: int, sentence: Sentence) -> Iterator[Verb]:
    """The verbs of a sentence, in order; ``number`` is the sentence's place in the message."""
    found = list(sentence.tokens)
    spanish_kinds, _, _ = spanish_verbs()
    english_kinds, english_forms, _ = english_verbs()
    leaning = spanishness(found)
    opening, first = True, True
    before: list[str] = []
    clause: list[str] = []
    clause_negated = False
    modal = need = asking = known = barred = reminded = False
    # How a question was asked for ("could you tell me", "I need to know"), whether this conjunct may be asked for
    # beside it, and the moods of the verbs within it: a verb in one of these goes on with the question.
    by_modal = by_need = told_first = beside = begun = parted = False
    within: set[str] = set()
    polite, desire = "polite" in sentence.flags, "desire" in sentence.flags
    for at, token in enumerate(found):
        if token.raw in PAUSES:
            barred = barred or clause[-2:] == ["do", "not"] or clause[-1:] in (["don't"], ["dont"])
            opening, clause, asking, known = True, [], False, False
            continue
        if token.word in CONJUNCTIONS:
            barred = token.word in {"or", "o"} and clause_negated
            opening, clause, asking = True, [], False
            beside, told_first = begun or known, told_first or known
            parted = at > 0 and found[at - 1].raw in PAUSES
            before.append(token.word)
            continue
        if opening and token.word in words.WH_WORDS and sentence.question and "suggest" not in sentence.flags:
            asking = True
        word = token.word.removeprefix("re-")
        word = word if word in vocabulary() else spelt(word)
        after = found[at + 1].word if at + 1 < len(found) else ""
        context = " ".join([*before[-9:], word])
        by_modal, by_need = by_modal or modal, by_need or need
        if (
            known
            and (token.word in words.WH_WORDS or word in {"si", "if", "whether"})
            and not (beside and word == "que" and _that(found, at))
        ):
            asking = True
            modal = need = False
        if word in {"why", "how"} or (word == "que" and before[-1:] == ["por"]):
            asking = not ("suggest" in sentence.flags and first)
            modal = need = False
        if asking:
            begun, beside, told_first = True, False, told_first or known
            within |= {"inf"} if word[-2:] in {"ar", "er", "ir"} else {"base"} if word == "to" else set()
        told = word in _CAN and (
            after == "victoria"
            or (after in {"un", "una"} and not _HELPERS & {t.word for t in found[at + 2 : at + 3]})
            or bool(before and before[-1] not in _BEFORE_CAN and (not opening or before[-1] == "victoria"))
        )
        modal = not asking and not told and (modal or (polite and bool(_MODAL_ES.search(context))))
        asking = asking or bool(told and sentence.question)
        need = not asking and (need or (desire and bool(NEED.search(context))))
        otherwise = (word, after) in _SAID_OTHERWISE or (word == "hace" and after in _AGES and "ago" in sentence.flags)
        if word in _REMINDED and any(w in words.NEGATION for w in clause):
            reminded, barred, clause_negated = True, False, False
            before.append(word)
            clause, opening, first = [], False, False
            continue
        known_not = len(word) < 2 or word in words.NOT_VERBS or otherwise
        helps = is_auxiliary(word, after, sentence.question, opening)
        hit = None if known_not else _lookup_spanish(token, word)
        if word == "di" and after in {"de", "acceso", "permisos"}:
            hit = "dar", {"pret"}, ""
        noun = helps or word == "dos" or (word == "failed" and after in noun_kinds())
        english = None if noun else english_forms.get(word)
        ambiguous = word in words.ENGLISH_CONTRADICTIONS
        if hit and (english or ambiguous):
            if english and leaning <= 0:
                hit = None
            elif "sub2" in hit[1] and _forbidden_here(clause):
                english = None
            elif ambiguous and not hit[2]:
                determined = before[-1:] and before[-1] in (DETERMINERS - {"me", "lo", "le", "les", "nos"})
                starts = opening and (
                    after in DETERMINERS or any(c.isdigit() for c in after) or after in {"en", "si", "cuantos", "que"}
                )
                starts = starts or before[-1:] in (["que"], ["please"], ["porfa"])
                if determined or (not starts and not (before[-1:] and before[-1] in CLITIC_BEFORE)) or leaning < 0:
                    hit = None
        if hit and english and leaning > 0:
            english = None
        if word in {"des", "deis"} and _forbidden_here(clause):
            hit, english = ("dar", {"sub2"}, ""), None
        if hit:
            lemma, moods, clitic = hit
            goes_on = beside and _bare(clause) and bool(moods & within)
            joins = beside and not goes_on and "hyp" not in sentence.flags
            modal, need = modal and not goes_on, need and not goes_on
            role, manner = spanish_role(
                sentence.flags, sentence.question, moods, clitic, before, clause, opening, first, modal, need, after
            )
            if joins and is_joined(moods, clause, opening, by_modal, by_need, told_first):
                role, manner = REQUEST, "too"
            if role == REQUEST and "suppose" in sentence.flags and manner not in {"imp", "imp0", "clitic"}:
                role, manner = "hyp", ""
            if lemma in _LEAVING and role == REQUEST and _AS_IT_IS.search(sentence.text):
                role, manner = "neg", ""
            if lemma in _LEAVING and role == "neg" and _forbidden_here(clause) and _left(found[at + 1 : at + 5]):
                role, manner = "avert", "imp"
            if reminded and role in {"plain", "neg"} and "inf" in moods:
                role, manner, reminded = REQUEST, "need", False
            clause_negated = role == "neg"
            kinds = _kinds_here(lemma, spanish_kinds.get(lemma, frozenset()), sentence)
            if lemma == "dar" and role == "neg" and [t.word for t in found[at + 1 : at + 3]] == ["de", "baja"]:
                kinds = frozenset({"change"})
            yield Verb(
                lemma,
                kinds,
                role,
                manner,
                object_kind(found, at),
                article(found, at),
                complement(found, at),
                number,
                at,
            )
        elif english and not (
            clause[-1:] and clause[-1] in (DETERMINERS | {"no"}) and "base" in next(iter(english.values()))
        ):
            lemma = next(iter(english))
            moods = english[lemma]
            goes_on = beside and _bare(clause) and bool(moods & within)
            joins = beside and not goes_on and "hyp" not in sentence.flags
            role, manner = english_role(
                sentence.flags, sentence.question, moods, before, clause, opening, first, modal, need, after
            )
            if joins and is_joined(moods, clause, opening, by_modal, by_need, told_first):
                role, manner = REQUEST, "too"
            elif goes_on and not parted and role == REQUEST and (sentence.question or sentence.flags & _GOING_ON):
                role, manner = "howto" if "howto" in sentence.flags else "plain", ""
            if role == REQUEST and "suppose" in sentence.flags and manner not in {"imp", "imp0", "clitic"}:
                role, manner = "hyp", ""
            if barred and role in {REQUEST, "plain"} and "base" in moods:
                role, manner, barred = "neg", "", False
            if reminded and role in {"plain", "neg"} and "base" in moods:
                role, manner, reminded = REQUEST, "need", False
            clause_negated = role == "neg"
            lets_know = lemma == "let" and [t.word for t in found[at + 2 : at + 3]] == ["know"]
            said_at = at + 2 if lets_know else at
            yield Verb(
                lemma,
                frozenset({"tell"}) if lets_know else _kinds_here(lemma, english_kinds[lemma], sentence),
                role,
                manner,
                object_kind(found, said_at),
                article(found, said_at),
                complement(found, said_at),
                number,
                at,
            )
        if word in _KNOWING:
            known = True
        used = hit[1] if hit else set().union(*english.values()) if english else set()
        if asking:
            within |= used & _ASKED_IN
        elif hit and "pres2" in used and sentence.question and (opening or before[-1:] in (["me"], ["nos"])):
            known = known or bool(spanish_kinds.get(hit[0], frozenset()) & {"tell", "read"})
        before.append(word)
        clause.append(word)
        if not (token.word in words.OPENERS or (token.raw[:1].isupper() and after == "" and len(before) == 1)):
            opening = first = False
        if opening and at + 1 < len(found) and found[at + 1].raw == ",":
            first = True
