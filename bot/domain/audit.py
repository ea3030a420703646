"""Audit events, and the chain of hashes that shows when one was altered, removed or put elsewhere.

The hash of an event covers its content and the hash of the event before it. A chain cannot show that its tail was cut:
an export carries the head, and whoever keeps the head can tell.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from json.encoder import encode_basestring
from typing import Any, NamedTuple

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """One fact: who (`actor_id`, a Slack user id or `worker`), what, about which change, and from where.

    `before` and `after` are JSON values without secrets. `change_version` is the version of the change that this
    event explains; None when it explains no step (a refusal, or something that concerns no change).
    """

    at: datetime
    team_id: str
    actor_id: str
    event: str
    origin: str
    change_id: int | None = None
    change_version: int | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainedEvent(AuditEvent):
    """An audit event in its place in the chain."""

    id: int
    previous_hash: str
    hash: str

    @property
    def link(self) -> "Link":
        """Its place in the chain, with its digest computed anew."""
        return Link(self.id, self.previous_hash, self.hash, digest(self, id=self.id, previous_hash=self.previous_hash))


class Link(NamedTuple):
    """The place of an event in the chain: `hash` is what stands there, `digest` what its content comes to."""

    id: int
    previous_hash: str
    hash: str
    digest: str


def chain(event: AuditEvent, *, id: int, previous_hash: str) -> ChainedEvent:  # noqa: A002 - the column's name
    """Put an event at its place behind the event that has `previous_hash`."""
    values = {name: getattr(event, name) for name in AuditEvent.__dataclass_fields__}
    return ChainedEvent(
        **values, id=id, previous_hash=previous_hash, hash=digest(event, id=id, previous_hash=previous_hash)
    )


def digest(event: AuditEvent, *, id: int, previous_hash: str) -> str:  # noqa: A002 - the column's name
    """Return the SHA-256 over the canonical JSON of an event at its place; times in UTC with microseconds."""
    return digest_of_written(
        id,
        (written_time(event.at), event.team_id, event.actor_id, event.event, event.origin),
        (event.change_id, event.change_version),
        (canonical_json(event.before), canonical_json(event.after)),
        previous_hash,
    )


def digest_of_written(
    id: int,  # noqa: A002 - the column's name
    words: tuple[str, str, str, str, str],
    change: tuple[int | None, int | None],
    values: tuple[str, str],
    previous_hash: str,
) -> str:
    """Return the digest of an event as it is written down: `words` begin with its time; `values` are JSON already.

    Raises TypeError for words that are none, UnicodeError for ones that cannot be written.
    """
    texts = [encode_basestring(word) for word in words]
    numbers = ["null" if number is None else str(number) for number in change]
    content = ",".join((str(id), *texts, *numbers, *values, encode_basestring(previous_hash)))
    return hashlib.sha256(f"[{content}]".encode()).hexdigest()


def written_time(at: datetime) -> str:
    """Write a time in the one way that is hashed."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def canonical_json(value: object) -> str:
    """Write JSON in the one way that is hashed and stored."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Break:
    """The first event that does not fit, and why, as a sentence."""

    event_id: int
    problem: str


class Verifier:
    """Walks a chain event by event, so that a record of any length can be checked as it streams by."""

    def __init__(self) -> None:
        self.head = GENESIS
        self.count = 0

    def check(self, event: Link) -> Break | None:
        """Take the next event in order of id; return the break when it does not fit."""
        if event.id != self.count + 1:
            return Break(event.id, f"Event {self.count + 1} is missing.")
        if event.previous_hash != self.head:
            return Break(event.id, f"Event {event.id} does not follow the event before it.")
        if event.hash != event.digest:
            return Break(event.id, f"Event {event.id} was altered.")
        self.head = event.hash
        self.count = event.id
        return None
