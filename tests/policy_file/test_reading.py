import contextlib
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.rules.facts import ChangeKind
from bot.domain.rules.people import People
from bot.domain.rules.policy import Policy
from bot.domain.rules.rule import Denial
from bot.domain.rules.windows import Freeze, Window
from bot.policy_file.reading import BadPolicy, findings_of, read_policy, read_text

WHOLE = """
quorum = 2
expires_after = "2d"
denial = "blocks"

[names]
"+1 (415) 555-0101" = "Support US"
"ext-4001" = "Front desk"

[[rules]]
name = "Main lines"
numbers = ["+1415*", "+1 415 555 0199", "ext-4001"]
changes = [
  "inbound", "split", "no_inbound", "outbound", "no_outbound", "webhook", "time_routing", "scheduled", "several",
]
agents = ["agent_a"]
approvers = { people = ["U1"], groups = ["S1"], channels = ["C1"] }
requesters = { people = ["W1"] }
quorum = 3
channel = "C2"
webhook_hosts = ["hooks.example.com", "*.example.org"]
denial = "ends"
expires_after = "90m"
windows = [
  { days = ["tue", "mon", "mon"], from = "08:00", to = "24:00", zone = "Europe/Berlin" },
]
freezes = [{ from = 2026-12-24T00:00:00, to = 2027-01-02T00:00:00, zone = "Europe/Berlin", why = "holidays" }]
override = { people = ["U2"] }

[[rules]]
name = "The rest"
"""


def problems(text: str) -> list[str]:
    with pytest.raises(BadPolicy) as caught:
        read_text(text)
    return list(caught.value.problems)


def test_every_key_is_read() -> None:
    policy = read_text(WHOLE)
    assert (policy.quorum, policy.expires_after, policy.denial) == (2, timedelta(days=2), Denial.BLOCKS)
    assert policy.names == (("+14155550101", "Support US"), ("ext-4001", "Front desk"))
    rule, rest = policy.rules
    assert rule.numbers == ("+1415*", "+14155550199", "ext-4001")
    assert rule.changes == frozenset(ChangeKind)
    assert rule.agents == frozenset({"agent_a"})
    assert rule.approvers == People(frozenset({"U1"}), frozenset({"S1"}), frozenset({"C1"}))
    assert rule.requesters == People(frozenset({"W1"}))
    assert rule.override == People(frozenset({"U2"}))
    assert (rule.name, rule.quorum, rule.channel, rule.denial) == ("Main lines", 3, "C2", Denial.ENDS)
    assert (rule.webhook_hosts, rule.expires_after) == (("hooks.example.com", "*.example.org"), timedelta(minutes=90))
    assert rule.windows == (Window(("mon", "tue"), 480, 1440, "Europe/Berlin"),)
    assert [Freeze.from_json(freeze.to_json()) for freeze in rule.freezes] == list(rule.freezes)
    assert rule.freezes[0].why == "holidays"
    # What a rule does not say is as at the top.
    assert (rest.quorum, rest.denial, rest.numbers, rest.approvers) == (2, Denial.BLOCKS, None, None)


def test_without_a_file_the_built_in_policy_holds() -> None:
    assert read_policy(None) == read_text("") == Policy()


def test_files_that_say_the_same_have_one_hash() -> None:
    assert read_text("quorum = 1 # one").hash == read_text('denial = "ends"').hash == Policy().hash
    assert read_text("quorum = 2").hash != Policy().hash


def with_rule(line: str) -> str:
    return f'[[rules]]\nname = "a"\n{line}\n'


