"""Leases of changes: who holds one may go on with the change, and loses it by the clock or to another worker."""

from datetime import timedelta

from bot.domain.backoff import backoff
from bot.domain.change import ChangeRequest
from bot.service.context import WORKER_ID, Actor, ServiceContext
from bot.service.unit_of_work import UnitOfWork
from bot.store.errors import LeaseLost
from bot.uponai.errors import Unavailable, UponAIError


def worker_of(change: ChangeRequest) -> Actor:
    """Name the worker as the one who acts."""
    return Actor(change.team_id, WORKER_ID, "worker")


def held(unit: UnitOfWork, change: ChangeRequest) -> ChangeRequest:
    """Return the change that the unit holds, provided that its lease is still the one of `change`.

    Raises LeaseLost. A lease that has run out but was taken by nobody still counts: completing is then safe, because
    the row's lock orders it before any take-over.
    """
    present = unit.held.change
    if present.lease_id is None or present.lease_id != change.lease_id:
        raise LeaseLost(f"{change.label} is held by another worker")
    return present


def wait_for(context: ServiceContext, change: ChangeRequest, error: UponAIError | None = None) -> timedelta:
    """Wait 1, 2, 4 … s up to the lease, by how often it was tried; no less than UponAI says.

    Each attempt stands in the record with several events, so that they are not to follow each other closely for long.
    """
    asked = error.retry_after if isinstance(error, Unavailable) else None
    wait = backoff(change.attempts, first=timedelta(seconds=1), longest=context.lease)
    return max(wait, asked or timedelta(0))
