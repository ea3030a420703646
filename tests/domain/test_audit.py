import json
from dataclasses import replace
from datetime import timedelta, timezone

from hypothesis import assume, given
from hypothesis import strategies as st

from bot.domain.audit import GENESIS, AuditEvent, Break, ChainedEvent, Verifier, canonical_json, chain
from tests.chain import first_break
from tests.domain.strategies import NOW

values = st.none() | st.dictionaries(
    st.text(max_size=5), st.text(max_size=5) | st.integers() | st.booleans(), max_size=3
)
events = st.builds(
    AuditEvent,
    at=st.integers(0, 10**9).map(lambda micros: NOW + timedelta(microseconds=micros)),
    team_id=st.text(max_size=3),
    actor_id=st.text(max_size=3),
    event=st.sampled_from(["change.asked", "change.approved"]),
    origin=st.text(max_size=3),
    change_id=st.none() | st.integers(1, 9),
    change_version=st.none() | st.integers(1, 9),
    before=values,
    after=values,
)
FIELDS = ["at", "team_id", "actor_id", "event", "origin", "change_id", "change_version", "before", "after"]


def chained(found: list[AuditEvent]) -> list[ChainedEvent]:
    record: list[ChainedEvent] = []
    for place, event in enumerate(found, start=1):
        record.append(chain(event, id=place, previous_hash=record[-1].hash if record else GENESIS))
    return record


records = st.lists(events, min_size=1, max_size=6).map(chained)
# To be cut or shuffled: a single event would be thrown away, and generating it is what takes the time.
longer_records = st.lists(events, min_size=2, max_size=5).map(chained)


@given(records)
def test_g7_a_whole_record_holds_and_carries_its_head(record: list[ChainedEvent]) -> None:
    assert first_break(record) is None
    verifier = Verifier()
    for event in record:
        verifier.check(event.link)
    assert (verifier.head, verifier.count) == (record[-1].hash, len(record))


@given(records, events, st.data())
def test_g7_an_altered_event_is_found(record: list[ChainedEvent], other: AuditEvent, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(record) - 1))
    field = data.draw(st.sampled_from(FIELDS))
    assume(getattr(other, field) != getattr(record[place], field))
    record[place] = replace(record[place], **{field: getattr(other, field)})
    assert first_break(record) == Break(place + 1, f"Event {place + 1} was altered.")


@given(longer_records, events, st.data())
def test_g7_an_altered_event_with_a_new_hash_is_found_at_the_next(
    record: list[ChainedEvent], other: AuditEvent, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(record) - 2))
    assume(other.at != record[place].at)
    record[place] = chain(other, id=place + 1, previous_hash=record[place].previous_hash)
    assert first_break(record) == Break(place + 2, f"Event {place + 2} does not follow the event before it.")


@given(longer_records, st.data())
def test_g7_a_missing_event_is_found(record: list[ChainedEvent], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(record) - 2))
    del record[place]
    found = first_break(record)
    assert found is not None
    assert found.problem == f"Event {place + 1} is missing."


@given(longer_records, st.data())
def test_g7_a_reordered_record_is_found(record: list[ChainedEvent], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(record).filter(lambda found: found != record))
    assert first_break(shuffled) is not None


@given(longer_records, st.data())
def test_g7_renumbering_what_was_reordered_does_not_help(record: list[ChainedEvent], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(record).filter(lambda found: found != record))
    assert first_break(replace(event, id=place) for place, event in enumerate(shuffled, start=1)) is not None


@given(events)
def test_the_hash_knows_no_time_zone_and_survives_storage(event: AuditEvent) -> None:
    stored = chain(event, id=1, previous_hash=GENESIS)
    elsewhere = replace(
        event,
        at=event.at.astimezone(timezone(timedelta(hours=5, minutes=30))),
        before=json.loads(canonical_json(event.before)),
        after=json.loads(canonical_json(event.after)),
    )
    assert chain(elsewhere, id=1, previous_hash=GENESIS).hash == stored.hash