A_WINDOW = 'days = ["mon"], from = "08:00", to = "18:00", zone = "UTC"'
BAD = [
    ("denail = 'ends'", "denail (line 1): There is no such key here. Did you mean denial?"),
    (with_rule("xyz = 1"), "rules[0].xyz (line 3): There is no such key here. The keys are agents, approvers, "),
    ("[[rules]]\nquorum = 1", "rules[0].name (line 1): It is missing; it must be text of up to 75 characters on one"),
    ("[[rules]]\nname = 3", "rules[0].name (line 2): It must be text of up to 75 characters on one line"),
    ("[[rules]]\nname = '<@U1>'", "rules[0].name (line 2): It must be text of up to 75 characters on one line"),
    ("[[rules]]\nname = ''", "rules[0].name (line 2): It must be text of up to 75 characters on one line"),
    ("rules = [3]", "rules[0] (line 1): It must be a table with name, numbers, changes, "),
    (with_rule("quorum = 11"), "rules[0].quorum (line 3): It must be a whole number from 1 to 10."),
    (with_rule("quorum = 1.0"), "rules[0].quorum (line 3): It must be a whole number from 1 to 10."),
    (with_rule("denial = 'maybe'"), 'rules[0].denial (line 3): It must be "ends" or "blocks".'),
    (with_rule("numbers = '+1'"), "rules[0].numbers (line 3): It must be a list of numbers, extensions or patterns"),
    (with_rule("numbers = []"), "rules[0].numbers (line 3): It is an empty list; leave it out, or write something"),
    (with_rule("changes = ['paint']"), "rules[0].changes[0] (line 3): changes must be a list of some of inbound, "),
    (with_rule("agents = [1]"), "rules[0].agents[0] (line 3): agents must be a list of ids of agents."),
    (with_rule("approvers = ['U1']"), "rules[0].approvers (line 3): It must be a table, such as { people = ["),
    (with_rule("approvers = { people = ['rita'] }"), "rules[0].approvers.people[0] (line 3): people must be a list of"),
    (with_rule("[rules.override]\ngroups = 3"), "rules[0].override.groups (line 4): It must be a list of ids of user"),
    (with_rule("channel = '#calls'"), 'rules[0].channel (line 3): It must be the id of a channel, such as "C012'),
    (with_rule("expires_after = '8 hours'"), "rules[0].expires_after (line 3): It must be a length of time up to a"),
    (with_rule("expires_after = 8"), "rules[0].expires_after (line 3): It must be a length of time up to a year"),
    (with_rule("expires_after = '999d'"), "rules[0].expires_after (line 3): It must be a length of time up to a year"),
    (with_rule("windows = []"), "rules[0].windows (line 3): It is an empty list"),
    (with_rule("windows = [3]"), "rules[0].windows[0] (line 3): It must be a table with days, from, to, zone."),
    (
        with_rule(f"windows = [\n  {{ {A_WINDOW} }},\n  {{ {A_WINDOW.replace('UTC', 'Mars')} }},\n]"),
        'rules[0].windows[1].zone (line 5): It must be the name of a time zone, such as "Europe/Berlin".',
    ),
    (
        with_rule(f"windows = [{{ {A_WINDOW.replace('mon', 'Mon')} }}]"),
        "rules[0].windows[0].days[0] (line 3): days",
    ),
    (
        with_rule(f"windows = [{{ {A_WINDOW.replace('08:00', '8')} }}]"),
        "rules[0].windows[0].from (line 3): It must",
    ),
    (
        with_rule(f"windows = [{{ {A_WINDOW.replace('18:00', '24:01')} }}]"),
        "rules[0].windows[0].to (line 3): It must",
    ),
    (with_rule("[[rules.windows]]\ndays = ['mon']"), "rules[0].windows[0].from (line 3): It is missing; it must be a"),
    (
        with_rule("freezes = [{ from = 2026-12-24T00:00:00Z, to = 2026-12-25T00:00:00, zone = 'UTC' }]"),
        "rules[0].freezes[0].from (line 3): It must be a date and a time without quotes and without an offset",
    ),
    (
        with_rule("freezes = [{ from = 2026-12-24, to = 2026-12-25T00:00:00, zone = 'UTC' }]"),
        "rules[0].freezes[0].from (line 3): It must be a date and a time without quotes and without an offset",
    ),
    (
        with_rule("freezes = [{ from = 2026-12-25T00:00:00, to = 2026-12-24T00:00:00, zone = 'UTC' }]"),
        "rules[0].freezes[0] (line 3): It ends before it begins, so it would stop nothing.",
    ),
    ('[names]\n"+14155550101" = 3', 'names["+14155550101"] (line 2): It must be a number with its name in quotes'),
    (
        '[names]\n"+14155550101" = "a\\nb"',
        'names["+14155550101"] (line 2): It must be a number with its name in quotes',
    ),
    ('[names]\n"+14155550101" = "a"\n"+1 415 555 0101" = "b"', 'names["+1 415 555 0101"] (line 3): This number has a'),
    (with_rule("") + with_rule("").replace('"a"', '"A"'), "rules[1].name (line 5): Another rule is called “A” already"),
]


@pytest.mark.parametrize(("text", "sentence"), BAD)
def test_what_is_wrong_is_told_in_plain_words_with_its_place(text: str, sentence: str) -> None:
    (problem,) = [found for found in problems(text) if found.startswith(sentence)]
    assert problem.endswith((".", "?"))


def test_everything_that_is_wrong_is_told_at_once() -> None:
    assert len(problems('quorum = 0\n[[rules]]\nname = "a"\nwindows = 3\nfreezes = 3\n')) == 3


@pytest.mark.parametrize("text", ["quorum =", "a = 1\na = 2", "a = 2026-13-01", "x = " + "[" * 5000, "\0"])
def test_what_is_not_toml_is_one_sentence(text: str) -> None:
    (problem,) = problems(text)
    assert problem.startswith("The policy file is not TOML: ")


@given(st.text(max_size=60) | st.text("[]{}=\"'\n,.#rulesnamquo0123456789-:T", max_size=60))
def test_any_text_is_read_or_refused_in_sentences(text: str) -> None:
    with contextlib.suppress(BadPolicy):
        assert isinstance(read_text(text), Policy)


def test_what_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes(b"# caf\xe9")
    for name, sentence in {
        "none.toml": "The policy file cannot be read: No such file or directory.",
        ".": "The policy file cannot be read: Is a directory.",
        "latin.toml": "The policy file is not UTF-8 text.",
    }.items():
        with pytest.raises(BadPolicy, match=f"^{sentence}$"):
            read_policy(tmp_path / name)


def test_findings_have_their_lines() -> None:
    text = with_rule("approvers = { people = ['U1'] }\nquorum = 2") + '[names]\n"no number" = "x"\n'
    assert findings_of(read_text(text), text) == (
        'names["no number"] (line 6): “x” names no number, which is neither a phone number nor an extension.',
        "rules[0].approvers (line 3): “a” asks for 2 approvals and lists one person.",
    )
