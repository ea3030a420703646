"""A policy file of many rules, as a company of several sites may have one: few of them match any one change."""

from collections.abc import Iterator

from tests.bench.far_ends import ALAN

MATCHING = """
[[rules]]
name = "America"
numbers = ["+1415*"]
expires_after = "8h"

[[rules]]
name = "Day and night"
changes = ["time_routing"]
denial = "blocks"
approvers = {{ people = ["{alan}", "UADA", "UAMY"] }}
override = {{ people = ["{alan}"] }}
"""
SITE = """
[[rules]]
name = "Site {at}"
numbers = ["+4930{at:03}*", "+4420{at:03}*", "ext-{at}*"]
changes = ["inbound", "split", "webhook"]
approvers = {{ people = ["U{at:03}A", "U{at:03}B"] }}
requesters = {{ people = ["U{at:03}C"] }}
webhook_hosts = ["*.site{at}.example.com"]
quorum = 2
windows = [{{ days = ["mon", "tue", "wed", "thu", "fri"], from = "08:00", to = "18:00", zone = "Europe/Berlin" }}]
"""


def policy_of(rules: int) -> str:
    """Write a file of so many rules, two of which match the changes of this bench."""
    return "".join(_parts(rules))


def _parts(rules: int) -> Iterator[str]:
    for at in range(rules - 2):
        yield SITE.format(at=at)
    yield MATCHING.format(alan=ALAN)
