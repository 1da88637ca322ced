"""The iCalendar export, read back by parsers that others wrote."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

import botox_schedule as bs
from botox_schedule.testing import days, policies, protocols, record_from_gaps, records
from exchange import node

pytest.importorskip("icalendar", reason="the extra 'ical' is not installed")
vobject: Any = pytest.importorskip("vobject", reason="vobject is not installed")

from botox_schedule.ical import (  # noqa: E402 - only where the extra is
    CalendarEvent,
    EventKind,
    EventStatus,
    events_from_record,
    ical_from_events,
)

MIGRAINE = bs.find_protocol("chronic-migraine")
STAMP = datetime(2026, 2, 1, 9, 30, tzinfo=UTC)
LATER = STAMP + timedelta(days=30)
one = record_from_gaps([84], starts_on=date(2026, 1, 5), units=155)


def events(record: bs.PatientRecord = one, **changed: Any) -> tuple[CalendarEvent, ...]:
    asked: dict[str, Any] = {"key": "k-1", "as_of": "2026-04-10", **changed}
    return events_from_record(record, asked.pop("protocol", MIGRAINE), **asked)


def changed(**fields: Any) -> bs.PatientRecord:
    return bs.PatientRecord.model_validate({"sessions": one.sessions, **fields})


def parts(file: bytes) -> dict[str, bytes]:
    """The VEVENTs of a file, each as its bytes, by UID."""
    blocks = [part.partition(b"END:VEVENT")[0] for part in file.split(b"BEGIN:VEVENT")[1:]]
    return {
        next(line for line in block.split(b"\r\n") if line.startswith(b"UID:"))[4:].decode(): block
        for block in blocks
    }


class TestEvents:
    def test_a_cycle_is_an_event_and_so_is_each_window(self) -> None:
        found = [(str(e.kind), str(e.window), str(e.status)) for e in events(count=2)]
        assert found == [
            ("session", "2026-01-05 to 2026-01-05", "CONFIRMED"),
            ("session", "2026-03-30 to 2026-03-30", "CONFIRMED"),
            ("onset", "2026-04-13 to 2026-04-20", "TENTATIVE"),
            ("wear_off", "2026-05-25 to 2026-06-22", "TENTATIVE"),
            ("due", "2026-06-22 to 2026-06-29", "TENTATIVE"),
            ("due", "2026-09-14 to 2026-09-14", "TENTATIVE"),
        ]

    def test_a_cycle_keeps_its_uid_from_due_to_booked_to_given(self) -> None:
        before = events(record_from_gaps([], starts_on=date(2026, 1, 5)), as_of="2026-02-01")
        booked = bs.PatientRecord.model_validate(
            {
                "sessions": [
                    *record_from_gaps([], starts_on=date(2026, 1, 5)).sessions,
                    {
                        "administered_on": "2026-04-01",
                        "indication": "chronic-migraine",
                        "product": "Botox",
                        "status": "booked",
                    },
                ]
            }
        )
        uids = {
            before[-1].uid,
            events(booked, as_of="2026-02-01")[-1].uid,
            next(e.uid for e in events() if e.window.first == date(2026, 3, 30)),
        }
        assert len(uids) == 1
        booking = events(booked, as_of="2026-02-01")[-1]
        assert (booking.kind, booking.status) == (EventKind.BOOKING, EventStatus.CONFIRMED)
        assert booking.window == bs.Window(first=date(2026, 4, 1), last=date(2026, 4, 1))

    def test_keys_and_clocks_have_uids_of_their_own(self) -> None:
        spasticity = bs.find_protocol("spasticity")
        other = record_from_gaps([84], starts_on=date(2026, 1, 5), indication="spasticity")
        found = [events(), events(key="k-2"), events(other, protocol=spasticity)]
        assert len({e.uid for group in found for e in group}) == sum(map(len, found))

    def test_a_clock_has_one_set_of_uids(self) -> None:
        limb = record_from_gaps([], starts_on=date(2026, 1, 5), indication="upper-limb-spasticity")
        found = [
            events(limb, protocol=bs.find_protocol(name))
            for name in ("spasticity", "upper-limb-spasticity")
        ]
        assert found[0][0].uid == found[1][0].uid

    def test_where_nothing_is_due_the_earliest_day_is_shown(self) -> None:
        xeomin = bs.find_protocol("sialorrhea", product="Xeomin")
        record = record_from_gaps(
            [], starts_on=date(2026, 1, 5), indication="sialorrhea", product="Xeomin"
        )
        last = events(record, protocol=xeomin, as_of="2026-02-01")[-1]
        earliest = bs.due_dates("2026-01-05", xeomin).earliest
        assert (last.kind, last.window.first, last.window.last) == ("earliest", earliest, earliest)

    def test_without_history_there_is_nothing(self) -> None:
        assert events(bs.PatientRecord()) == ()

    def test_where_no_interval_is_stated_only_what_was_given_is_shown(self) -> None:
        bare = MIGRAINE.model_copy(
            update={"retreatment": bs.protocols.RetreatmentRule(kind="scheduled"), "version": "2"}
        )
        assert {e.kind for e in events(protocol=bare)} == {"session", "onset", "wear_off"}

    @pytest.mark.parametrize(
        "silence",
        [
            {"care_ends": [{"on": "2026-04-05", "kind": "deceased"}]},
            {"care_ends": [{"on": "2026-04-05", "kind": "discontinued"}]},
            {"holds": [{"first": "2026-04-05", "reason": "pregnancy"}]},
        ],
        ids=["death", "end of care", "pregnancy"],
    )
    def test_no_reminder_survives(self, silence: dict[str, Any]) -> None:
        before = events(count=3, alarms=["2 weeks"])
        after = events(changed(**silence), count=3, alarms=["2 weeks"])
        ahead = {e.uid for e in before if e.kind is not EventKind.SESSION}
        cancelled = {e.uid for e in after if e.status is EventStatus.CANCELLED}
        assert cancelled == ahead
        assert not any(e.alarms for e in after)
        given_before = [e for e in before if e.kind is EventKind.SESSION]
        assert [e for e in after if e.kind is EventKind.SESSION] == given_before

    def test_only_sessions_ahead_have_alarms(self) -> None:
        found = events(count=2, alarms=["2 weeks", "1 day"])
        assert {e.kind for e in found if e.alarms} == {EventKind.DUE}
        assert sum(bool(e.alarms) for e in found) == 2

    def test_nothing_says_who_or_what_for(self) -> None:
        record = bs.PatientRecord.model_validate(
            {
                "id": "Smith",
                "sessions": [
                    {
                        "id": "Smith-1",
                        "administered_on": "2026-01-05",
                        "indication": "chronic-migraine",
                        "product": "Botox",
                    }
                ],
            }
        )
        text = ical_from_events(events(record, key="Smith"), stamped_at=STAMP).decode().lower()
        for word in ("smith", "migraine", "botox", "toxin", "inject"):
            assert word not in text.replace("//botox_schedule//", "")

    def test_summaries_can_be_the_clinics_own(self) -> None:
        found = events(summaries={"due": "Termin fällig; bitte anrufen, danke"})
        assert found[-1].summary == "Termin fällig; bitte anrufen, danke"
        file = ical_from_events(found, stamped_at=STAMP)
        (due,) = [
            e for e in vobject.readOne(file.decode()).vevent_list if "Termin" in e.summary.value
        ]
        assert due.summary.value == "Termin fällig; bitte anrufen, danke"

    @pytest.mark.parametrize("alarm", ["1 month", "- 4 days"])
    def test_an_alarm_is_given_in_weeks_and_days(self, alarm: str) -> None:
        with pytest.raises(bs.errors.ExchangeError, match="weeks and days"):
            events(alarms=[alarm])

    @pytest.mark.parametrize(
        "wrong", [{"key": ""}, {"count": 0}, {"count": 101}, {"summaries": {"birthday": "x"}}]
    )
    def test_wrong_options_are_refused(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            events(**wrong)


class TestFile:
    def test_the_same_input_gives_the_same_bytes(self) -> None:
        files = {ical_from_events(events(), stamped_at=STAMP) for _ in range(2)}
        moved = STAMP.astimezone(tz=None)
        assert files == {ical_from_events(events(), stamped_at=moved)}

    def test_days_are_dates_and_the_end_is_exclusive(self) -> None:
        file = ical_from_events(events(), stamped_at=STAMP, sequence=3)
        due = parts(file)[events()[-1].uid].decode().splitlines()
        for line in (
            "DTSTART;VALUE=DATE:20260622",
            "DTEND;VALUE=DATE:20260630",
            "DTSTAMP:20260201T093000Z",
            "SEQUENCE:3",
            "STATUS:TENTATIVE",
            "TRANSP:TRANSPARENT",
        ):
            assert line in due
        assert b"RRULE" not in file
        assert b"VTIMEZONE" not in file

    def test_the_parameters_of_rfc_7986(self) -> None:
        file = ical_from_events(
            [],
            stamped_at=STAMP,
            name="Clinic, north; A",
            color="teal",
            refresh_every=timedelta(days=1),
            source="https://clinic.example/a.ics",
        ).decode()
        lines = file.splitlines()
        assert "REFRESH-INTERVAL;VALUE=DURATION:P1D" in lines
        assert "SOURCE;VALUE=URI:https://clinic.example/a.ics" in lines
        assert r"NAME:Clinic\, north\; A" in lines
        assert "COLOR:teal" in lines

    def test_a_naive_stamp_is_refused(self) -> None:
        with pytest.raises(bs.errors.DayError, match="no time zone"):
            ical_from_events([], stamped_at=datetime(2026, 2, 1))  # noqa: DTZ001

    def test_a_negative_sequence_is_refused(self) -> None:
        with pytest.raises(bs.errors.ExchangeError, match="sequence is negative"):
            ical_from_events([], stamped_at=STAMP, sequence=-1)

    def test_one_uid_twice_is_refused(self) -> None:
        with pytest.raises(bs.errors.ExchangeError, match="two events have one UID"):
            ical_from_events([*events(), *events()], stamped_at=STAMP)


class TestReExport:
    def test_unchanged_events_stay_byte_for_byte(self) -> None:
        before = ical_from_events(events(), stamped_at=STAMP)
        assert ical_from_events(events(), stamped_at=LATER, sequence=7, previous=before) == before

    def test_a_moved_event_keeps_its_uid(self) -> None:
        before = ical_from_events(events(alarms=["2 weeks"]), stamped_at=STAMP)
        policy = bs.SchedulingPolicy(payer_minimum="12 weeks + 1 day")
        after = ical_from_events(
            events(policy=policy, alarms=["2 weeks"]), stamped_at=LATER, previous=before.decode()
        )
        old, new = parts(before), parts(after)
        moved = {uid for uid in old if old[uid] != new[uid]}
        assert moved == {events()[-1].uid}
        text = new[moved.pop()].decode()
        for line in ("DTSTART;VALUE=DATE:20260623", "SEQUENCE:1", "DTSTAMP:20260303T093000Z"):
            assert line in text.splitlines()

    @pytest.mark.parametrize(("sequence", "expected"), [(0, 5), (4, 5), (5, 5), (9, 9)])
    def test_a_changed_event_gets_a_higher_sequence(self, sequence: int, expected: int) -> None:
        before = ical_from_events(events(), stamped_at=STAMP, sequence=4)
        policy = bs.SchedulingPolicy(payer_minimum="12 weeks + 1 day")
        after = ical_from_events(
            events(policy=policy), stamped_at=LATER, sequence=sequence, previous=before
        )
        assert f"SEQUENCE:{expected}" in parts(after)[events()[-1].uid].decode().splitlines()

    def test_what_is_gone_is_cancelled_once(self) -> None:
        before = ical_from_events(events(count=3, alarms=["2 weeks"]), stamped_at=STAMP)
        after = ical_from_events(events(count=1), stamped_at=LATER, previous=before)
        gone = {e.uid for e in events(count=3)} - {e.uid for e in events(count=1)}
        assert len(gone) == 2
        for uid in gone:
            lines = parts(after)[uid].decode().splitlines()
            assert "STATUS:CANCELLED" in lines
            assert "BEGIN:VALARM" not in lines
        again = ical_from_events(events(count=1), stamped_at=LATER, previous=after)
        assert again == after

    def test_a_death_cancels_on_the_days_that_were_announced(self) -> None:
        before = ical_from_events(events(count=2), stamped_at=STAMP)
        dead = changed(care_ends=[{"on": "2026-04-05", "kind": "deceased"}])
        after = ical_from_events(events(dead), stamped_at=LATER, previous=before)
        old, new = parts(before), parts(after)
        assert set(old) == set(new)
        for uid, block in new.items():
            given_before = b"STATUS:CONFIRMED" in block
            assert given_before is not (b"STATUS:CANCELLED" in block)
            days_of = [
                line for line in block.split(b"\r\n") if line.startswith((b"DTSTART", b"DTEND"))
            ]
            assert all(line in old[uid] for line in days_of)

    @settings(max_examples=60, deadline=None)
    @given(
        records(only_product=bs.Product.ONABOTULINUMTOXIN_A),
        protocols(),
        policies(),
        days(date(2024, 1, 1), date(2027, 6, 30)),
        st.integers(0, 200),
    )
    def test_a_re_export_changes_nothing_but_what_changed(
        self,
        record: bs.PatientRecord,
        protocol: bs.TreatmentProtocol,
        policy: bs.SchedulingPolicy,
        as_of: date,
        later: int,
    ) -> None:
        asked: dict[str, Any] = {"key": "k", "policy": policy, "count": 2}
        first = {e.uid: e for e in events_from_record(record, protocol, as_of=as_of, **asked)}
        then = {
            e.uid: e
            for e in events_from_record(
                record, protocol, as_of=as_of + timedelta(days=later), **asked
            )
        }
        before = ical_from_events(first.values(), stamped_at=STAMP)
        after = ical_from_events(then.values(), stamped_at=LATER, previous=before)
        old, new = parts(before), parts(after)
        assert set(new) == set(first) | set(then)
        for uid, event in then.items():
            if first.get(uid) == event:
                assert new[uid] == old[uid]
            elif uid in first and event.status is not EventStatus.CANCELLED:
                assert b"SEQUENCE:1\r\n" in new[uid]
        for uid in set(first) - set(then):
            assert b"STATUS:CANCELLED" in new[uid]

    @pytest.mark.parametrize(
        ("previous", "message"),
        [
            (b"no calendar", "line 1 is not"),
            (b"BEGIN:VCALENDAR\r\nSmith\r\nEND:VCALENDAR\r\n", "line 2 is not"),
            (b"\xff\xfe", "line 1 is not"),
            (b"", "expected BEGIN:VCALENDAR"),
            (b"BEGIN:VCALENDAR\r\nPRODID:x\r\nEND:VCALENDAR\r\n", "see PRODID"),
            (b"BEGIN:VEVENT\r\nUID:x\r\nEND:VEVENT\r\n", "in each VEVENT"),
        ],
    )
    def test_what_is_no_export_of_ours_is_refused(self, previous: bytes, message: str) -> None:
        with pytest.raises(bs.errors.ExchangeError, match=message) as caught:
            ical_from_events(events(), stamped_at=STAMP, previous=previous)
        assert "Smith" not in str(caught.value)

    @pytest.mark.parametrize("cut", [b"UID:", b"DTSTART;VALUE=DATE:", b"DTEND;VALUE=DATE:"])
    def test_an_event_without_its_marks_is_refused(self, cut: bytes) -> None:
        broken = ical_from_events(events(), stamped_at=STAMP).replace(cut, b"X-CUT:", 1)
        with pytest.raises(bs.errors.ExchangeError, match="in each VEVENT a UID"):
            ical_from_events(events(), stamped_at=STAMP, previous=broken)


class TestIndependentReaders:
    def written(self) -> tuple[tuple[CalendarEvent, ...], bytes]:
        found = events(count=2, alarms=["2 weeks"])
        options: dict[str, Any] = {
            "refresh_every": timedelta(days=1),
            "source": "https://x.example/a.ics",
        }
        return found, ical_from_events(found, stamped_at=STAMP, sequence=2, **options)

    def test_vobject_reads_it_back(self) -> None:
        found, file = self.written()
        read = vobject.readOne(file.decode())
        read.validate(raiseException=True)
        events_read = {e.uid.value: e for e in read.vevent_list}
        assert set(events_read) == {e.uid for e in found}
        for event in found:
            other = events_read[event.uid]
            assert other.dtstart.value == event.window.first
            assert other.dtend.value == event.window.last + timedelta(days=1)
            assert other.summary.value == event.summary
            assert other.status.value == event.status
            alarms = [alarm.trigger.value for alarm in other.contents.get("valarm", ())]
            assert alarms == [timedelta(days=-14)] * len(event.alarms)

    @pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles", "Pacific/Auckland"])
    def test_ical_js_and_node_ical_read_it_back(self, zone: str) -> None:
        found, file = self.written()
        read = node("read-ical.mjs", file.decode(), TZ=zone, PATH="/usr/bin:/bin")
        for reader in ("icalJs", "nodeIcal"):
            seen = {e["uid"]: e for e in read[reader]}
            assert set(seen) == {e.uid for e in found}
            for event in found:
                other = seen[event.uid]
                end = event.window.last + timedelta(days=1)
                assert (other["start"], other["end"]) == (str(event.window.first), str(end))
                assert other["isDate"] is True
                assert (other["summary"], other["status"]) == (event.summary, event.status)
        alarms = {e["uid"]: e["alarms"] for e in read["icalJs"]}
        assert all(alarms[e.uid] == ["-P14D"] * len(e.alarms) for e in found)
        assert (read["types"]["refresh-interval"], read["types"]["source"]) == ("duration", "uri")

    def test_they_are_independent_of_this_test(self) -> None:
        """A file with a wrong day is seen as such, so the comparison can fail."""
        found, file = self.written()
        wrong = file.replace(b"DTSTART;VALUE=DATE:20260622", b"DTSTART;VALUE=DATE:20260623")
        read = node("read-ical.mjs", wrong.decode())
        starts = {e["uid"]: e["start"] for e in read["icalJs"]}
        assert [e.uid for e in found if starts[e.uid] != str(e.window.first)] == [found[-2].uid]
        assert json.dumps(read) == json.dumps(node("read-ical.mjs", wrong.decode()))
