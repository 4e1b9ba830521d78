"""What a model says and asks for in one step, put together as it comes."""

from attrs import define, field, frozen

from sophia.adapters.model.errors import MODEL, Transient
from sophia.adapters.prompts import arguments
from sophia.domain.agents import Tokens, ToolCall

__all__ = ["CUT_SHORT", "FILTERED", "LENGTH", "TIME", "CallPiece", "CallPieces", "Delta", "Reply"]

LENGTH, FILTERED, TIME = "length", "content_filter", "out of time"
CUT_SHORT = frozenset({LENGTH, FILTERED, TIME})
"""Why a reply is not whole: two reasons that an endpoint gives, and one of ours."""


@frozen
class CallPiece:
    """A piece of a tool call; those of one call have the same index, where the endpoint gives one."""

    index: int | None
    id: str
    name: str
    arguments: str


@frozen
class Delta:
    """What one event of the stream adds; ``finish`` says why the model has ended, ``tokens`` what it cost."""

    text: str = ""
    calls: tuple[CallPiece, ...] = ()
    finish: str | None = None
    tokens: Tokens | None = None


@define
class _Pieces:
    id: str
    name: str
    arguments: str


@define
class CallPieces:
    """Puts tool calls together, as their pieces come.

    Pieces belong together by their index. A second call under an index that is taken, as some servers send it, is told
    by its own id.
    """

    _calls: list[_Pieces] = field(factory=list)
    _open: dict[int | None, _Pieces] = field(factory=dict)

    def add(self, piece: CallPiece) -> None:
        """The next piece, of whichever call."""
        begun = self._open.get(piece.index)
        if begun is None or (piece.id and begun.id and piece.id != begun.id):
            begun = self._open[piece.index] = _Pieces("", "", "")
            self._calls.append(begun)
        begun.id = begun.id or piece.id
        begun.name += piece.name
        begun.arguments += piece.arguments

    def __len__(self) -> int:
        return len(self._calls)

    def calls(self, first: int) -> list[tuple[str, ToolCall]]:
        """Each call with its id on the wire. Within a turn calls are named in order, from ``first``."""
        return [
            (pieces.id or f"call_{n}", ToolCall(f"call_{n}", pieces.name, arguments(pieces.arguments)))
            for n, pieces in enumerate(self._calls, first)
        ]


@define
class Reply:
    """What the model says and asks for in one step."""

    text: str = ""
    calls: CallPieces = field(factory=CallPieces)
    finish: str | None = None
    tokens: Tokens | None = None
    has_begun: bool = False

    def add(self, delta: Delta) -> None:
        """What comes next."""
        self.has_begun = True
        self.text += delta.text
        for piece in delta.calls:
            self.calls.add(piece)
        self.finish = delta.finish or self.finish
        self.tokens = delta.tokens or self.tokens

    @property
    def is_whole(self) -> bool:
        """Whether the model has ended of itself, and waits for nothing."""
        return self.finish is not None and self.finish not in CUT_SHORT and not self.calls

    def check(self, *, said: bool) -> None:
        """Pass if the model has come to an end, and has said or asked for something (or had before).

        Raises:
            Transient: it has not.
        """
        if self.finish is None:
            raise Transient(MODEL, "its answer broke off")
        if self.is_whole and not self.text.strip() and not said:
            raise Transient(MODEL, "has said nothing")
