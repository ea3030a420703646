"""Why a person, a webhook or a whole change is turned away by a rule: sentences that name the rule, and who may.

People, groups and channels stand in them as mentions (`<@U…>`, `<!subteam^S…>`, `<#C…>`).
"""

from collections.abc import Collection, Mapping

from bot.domain.assignment import Field
from bot.domain.errors import InvalidSubmission, NotAllowed
from bot.domain.rules.evaluation import unreachable_rule
from bot.domain.rules.people import People, Person, is_among
from bot.domain.rules.policy import HeldPolicy
from bot.domain.rules.rule import Rule
from bot.domain.rules.words import EVERYBODY, who

NOBODY = People()


def mention(found: str) -> str:
    """Mention a person, a user group or a channel by its id."""
    return {"S": f"<!subteam^{found}>", "C": f"<#{found}>", "G": f"<#{found}>"}.get(found[:1], f"<@{found}>")


def refuse_requester(held: HeldPolicy, person: Person) -> None:
    """Raise NotAllowed, unless every rule lets this person ask."""
    rule = held.rule_refusing_requester(person)
    if rule is not None:
        raise NotAllowed(f"“{rule.name}” lets only {who(rule.requesters or NOBODY, mention)} ask for this.")


def refuse_reviewer(held: HeldPolicy, person: Person) -> None:
    """Raise NotAllowed, unless this person's review counts for a rule; whose change it is plays no part here."""
    if held.rules_for(person):
        return
    may = [f"for “{rule.name}” only {_approvers(rule)} may" for rule in held.rules]
    raise NotAllowed(f"You cannot decide about this: {'; '.join(may)}.")


def refuse_override(held: HeldPolicy, person: Person) -> None:
    """Raise NotAllowed, unless this person may override every rule."""
    for rule in held.rules:
        if rule.override is None or not rule.override.ids:
            named = f"“{rule.name}”" if rule.name else "The policy"
            raise NotAllowed(f"{named} lets nobody override it.")
        if not is_among(rule.override, person):
            raise NotAllowed(f"“{rule.name}” lets only {who(rule.override, mention)} override it.")


def refuse_webhook(held: HeldPolicy, url: str | None) -> None:
    """Raise InvalidSubmission at the webhook's field, unless every rule allows the host; None removes the webhook."""
    rule = None if url is None else held.rule_refusing_webhook(url)
    if rule is None:
        return
    hosts = " or ".join(rule.webhook_hosts or ())
    allowed = f"only webhooks at {hosts}" if hosts else "no webhook"
    raise InvalidSubmission(f"“{rule.name}” allows {allowed}.", field=Field.WEBHOOK)


def refuse_unreachable(held: HeldPolicy, *, requester_id: str, eligible: Mapping[str, Collection[str]]) -> None:
    """Raise NotAllowed, when the requester taken away too few people are left for a rule; see `unreachable_rule`."""
    rule = unreachable_rule(held, requester_id=requester_id, eligible=eligible)
    if rule is None:
        return
    named = f"“{rule.name}”" if rule.name else "the policy"
    people = "one approval" if rule.quorum == 1 else f"{rule.quorum} approvals"
    raise NotAllowed(f"Nobody could get this approved: {named} asks for {people}, by {_approvers(rule)} without you.")


def _approvers(rule: Rule) -> str:
    return f"a {EVERYBODY}" if rule.approvers is None else who(rule.approvers, mention)
