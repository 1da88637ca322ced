"""The iCalendar export, read back by parsers that others wrote."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
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
            ("wear_off", "2026-05-25 to 2026-06-08", "TENTATIVE"),
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

    @pytest.mark.parametrize("given", [(), ("2026-01-05",)])
    def test_so_it_does_after_a_course_without_a_last_day(self, given: tuple[str, ...]) -> None:
        """Before, the visit ahead took the UID of a session given, and no file could be written."""
        course = {"indication": "chronic-migraine", "cycles": 3, "started_on": "2026-01-20"}
        booked = {"administered_on": "2026-05-04", "indication": "chronic-migraine"}
        rows = [{**booked, "administered_on": day, "product": "Botox"} for day in given]
        found = []
        for status, as_of in (("booked", "2026-02-01"), ("completed", "2026-05-04")):
            visit = {**booked, "product": "Botox", "status": status}
            told = bs.PatientRecord(sessions=[*rows, visit], prior_treatments=[course])
            found.append({str(e.window.first): e.uid for e in events(told, as_of=as_of)})
            assert len({*found[-1].values()}) == len(events(told, as_of=as_of))
        assert found[0]["2026-05-04"] == found[1]["2026-05-04"]

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
            update={"retreatment": bs.protocols.RetreatmentRule(kind="scheduled"), "version": "99"}
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

    @pytest.mark.parametrize("alarm", ["2 weeks", bs.Interval(weeks=2)])
    def test_one_alarm_needs_no_list(self, alarm: Any) -> None:
        assert events(alarms=alarm) == events(alarms=["2 weeks"])

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
        assert "X-PUBLISHED-TTL:P1D" in lines
        assert "SOURCE;VALUE=URI:https://clinic.example/a.ics" in lines
        assert r"NAME:Clinic\, north\; A" in lines
        assert "COLOR:teal" in lines

    def test_a_naive_stamp_is_refused(self) -> None:
        with pytest.raises(bs.errors.DayError, match="no time zone"):
            ical_from_events([], stamped_at=datetime(2026, 2, 1))  # noqa: DTZ001
        with pytest.raises(bs.errors.DayError, match="no time zone"):
            ical_from_events([], stamped_at="2026-02-01T00:00:00Z")  # type: ignore[arg-type]

    @pytest.mark.parametrize("sequence", [-1, True, 1.0, 2**31])
    def test_a_sequence_that_no_calendar_has_is_refused(self, sequence: Any) -> None:
        with pytest.raises(bs.errors.ExchangeError, match="sequence is negative or no number"):
            ical_from_events([], stamped_at=STAMP, sequence=sequence)

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
            # A booked visit that was given on its day has another kind, which the file does not say.
            if uid in first and first[uid].model_copy(update={"kind": event.kind}) == event:
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
            for alarm in other.contents.get("valarm", ()):
                said = (alarm.action.value, alarm.description.value)
                assert said == ("DISPLAY", event.summary)

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


SURGERY = {"first": "2027-01-01", "last": "2027-02-28", "reason": "surgery"}


def record_of(*rows: dict[str, Any], **fields: Any) -> bs.PatientRecord:
    """A record of migraine sessions with BOTOX, and whatever else is given."""
    base = {"indication": "chronic-migraine", "product": "Botox"}
    return bs.PatientRecord.model_validate(
        {"sessions": [{**base, **row} for row in rows], **fields}
    )


def ahead(record: bs.PatientRecord, **asked: Any) -> list[tuple[str, str, str]]:
    """The sessions ahead, cancelled ones included."""
    return [
        (str(e.kind), str(e.window), str(e.status))
        for e in events(record, **asked)
        if e.kind in {EventKind.DUE, EventKind.BOOKING, EventKind.EARLIEST}
    ]


class TestWhatLiesAheadIsKnown:
    def test_a_hold_ahead_moves_the_session(self) -> None:
        record = record_of({"administered_on": "2026-10-22"}, holds=[SURGERY])
        assert ahead(record, as_of="2026-11-26", count=2) == [
            ("due", "2027-03-01 to 2027-03-08", "TENTATIVE"),
            ("due", "2027-05-24 to 2027-05-24", "TENTATIVE"),
        ]

    @pytest.mark.parametrize(
        ("hold", "window"),
        [
            (("2026-04-01", "2026-05-10"), "2026-03-30 to 2026-03-31"),
            (("2026-03-31", "2026-05-10"), "2026-03-30 to 2026-03-30"),
            (("2026-02-10", "2026-03-29"), "2026-03-30 to 2026-04-06"),
            (("2026-06-01", "2026-06-10"), "2026-03-30 to 2026-04-06"),
        ],
    )
    def test_a_hold_among_the_days_ends_them(self, hold: tuple[str, str], window: str) -> None:
        holds = [{"first": hold[0], "last": hold[1], "reason": "infection"}]
        record = record_of({"administered_on": "2026-01-05"}, holds=holds)
        assert ahead(record, as_of="2026-02-01") == [("due", window, "TENTATIVE")]

    @pytest.mark.parametrize(
        ("first", "last"), [("2026-11-01", "2026-12-15"), ("2026-10-23", "2026-11-30")]
    )
    def test_on_hold_the_events_are_those_of_the_day_after(self, first: str, last: str) -> None:
        holds = [{"first": first, "last": last, "reason": "infection"}]
        record = record_of({"administered_on": "2026-08-01"}, holds=holds)
        after = date.fromisoformat(last) + timedelta(days=1)
        asked: dict[str, Any] = {"count": 3, "alarms": ["1 week"]}
        assert events(record, as_of=last, **asked) == events(record, as_of=after, **asked)
        assert events(record, as_of=first, **asked) == events(record, as_of=after, **asked)
        assert all(e.status is not EventStatus.CANCELLED for e in events(record, as_of=first))

    def test_after_a_hold_the_days_begin_with_the_return(self) -> None:
        holds = [{"first": "2026-11-01", "last": "2026-12-15", "reason": "infection"}]
        record = record_of({"administered_on": "2026-08-01"}, holds=holds)
        days_of = ("due", "2026-12-16 to 2026-12-22", "TENTATIVE")
        assert ahead(record, as_of="2026-11-26") == [days_of]
        assert ahead(record, as_of="2027-02-01") == [days_of]

    def test_without_grace_the_days_stay_before_the_hold(self) -> None:
        holds = [{"first": "2026-11-01", "last": "2026-12-15", "reason": "infection"}]
        record = record_of({"administered_on": "2026-08-01"}, holds=holds)
        policy = bs.SchedulingPolicy(scheduled_grace="0 days")
        (found,) = ahead(record, as_of="2027-02-01", policy=policy)
        assert found[1].startswith("2026-10-24")

    @pytest.mark.parametrize(
        ("on", "found"),
        [
            ("2026-03-30", [("CANCELLED", "2026-02-01")] * 3),
            ("2026-03-31", [("TENTATIVE", "2026-03-30"), *[("CANCELLED", "2026-02-01")] * 2]),
            (
                "2026-06-23",
                [
                    ("TENTATIVE", "2026-03-30"),
                    ("TENTATIVE", "2026-06-22"),
                    ("CANCELLED", "2026-02-01"),
                ],
            ),
        ],
    )
    def test_a_discharge_ahead_cancels_what_lies_after_it(
        self, on: str, found: list[tuple[str, str]]
    ) -> None:
        record = record_of(
            {"administered_on": "2026-01-05"}, care_ends=[{"on": on, "kind": "discontinued"}]
        )
        seen = events(record, as_of="2026-02-01", count=3)
        sessions_ahead = [
            (str(e.status), str(e.window.first)) for e in seen if e.kind is EventKind.DUE
        ]
        assert sorted(sessions_ahead) == sorted(found)
        assert all(str(e.window.last) < on for e in seen if e.kind is EventKind.DUE)

    def test_an_open_hold_ahead_cancels_what_lies_after_it(self) -> None:
        holds = [{"first": "2026-05-01", "reason": "pregnancy"}]
        record = record_of({"administered_on": "2026-01-05"}, holds=holds)
        assert [status for _, _, status in ahead(record, as_of="2026-02-01", count=3)] == [
            "CANCELLED",
            "CANCELLED",
            "TENTATIVE",
        ]

    @pytest.mark.parametrize(
        ("booked", "expected"),
        [
            (["2027-01-14"], [("due", "2027-03-01 to 2027-03-08", "TENTATIVE")]),
            (["2027-01-14", "2027-03-03"], [("booking", "2027-03-03 to 2027-03-03", "CONFIRMED")]),
            (["2027-03-01"], [("booking", "2027-03-01 to 2027-03-01", "CONFIRMED")]),
            (["2026-12-01"], [("booking", "2026-12-01 to 2026-12-01", "CONFIRMED")]),
        ],
        ids=["in the hold", "in the hold and after it", "after the hold", "too early"],
    )
    def test_a_booking_in_a_hold_is_not_shown(
        self, booked: list[str], expected: list[tuple[str, str, str]]
    ) -> None:
        rows = [{"administered_on": day, "status": "booked"} for day in booked]
        record = record_of({"administered_on": "2026-10-22"}, *rows, holds=[SURGERY])
        assert ahead(record, as_of="2026-11-26") == expected

    def test_what_follows_a_shown_booking_is_counted_from_it(self) -> None:
        """The first booking lies in the hold: days after the hold would be too near the second."""
        rows = [{"administered_on": d, "status": "booked"} for d in ("2027-01-14", "2027-04-15")]
        record = record_of({"administered_on": "2026-10-22"}, *rows, holds=[SURGERY])
        assert sorted(ahead(record, as_of="2026-11-26", count=2)) == [
            ("booking", "2027-04-15 to 2027-04-15", "CONFIRMED"),
            ("due", "2027-07-08 to 2027-07-08", "TENTATIVE"),
        ]

    def test_a_second_part_is_an_appointment_of_its_own(self) -> None:
        rows = [
            {"administered_on": "2026-11-23"},
            {"administered_on": "2026-11-25", "status": "booked"},
        ]
        record = record_of(*rows)
        found = events(record, as_of="2026-11-24", alarms=["1 day"])
        (second,) = (e for e in found if e.kind is EventKind.BOOKING)
        assert (str(second.window), second.status) == (
            "2026-11-25 to 2026-11-25",
            EventStatus.CONFIRMED,
        )
        (due,) = (e for e in found if e.kind is EventKind.DUE)
        assert due.window.first >= date(2027, 2, 15)
        assert len({e.uid for e in found}) == len(found)

    @pytest.mark.parametrize(
        "removes",
        [
            {"holds": [{"first": "2026-11-24", "reason": "fever"}]},
            {"holds": [{"first": "2026-11-24", "last": "2026-11-25", "reason": "fever"}]},
            {"care_ends": [{"on": "2026-11-24", "kind": "discontinued"}]},
            {"care_ends": [{"on": None, "kind": "deceased"}]},
        ],
        ids=["open hold", "hold", "discharge", "death"],
    )
    def test_a_second_part_is_cancelled_under_its_uid(self, removes: dict[str, Any]) -> None:
        rows = [
            {"administered_on": "2026-11-23"},
            {"administered_on": "2026-11-25", "status": "booked"},
        ]

        def second(record: bs.PatientRecord) -> CalendarEvent:
            found = events(record, as_of="2026-11-24")
            (event,) = (e for e in found if e.kind is EventKind.BOOKING)
            return event

        planned, removed = second(record_of(*rows)), second(record_of(*rows, **removes))
        assert (removed.uid, removed.status) == (planned.uid, EventStatus.CANCELLED)
        # A further day that nothing removes takes its place.
        other = {"administered_on": "2026-11-26", "status": "booked"}
        moved = second(record_of(*rows, other, **removes))
        assert moved.uid == planned.uid
        ends_on = removes.get("holds", [{}])[0].get("last")
        assert (moved.status is EventStatus.CONFIRMED) is (ends_on is not None)

    def test_a_typical_day_makes_no_event(self) -> None:
        record = record_of({"administered_on": "2026-10-05", "indication": "overactive-bladder"})
        protocol = bs.find_protocol("overactive-bladder")
        assert bs.forecast(record, protocol, as_of="2026-11-01").dates.due is None
        found = ahead(record, protocol=protocol, as_of="2026-11-01", count=2)
        assert found == [("earliest", "2026-12-28 to 2026-12-28", "TENTATIVE")]

    def test_who_died_has_the_response_cancelled_too(self) -> None:
        record = record_of(
            {"administered_on": "2026-01-05"}, care_ends=[{"on": None, "kind": "deceased"}]
        )
        found = {str(e.kind): str(e.status) for e in events(record, as_of="2026-02-01")}
        assert found == {
            "session": "CONFIRMED",
            "onset": "CANCELLED",
            "wear_off": "CANCELLED",
            "due": "CANCELLED",
        }

    @settings(max_examples=60, deadline=None)
    @given(
        records(only_product=bs.Product.ONABOTULINUMTOXIN_A),
        protocols(),
        days(date(2024, 1, 1), date(2027, 6, 30)),
    )
    def test_nothing_ahead_lies_in_a_hold_or_after_a_discharge(
        self, record: bs.PatientRecord, protocol: bs.TreatmentProtocol, as_of: date
    ) -> None:
        found = events_from_record(record, protocol, key="k", as_of=as_of, count=3)
        kinds = {EventKind.DUE, EventKind.BOOKING, EventKind.EARLIEST}
        kept = [e for e in found if e.kind in kinds and e.status is not EventStatus.CANCELLED]
        for event in (e for e in kept if e.window.last >= as_of):
            for hold in record.holds:
                begins_inside = event.window.first <= hold.first <= event.window.last
                assert not begins_inside or hold.first <= as_of
                assert not (
                    hold.first <= event.window.first
                    and (hold.last is None or event.window.first <= hold.last)
                )
            for end in record.care_ends:
                if end.kind == "discontinued" and end.on is not None and end.on > as_of:
                    assert event.window.last < end.on


class TestNoDayIsForbidden:
    ONE = record_of({"administered_on": "2026-01-05"})

    def test_an_override_that_ends_ends_the_due_days(self) -> None:
        shorter = {
            "indication": "chronic-migraine", "first": "2026-01-01", "last": "2026-06-01",
            "minimum": "10 weeks", "usual": "10 to 14 weeks", "reason": "r", "authority": "clinician",
        }  # fmt: skip
        record = self.ONE.model_copy(update={"overrides": [shorter]})
        days = [str(e.window) for e in events(record, as_of="2026-02-01", count=3)][-3:]
        # The label's twelve weeks after the second session would allow 8 June again.
        second, third = "2026-05-25 to 2026-06-01", "2026-08-17 to 2026-08-17"
        assert days == ["2026-03-16 to 2026-04-20", second, third]

    def test_so_does_a_payers_longer_minimum(self) -> None:
        rule = bs.PayerRule(minimum="13 weeks", first="2026-04-02")
        asked: dict[str, Any] = {"policy": bs.SchedulingPolicy(payer=[rule]), "as_of": "2026-02-01"}
        assert str(events(self.ONE, **asked)[-1].window) == "2026-03-30 to 2026-04-01"
        for day, allowed in (("2026-04-01", True), ("2026-04-02", False)):
            assert bs.check_date(self.ONE, MIGRAINE, on=day, **asked).allowed is allowed


class TestForWhom:
    def test_a_window_of_some_says_so(self) -> None:
        response = MIGRAINE.response.model_copy(
            update={"wear_off_for_whom": "some", "wear_off_share": "90 of 143"}
        )
        some = MIGRAINE.model_copy(update={"response": response, "version": "99"})
        words = {str(e.kind): e.summary for e in events(protocol=some)}
        assert words["wear_off"] == "Some may notice that the effect wears off"
        assert words["onset"] == "The effect may begin"
        own = {str(e.kind): e.summary for e in events(protocol=some, summaries={"wear_off": "x"})}
        assert own["wear_off"] == "x"

    def test_a_name_does_what_the_protocol_does(self) -> None:
        assert events(protocol="migraine") == events(protocol=MIGRAINE)


class TestPreviousFile:
    def test_a_file_cut_short_at_any_place_is_refused(self) -> None:
        file = ical_from_events(events(), stamped_at=STAMP)
        whole = file.rstrip()
        for place in range(len(whole)):
            with pytest.raises(bs.errors.ExchangeError):
                ical_from_events(events(), stamped_at=LATER, previous=file[:place])
        assert ical_from_events(events(), stamped_at=LATER, previous=whole) == file

    @pytest.mark.parametrize("cut", [b"END:VEVENT\r\n", b"END:VCALENDAR\r\n"])
    def test_the_message_says_so(self, cut: bytes) -> None:
        file = ical_from_events(events(), stamped_at=STAMP)
        for previous in (file.replace(cut, b"", 1), file.replace(cut, b"", 1).decode()):
            with pytest.raises(bs.errors.ExchangeError, match="cut short"):
                ical_from_events(events(), stamped_at=LATER, previous=previous)

    def test_a_second_calendar_that_is_cut_short_is_refused(self) -> None:
        file = ical_from_events(events(), stamped_at=STAMP)
        with pytest.raises(bs.errors.ExchangeError, match="cut short"):
            ical_from_events(events(), stamped_at=LATER, previous=file + file[:-20])

    def test_nothing_that_we_did_not_write_is_passed_on(self) -> None:
        """Neither of a kept, nor of a changed, nor of a cancelled event, nor of the calendar."""
        foreign = b"ATTENDEE:mailto:x@y.example\r\nX-OWN:foreign\r\nDESCRIPTION:foreign\r\n"
        foreign += b"ATTACH:https://foreign.example\r\n"
        before = ical_from_events(events(count=3), stamped_at=STAMP)
        first = ical_from_events(events(count=1), stamped_at=LATER, previous=before)
        assert b"STATUS:CANCELLED" in first
        marked = first.replace(b"END:VEVENT", foreign + b"END:VEVENT")
        marked = marked.replace(b"METHOD:", foreign + b"METHOD:")
        after = ical_from_events(events(count=1), stamped_at=LATER, previous=marked)
        assert b"foreign" not in after
        assert b"ATTENDEE" not in after
        again = {uid: part for uid, part in parts(after).items() if b"CANCELLED" in part}
        assert again == {uid: part for uid, part in parts(first).items() if b"CANCELLED" in part}

    def test_the_words_of_others_are_not_passed_on(self) -> None:
        file = ical_from_events(events(count=3), stamped_at=STAMP)
        other = file[file.index(b"BEGIN:VEVENT") : file.index(b"END:VEVENT")]
        other = other.replace(b"UID:", b"UID:other-").replace(b"SUMMARY:", b"SUMMARY:Smith ")
        marked = file.replace(b"SUMMARY:Appointment due", b"SUMMARY:Smith")
        marked = marked.replace(b"END:VCALENDAR", other + b"END:VEVENT\r\nEND:VCALENDAR")
        after = ical_from_events(events(count=1), stamped_at=LATER, previous=marked)
        assert (b"Smith" in after, after.count(b"STATUS:CANCELLED")) == (False, 3)

    def test_a_summary_of_the_caller_is_kept_as_long_as_it_is_given(self) -> None:
        own = {"due": "Termin"}
        file = ical_from_events(events(count=2, summaries=own), stamped_at=STAMP)
        after = ical_from_events(events(count=1, summaries=own), stamped_at=LATER, previous=file)
        assert after.count(b"SUMMARY:Termin") == 2

    @pytest.mark.parametrize("length", range(50, 80))
    def test_a_long_summary_may_be_folded_anywhere(self, length: int) -> None:
        summaries = {"due": "x" * length + "BEGIN:VEVENT"}
        file = ical_from_events(events(summaries=summaries), stamped_at=STAMP)
        assert (
            ical_from_events(events(summaries=summaries), stamped_at=LATER, previous=file) == file
        )

    @pytest.mark.parametrize("mark", ["\u2028", "\x85"])
    def test_a_mark_that_ends_a_line_elsewhere_ends_none(self, mark: str) -> None:
        summaries = {"due": f"a{mark}END:VEVENT"}
        file = ical_from_events(events(summaries=summaries), stamped_at=STAMP)
        assert (
            ical_from_events(events(summaries=summaries), stamped_at=LATER, previous=file) == file
        )

    def test_of_two_revisions_of_an_event_the_latest_counts(self) -> None:
        file = ical_from_events(events(), stamped_at=STAMP, sequence=4)
        older = file[file.index(b"BEGIN:VEVENT") : file.index(b"END:VCALENDAR")]
        both = file.replace(
            b"END:VCALENDAR", older.replace(b"SEQUENCE:4", b"SEQUENCE:1") + b"END:VCALENDAR"
        )
        after = ical_from_events([], stamped_at=LATER, previous=both)
        assert after.count(b"SEQUENCE:5") == after.count(b"BEGIN:VEVENT")

    def test_an_export_of_nothing_new_is_the_same_file(self) -> None:
        file = ical_from_events(events(), stamped_at=STAMP)
        # One was cancelled by somebody else, so the sequences differ from here on.
        before, _, behind = file.rpartition(b"STATUS:TENTATIVE")
        mixed = before + b"STATUS:CANCELLED" + behind
        after = ical_from_events([], stamped_at=LATER, previous=mixed)
        assert ical_from_events([], stamped_at=LATER + timedelta(days=1), previous=after) == after

    def test_an_event_with_two_uids_is_refused(self) -> None:
        file = ical_from_events(events(), stamped_at=STAMP)
        twice = file.replace(b"UID:", b"UID:other\r\nUID:", 1)
        with pytest.raises(bs.errors.ExchangeError, match="in each VEVENT a UID"):
            ical_from_events([], stamped_at=LATER, previous=twice)

    def test_after_the_highest_sequence_comes_none(self) -> None:
        file = ical_from_events(events(), stamped_at=STAMP, sequence=2**31 - 1)
        assert ical_from_events(events(), stamped_at=LATER, previous=file) == file
        with pytest.raises(bs.errors.ExchangeError, match="begin a new file"):
            ical_from_events([], stamped_at=LATER, previous=file)

    def test_a_sequence_beyond_all_numbers_is_the_highest(self) -> None:
        file = ical_from_events(events(), stamped_at=STAMP)
        beyond = file.replace(b"SEQUENCE:0", b"SEQUENCE:99999999999999999999")
        with pytest.raises(bs.errors.ExchangeError, match="begin a new file"):
            ical_from_events(events(), stamped_at=LATER, previous=beyond)

    def test_a_sequence_below_nothing_is_the_lowest(self) -> None:
        file = ical_from_events(events(), stamped_at=STAMP)
        below = file.replace(b"SEQUENCE:0", b"SEQUENCE:-99999999999999999999")
        after = ical_from_events(events(), stamped_at=LATER, previous=below)
        assert after.count(b"SEQUENCE:1\r") == after.count(b"BEGIN:VEVENT")


class TestWhatNoFileCanHold:
    @pytest.mark.parametrize(
        "given",
        [
            {"name": "Clinic\x07"},
            {"name": "a\rb"},
            {"color": "teal\x1b"},
            {"source": "https://x.example\r\nATTENDEE:x"},
            {"source": "https://x.example\n"},
        ],
    )
    def test_control_characters_are_refused(self, given: dict[str, str]) -> None:
        with pytest.raises(bs.errors.ExchangeError, match="control characters") as caught:
            ical_from_events(events(), stamped_at=STAMP, **given)  # type: ignore[arg-type]
        assert "ATTENDEE" not in str(caught.value)

    def test_nor_does_a_summary(self) -> None:
        found = events(summaries={"due": "due\x00"})
        with pytest.raises(bs.errors.ExchangeError, match="summary has control characters"):
            ical_from_events(found, stamped_at=STAMP)
        two_lines = ical_from_events(events(summaries={"due": "one\ntwo"}), stamped_at=STAMP)
        assert b"SUMMARY:one\\ntwo" in two_lines

    @pytest.mark.parametrize(
        "every", [timedelta(), -timedelta(days=1), timedelta(microseconds=999_999)]
    )
    def test_a_refresh_of_less_than_a_second_is_refused(self, every: timedelta) -> None:
        with pytest.raises(bs.errors.ExchangeError, match="shorter than a second"):
            ical_from_events([], stamped_at=STAMP, refresh_every=every)
        file = ical_from_events([], stamped_at=STAMP, refresh_every=timedelta(seconds=1))
        assert b"REFRESH-INTERVAL;VALUE=DURATION:PT1S" in file

    def test_the_ends_of_the_calendar(self) -> None:
        last = bs.Window(first=date(9999, 12, 31), last=date(9999, 12, 31))
        event = events()[0].model_copy(update={"window": last})
        with pytest.raises(bs.errors.CalendarRangeError):
            ical_from_events([event], stamped_at=STAMP)
        eve = bs.Window(first=date(9999, 12, 30), last=date(9999, 12, 30))
        file = ical_from_events([event.model_copy(update={"window": eve})], stamped_at=STAMP)
        assert b"DTEND;VALUE=DATE:99991231" in file
        east = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5)))
        with pytest.raises(bs.errors.CalendarRangeError, match="outside the calendar"):
            ical_from_events([], stamped_at=east)

    @pytest.mark.parametrize(("alarm", "fits"), [("3660 days", True), ("3661 days", False)])
    def test_an_alarm_has_a_longest_lead(self, alarm: str, fits: bool) -> None:
        if fits:
            assert events(alarms=[alarm])[-1].alarms == (bs.Interval(days=3660),)
        else:
            with pytest.raises(bs.errors.ExchangeError, match="at most 3,660 days"):
                events(alarms=[alarm])
