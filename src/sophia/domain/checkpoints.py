"""Checkpoints: signed heads of the audit trail, to be kept where whoever could rewrite it cannot."""

import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from attrs import field, frozen

from sophia.domain.audit import Head
from sophia.domain.canonical import canonical_json

__all__ = ["Checkpoint", "checkpoint_from_json", "checkpoint_to_json"]


@frozen
class Checkpoint:
    """How far a trail was at a time, signed."""

    head: Head
    at: datetime
    signature: bytes = field(default=b"", repr=False)

    @property
    def signed(self) -> bytes:
        """What the signature is of: canonical JSON (RFC 8785)."""
        return canonical_json(_said(self))


def _said(checkpoint: Checkpoint) -> dict[str, Any]:
    return {
        "companyId": checkpoint.head.company_id,
        "sequence": checkpoint.head.sequence,
        "hash": checkpoint.head.hash,
        "at": checkpoint.at.astimezone(UTC).isoformat(timespec="microseconds"),
    }


def checkpoint_to_json(checkpoint: Checkpoint) -> dict[str, Any]:
    """A checkpoint as it is exported; the signature in base64 (RFC 4648, section 4)."""
    return {**_said(checkpoint), "signature": base64.b64encode(checkpoint.signature).decode()}


def checkpoint_from_json(data: Mapping[str, Any]) -> Checkpoint:
    """A checkpoint that was exported; whether it is signed is not looked at.

    Raises:
        ValueError: it is none.
    """
    try:
        head = Head(str(data["companyId"]), int(data["sequence"]), str(data["hash"]))
        signature = base64.b64decode(data["signature"], validate=True)
        return Checkpoint(head, datetime.fromisoformat(data["at"]), signature)
    except (KeyError, TypeError, binascii.Error) as error:
        raise ValueError(f"not a checkpoint: {error}") from error
