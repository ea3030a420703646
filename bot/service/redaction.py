"""Assignments as the audit record shows them: whole, but for what can be a secret.

A webhook's query and user info can hold one; the record keeps a SHA-256 of the full URL, so that anyone who has the
URL can show that it was the one.
"""

import hashlib
from typing import Any

from bot.domain.assignment import Assignment, AssignmentPatch
from bot.domain.webhook import masked


def of_assignment(assignment: Assignment) -> dict[str, Any]:
    """Return an assignment for the record."""
    return _mask(assignment.to_json())


def of_patch(patch: AssignmentPatch) -> dict[str, Any]:
    """Return the touched fields for the record."""
    return _mask(patch.to_json())


def _mask(values: dict[str, Any]) -> dict[str, Any]:
    url = values.get("webhook_url")
    if url is None:
        return values
    digest = hashlib.sha256(url.encode()).hexdigest()
    return {**values, "webhook_url": masked(url), "webhook_url_sha256": digest}
