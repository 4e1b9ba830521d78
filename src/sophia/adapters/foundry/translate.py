"""A turn as items of the Responses API, and what comes back as values. Pure functions.

Source: https://platform.openai.com/docs/api-reference/responses, as `openai.types.responses` declares it, and
https://learn.microsoft.com/azure/foundry/agents/concepts/runtime-components
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from sophia.adapters.foundry.project import Project
from sophia.adapters.http.waiting import wait_in
from sophia.adapters.model.client_errors import FILTERED as FILTERS
from sophia.adapters.model.errors import MODEL, Filtered, Transient
from sophia.adapters.model.reply import FILTERED, LENGTH, CallPiece, Delta
from sophia.adapters.model.showing import instructions_of
from sophia.adapters.prompts import as_json, clean
from sophia.domain.agents import Tokens, ToolSpec, Turn
from sophia.errors import SophiaError, Unavailable

__all__ = [
    "GOING_ON",
    "Item",
    "call_result",
    "conversation_of",
    "definition",
    "digest_of",
    "ended",
    "items_after",
    "last_of_the_tools",
    "message",
    "same",
    "spoken",
]

Item = dict[str, Any]
"""An item of a conversation, as the API has it."""

_CODE = re.compile(r"[\w.-]{1,64}")
_PASSING = frozenset({"server_error", "vector_store_timeout"})
_REASONS = {"max_output_tokens": LENGTH, "content_filter": FILTERED}
GOING_ON = ("queued", "in_progress")
"""What a response is while it is being made."""

_TEXTS = ("text", "refusal")
_NO_MORE_TOOLS = "no more tools in this turn; answer with what there is"


def definition(project: Project, turn: Turn, tools: Sequence[ToolSpec]) -> Item:
    """The agent that is to play a turn, as a prompt agent.

    What it is told and what it may ask for belong to the agent: a request that names one may bring neither along.
    """
    functions = [
        {
            "type": "function",
            "name": spec.name,
            "description": spec.description,
            "parameters": spec.parameters,
            "strict": False,
        }
        for spec in tools
    ]
    temperature = {} if project.temperature is None else {"temperature": project.temperature}
    told = {"kind": "prompt", "model": project.model, "instructions": instructions_of(turn)}
    return {**told, "tools": functions, **temperature}


def digest_of(agent: Item) -> str:
    """Names a definition: the same one, the same name."""
    return sha256(json.dumps(agent, sort_keys=True).encode()).hexdigest()


def message(role: str, content: str) -> Item:
    """Something that was said."""
    return {"type": "message", "role": role, "content": content}


def call_result(call_id: str, text: str) -> Item:
    """What came of a tool call."""
    return {"type": "function_call_output", "call_id": call_id, "output": text}


def last_of_the_tools(items: Sequence[Item]) -> list[Item]:
    """The items, where they tell what came of tools saying also that these were the last."""
    *others, last = items
    if last["type"] != "function_call_output":
        return list(items)
    told = {**json.loads(last["output"]), "note": _NO_MORE_TOOLS}
    return [*others, {**last, "output": as_json(told)}]


def conversation_of(answer: Mapping[str, Any]) -> str:
    """The id of a conversation that was made.

    Raises:
        ValueError: this is none.
    """
    made = answer.get("id")
    if not isinstance(made, str) or not made:
        raise ValueError("no conversation")
    return made


def same(kept: Item, sent: Item) -> bool:
    """Whether an item of a conversation is the one that was sent."""
    if kept.get("type") != sent["type"]:
        return False
    if sent["type"] == "message":
        return bool(kept.get("role") == sent["role"] and _text_of(kept) == sent["content"])
    return bool(kept.get("call_id") == sent["call_id"])


def items_after(sent: Item, newest_first: Iterable[Item]) -> list[Item] | None:
    """What a conversation holds after an item that was sent to it, oldest first; None where that is not in it."""
    after = list[Item]()
    for item in newest_first:
        if same(item, sent):
            return after[::-1]
        after.append(item)
    return None


def spoken(event: Mapping[str, Any]) -> str:
    """What an event of the stream adds to the text."""
    if event.get("type") in ("response.output_text.delta", "response.refusal.delta"):
        return clean(str(event.get("delta") or ""))
    return ""


def ended(response: Mapping[str, Any], said: str) -> Delta | None:
    """What a response adds to what was heard of it, and how it has ended; None while it goes on.

    Args:
        response: as it is now.
        said: its text so far, as it was heard.

    Raises:
        Transient: it has failed in a way that may pass, or it says something else than what was heard.
        Filtered: the content filter has ended it.
        Unavailable: it has failed.
        ValueError: it is no response.
    """
    try:
        status = response.get("status")
        if status in GOING_ON:
            return None
        if status not in ("completed", "incomplete"):
            raise _failure(response.get("error") or {})
        output, usage = response["output"], response.get("usage")
        text = "".join(_text_of(item) for item in output if item["type"] == "message")
        calls = tuple(_call(n, item) for n, item in enumerate(output) if item["type"] == "function_call")
        tokens = Tokens(int(usage["input_tokens"]), int(usage["output_tokens"])) if usage else None
        reason = str((response.get("incomplete_details") or {}).get("reason"))
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError("no response") from error
    if not text.startswith(said):
        raise Transient(MODEL, "has said something else than what was heard")
    finish = "stop" if status == "completed" else _REASONS.get(reason, LENGTH)
    return Delta(text[len(said) :], calls, finish, tokens)


def _failure(error: Mapping[str, Any]) -> SophiaError:
    code, told = str(error.get("code") or ""), str(error.get("message") or "")
    if code in FILTERS:
        return Filtered("the content filter has ended the answer")
    if code == "rate_limit_exceeded":
        return Transient(MODEL, "is asked too much", wait_in(told))
    if code in _PASSING:
        return Transient(MODEL, f"reports {code}")
    if not code:
        return Transient(MODEL, "its answer broke off")
    return Unavailable(MODEL, f"reports {code if _CODE.fullmatch(code) else 'an error'}")


def _call(index: int, item: Mapping[str, Any]) -> CallPiece:
    arguments = item.get("arguments") or ""
    return CallPiece(index, str(item["call_id"]), str(item["name"]), clean(str(arguments)))


def _text_of(item: Mapping[str, Any]) -> str:
    content = item.get("content") or ""
    if isinstance(content, str):
        return clean(content)
    return "".join(clean(str(part.get(key) or "")) for part in content for key in _TEXTS)
