"""What follows a verb: the kind of its object, how that is introduced, and the question word after it."""
# ruff: noqa: PLR2004 - windows of tokens are plainest where they are used

import re
from itertools import pairwise

from sophia.domain.intent.parts import PAUSES, Token, noun_kinds

__all__ = ["article", "complement", "object_kind"]

_LISTING = re.compile(
    "lista (?:negra|blanca|gris|de (?:bloqueo|bloqueados|permitidos|exclusion|exclusiones|confianza))|"
    "list of (?:blocked|allowed)"
)
_LISTED = frozenset("distribution mailing block allow deny access exclusion exception watch white black".split())
_GRANTED = frozenset(
    "permisos permissions rights credenciales credentials accesos access licencias licences licenses "
    "privilegios privileges codes codigos".split()
)
_FAILED = frozenset("failed fallidos fallidas".split())
_VIEWS = frozenset(
    "panel tablero dashboard board grafica grafico graph chart vista view query consulta busqueda search".split()
)

# Whoever is put on a list, or taken off it, is not shown it.
_JOINING = frozenset("sac saq qui met pon bor inc agr ana tak put add rem kic dro joi".split())
_ONTO = frozenset("de en a off on to from onto".split())
# "Give one to Harriet", "dale una": a thing that was spoken of before.
_BRINGS = frozenset("give issue send assign get hand dale dales dadle denle asignale pasale mandale".split())
_ONE = frozenset("one uno una otro otra".split())
_FOR = frozenset(("to", "for", "a", "para", "al", ""))
_SHOWING = frozenset("abr ope loa car pul bri ens mos sho dis".split())


def object_kind(found: list[Token], at: int) -> str:
    """The kind of the first telling noun after a verb."""
    nouns = noun_kinds()
    verb = found[at].word
    for where, token in enumerate(found[at + 1 : at + 10], start=at + 1):
        if token.raw in PAUSES and token.raw != "(":
            break
        if token.word in {"lista", "list"} and _LISTING.match(" ".join(t.word for t in found[where : where + 4])):
            return "target"
        if token.word in {"lista", "list"} and (
            found[where - 1].word in _LISTED
            or re.match(r"lista de (?:distribucion|correo|avisos)", " ".join(t.word for t in found[where : where + 3]))
        ):
            return "access"
        if (
            token.word in {"lista", "list"}
            and verb[:3] in _JOINING
            and _ONTO & {t.word for t in found[where - 2 : where]}
        ):
            return "access"
        if token.word in _VIEWS and verb[:3] in _SHOWING:
            return "info"
        kind = nouns.get(token.word) or nouns.get(token.word.removesuffix("s"))
        if token.word in _FAILED and kind == "info":
            return kind
        if kind:
            following = nouns.get(found[where + 1].word) if where + 1 < len(found) else None
            if following == "info" and token.word in _LISTED:
                return "target"
            if following:
                continue
            if kind in {"access", "target"} and token.word.endswith("s") and token.word not in _GRANTED:
                return "many"
            return kind
        if token.word in {"numero", "number"}:
            if where + 1 < len(found) and found[where + 1].word in {"de", "of"}:
                return "info"
            continue
        if any(c.isdigit() for c in token.word) and len(token.word) > 2:
            return "target"
    near = [*(token.word for token in found[at + 1 : at + 5]), ""]
    brought = (after for word, after in pairwise(near) if word in _ONE)
    return "access" if verb in _BRINGS and next(brought, None) in _FOR else ""


_DEFINITE = frozenset(
    "el la los las the last ultimos ultimas ultima ultimo top all todos todas my mis mi these those todo "
    "everything yesterday's today's their".split()
)
_INDEFINITE = frozenset(
    "un una a an otro otra another new nuevo nueva some unos unas one more mas extra any algun alguna "
    "temporal temporary".split()
)


def article(found: list[Token], at: int) -> str:
    """How what is asked for is introduced, and for whom it is asked."""
    word = found[at].word
    whom = ""
    if re.search(r"(?:me|nos|me[ln][oa]s?)$", word) and len(word) > 3:
        whom = "me"
    elif re.search(r"(?:le|les|sel[oa]s?)$", word) and len(word) > 4:
        whom = "him"
    for token in found[at + 1 : at + 4]:
        if token.word in {"me", "us", "nos"}:
            whom = "me"
        elif token.word in {"him", "her", "them", "le", "les"}:
            whom = "him"
        elif token.word in _INDEFINITE:
            return "indef" + whom
        elif token.word in _DEFINITE or token.word.isdigit():
            return "def" + whom
        elif token.word not in {"please", "porfa", "tambien", "ya", "por", "favor", "also", "just", "to", "a"}:
            break
    return "bare" + whom


_OPENS = {
    word: kind
    for kind, listed in (
        ("if", "si if whether"),
        ("that", "que that"),
        ("which", "cual cuales which"),
        ("count", "cuantos cuantas cuanto cuanta"),
        ("who", "quien quienes who"),
        ("when", "cuando when"),
        ("where", "donde where"),
        ("why", "por why"),
        ("how", "how como"),
        ("what", "what"),
        ("about", "about"),
    )
    for word in listed.split()
}


_WHETHER = frozenset("si if whether".split())


def complement(found: list[Token], at: int) -> str:
    """The conjunction or question word that follows a verb."""
    for where in range(at + 1, min(at + 3, len(found))):
        word = found[where].word
        if word in _OPENS:
            following = found[where + 1].word if where + 1 < len(found) else ""
            return _OPENS[word] if word != "por" or following == "que" else ""
    nearby = [token.word for token in found[at + 1 : at + 5]]
    return "if" if nearby[:1] in (["en"], ["in"]) and _WHETHER & set(nearby) else ""
