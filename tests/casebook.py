"""Reads the worked cases and asks their questions."""

import tomllib
from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from io import StringIO
from pathlib import Path
from typing import Any

import botox_schedule as bs
from botox_schedule import outcomes as out
from botox_schedule import planning
from botox_schedule.testing import record_from_gaps

CASES = Path(__file__).parent / "cases"


def asks() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every question of every case, with a name and what the case says for all of them."""
    for file in sorted(CASES.glob("*.toml")):
        for case in tomllib.loads(file.read_text(encoding="utf-8"))["case"]:
            kept = ("protocol", "record", "own_protocols", "intent")
            shared = {k: v for k, v in case.items() if k in kept}
            for number, ask in enumerate(case["ask"], start=1):
                record = {**shared.get("record", {}), **ask.get("record", {})}
                yield f"{case['id']}-{number}", {**shared, **ask, "record": record}


def answer(ask: dict[str, Any]) -> dict[str, Any]:
    """Return what the library answers, under the names that the case expects."""
    return globals()[f"_{ask['question']}"](ask)  # type: ignore[no-any-return]


def explained(ask: dict[str, Any]) -> str:
    """Return what the library says about a record: its forecast, and the day in question.

    Sources and protocols are left out; they change with the content.
    """
    protocol, others = _protocols(ask)
    record, given = _record(ask), {"policy": _policy(ask), "other_protocols": others}
    asked: dict[str, Any] = {"as_of": ask["as_of"], **given}
    answers: list[Any] = [bs.forecast(record, protocol, **asked)]
    if "on" in ask:
        answers.append(bs.check_date(record, protocol, on=ask["on"], **asked))
    lines = "\n".join(answer.explain() for answer in answers).splitlines()
    return "\n".join(line for line in lines if not line.startswith(("  source:", "  protocol:")))


def is_explained(ask: dict[str, Any]) -> bool:
    """Whether a question is about a record on a day."""
    return bool(ask["record"]) and "as_of" in ask


def _protocols(
    ask: dict[str, Any],
) -> tuple[bs.TreatmentProtocol, tuple[bs.TreatmentProtocol, ...]]:
    if "own_protocols" in ask:
        own = tuple(bs.TreatmentProtocol.model_validate(table) for table in ask["own_protocols"])
        return own[0], own
    wanted = {"indication": "chronic-migraine", **ask.get("protocol", {})}
    return bs.find_protocol(**wanted), bs.bundled_protocols()


def _record(ask: dict[str, Any]) -> bs.PatientRecord:
    tables = dict(ask["record"])
    tables["sessions"] = [
        {**session, "product": None} if session["product"] == "none" else session
        for session in tables.get("sessions", ())
    ]
    return bs.PatientRecord.model_validate(tables)


def _policy(ask: dict[str, Any]) -> bs.SchedulingPolicy:
    return bs.SchedulingPolicy.model_validate(ask.get("policy", {}))


def _paths(value: Any, ask: dict[str, Any]) -> dict[str, Any]:
    found = {}
    for path in ask["expect"]:
        inner = value
        for part in path.split("."):
            inner = inner.get(part) if isinstance(inner, dict) else getattr(inner, part, None)
        found[path] = inner
    return found


def _interval(ask: dict[str, Any]) -> dict[str, Any]:
    rule = bs.ShortMonth(ask.get("short_month", "last_day"))
    return {"after": bs.Interval.parse(ask["text"]).after(ask["start"], short_month=rule)}


def _multiples(ask: dict[str, Any]) -> dict[str, Any]:
    interval = bs.Interval.parse(ask["text"])
    return {"days": [interval.times(n).after(ask["start"]) for n in (1, 2, 3)]}


def _day_in_zone(ask: dict[str, Any]) -> dict[str, Any]:
    day = bs.day_in_zone(ask["moment"], ask["zone"])
    return {"day": day, "due": bs.due_dates(day, _protocols(ask)[0]).due}


def _due_dates(ask: dict[str, Any]) -> dict[str, Any]:
    return _paths(bs.due_dates(ask["administered_on"], _protocols(ask)[0], _policy(ask)), ask)


def _statuses(ask: dict[str, Any]) -> dict[str, Any]:
    dates = bs.due_dates(ask["administered_on"], _protocols(ask)[0], _policy(ask))
    return {day: bs.due_status(dates, as_of=day) for day in ask["expect"]}


def _response_timeline(ask: dict[str, Any]) -> dict[str, Any]:
    day, start = ask["administered_on"], ask.get("course_started_on")
    return _paths(bs.response_timeline(day, _protocols(ask)[0], start), ask)


def _phases(ask: dict[str, Any]) -> dict[str, Any]:
    timeline = bs.response_timeline(ask["administered_on"], _protocols(ask)[0])
    return {day: bs.response_phase(timeline, as_of=day) for day in ask["expect"]}


def _project_dates(ask: dict[str, Any]) -> dict[str, Any]:
    sessions = bs.project_dates(ask["administered_on"], _protocols(ask)[0])
    return {"targets": [session.target for session in sessions]}


def _project(ask: dict[str, Any]) -> dict[str, Any]:
    sessions = bs.project(_record(ask), _protocols(ask)[0], as_of=ask["as_of"])
    return {"targets": [session.target for session in sessions]}


def _forecast(ask: dict[str, Any]) -> dict[str, Any]:
    protocol, others = _protocols(ask)
    result = bs.forecast(
        _record(ask),
        protocol,
        as_of=ask["as_of"],
        policy=_policy(ask),
        other_protocols=others,
        planned_units=ask.get("planned_units"),
    )
    codes = [finding.code.value for finding in result.findings]
    found = _paths(result, ask)
    if "findings" in found:
        found["findings"] = codes
    if "finds" in found:
        found["finds"] = [code for code in ask["expect"]["finds"] if code in codes]
    if "explains" in found:
        words = ask["expect"]["explains"]
        found["explains"] = words if words in result.explain() else result.explain()
    return found


def _check_date(ask: dict[str, Any]) -> dict[str, Any]:
    protocol, others = _protocols(ask)
    result = bs.check_date(
        _record(ask),
        protocol,
        on=ask["on"],
        as_of=ask["as_of"],
        policy=_policy(ask),
        other_protocols=others,
        planned_units=ask.get("planned_units"),
    )
    found = _paths(result, ask)
    if "calls_the_dose_safe" in found:
        said = result.explain().replace("this does not say the dose is safe", "")
        found["calls_the_dose_safe"] = "safe" in said
    return found


def _treatment_cycles(ask: dict[str, Any]) -> dict[str, Any]:
    protocol, others = _protocols(ask)
    cycles = bs.treatment_cycles(
        _record(ask), protocol, as_of=ask["as_of"], policy=_policy(ask), other_protocols=others
    )
    found = {name: [getattr(cycle, name, None) for cycle in cycles] for name in ask["expect"]}
    if "timings" in found:
        found["timings"] = [cycle.timing for cycle in cycles]
    if "early" in found:
        found["early"] = [cycle.timing is bs.CycleTiming.EARLY for cycle in cycles]
    if "units" in found:
        found["units"] = [next(iter(cycle.units.values())) for cycle in cycles]
    return found


def _exposure(ask: dict[str, Any]) -> dict[str, Any]:
    result = bs.exposure(_record(ask), product=ask["product"], window=ask["window"], on=ask["on"])
    return _paths(result, ask)


def _check_dose_limits(ask: dict[str, Any]) -> dict[str, Any]:
    checks = bs.check_dose_limits(
        _record(ask), _protocols(ask)[0], on=ask["on"], units=ask.get("units"), policy=_policy(ask)
    )
    named = {str(check.reading or check.limit.per): check for check in reversed(checks)}
    return {
        name: _paths(named[name], {"expect": expected}) for name, expected in ask["expect"].items()
    }


def _limits(ask: dict[str, Any]) -> dict[str, Any]:
    """What becomes of each limit, of which reading is chosen, in the words of the limit."""
    checks = bs.check_dose_limits(
        _record(ask), _protocols(ask)[0], on=ask["on"], units=ask.get("units"), policy=_policy(ask)
    )
    chosen = [check for check in checks if check.chosen]
    found = {
        "exceeded": [check.limit for check in chosen if check.exceeded],
        "met": [check.limit for check in chosen if check.is_met],
        "open": [check.limit for check in chosen if check.is_met is None],
    }
    return {name: sorted(map(str, found[name])) for name in ask["expect"]}


def _judge_counts(ask: dict[str, Any]) -> dict[str, Any]:
    rule = out.find_response_rule(ask["rule"])
    months = [Fraction(str(month)) for month in ask.get("months", ())]
    judged = [
        out.judge_counts(
            rule,
            baseline=Fraction(str(before)),
            current=Fraction(str(now)),
            cycles=ask["cycles"],
            months=months,
        )
        for before, now in ask["pairs"]
    ]
    reductions = [
        next(r.reduction for r in results if r.reduction is not None) for results in judged
    ]
    found: dict[str, Any] = {"outcomes": [out.decide(results) for results in judged]}
    if "reductions" in ask["expect"]:
        found["reductions"] = [f"{float(reduction * 100):.1f}" for reduction in reductions]
    return found


def _count(recorded: int, headache: int, days: int) -> out.DiaryCount:
    window = bs.Window(first=date(2026, 1, 1), last=date(2026, 1, 1) + timedelta(days=days - 1))
    return out.DiaryCount(
        window=window, recorded_days=recorded, headache_days=headache, migraine_days=headache
    )


def _diary_rates(ask: dict[str, Any]) -> dict[str, Any]:
    count = _count(ask["recorded"], ask["headache"], ask["days"])
    free = out.MissingDays.HEADACHE_FREE
    return {
        "scaled_28": count.rate(),
        "scaled_30": count.rate(per_days=30),
        "free_28": count.rate(missing=free),
        "free_30": count.rate(per_days=30, missing=free),
        "completeness": count.completeness,
    }


def _qualifies(ask: dict[str, Any]) -> dict[str, Any]:
    length = ask.get("days", 28)
    counts = [_count(recorded, headache, length) for headache, recorded in ask["pairs"]]
    return {"met": [out.chronic_migraine_criteria(count)[1].met for count in counts]}


def diary(parts: list[dict[str, Any]]) -> out.HeadacheDiary:
    """A diary of stretches in which every so many days are free of headache."""
    days = []
    for part in parts:
        for number in range(part["days"]):
            kind = "none" if number % part["free_every"] == 0 else "headache"
            days.append({"on": part["first"] + timedelta(days=number), "kind": kind})
    return out.HeadacheDiary.model_validate({"days": days})


def _assess_response(ask: dict[str, Any]) -> dict[str, Any]:
    protocol, others = _protocols(ask)
    result = out.assess_response(
        diary(ask["diary"]) if "diary" in ask else _months_of(ask),
        _record(ask),
        protocol,
        rule=ask["rule"],
        as_of=ask["as_of"],
        other_protocols=others,
        failures=ask.get("failures", ()),
    )
    found = _paths(result, ask)
    if "findings" in found:
        found["findings"] = [finding.code.value for finding in result.findings]
    if "cycle_months" in found:
        found["cycle_months"] = [month.headache_days for month in result.cycle_months]
    return found


def _months_of(ask: dict[str, Any]) -> out.HeadacheDiary:
    """A diary of months of 28 days from a day on, each with so many headache days."""
    days = [
        {
            "on": ask["months_from"] + timedelta(days=28 * month + number),
            "kind": "headache" if number < headache else "none",
        }
        for month, headache in enumerate(ask.get("months", ()))
        for number in range(28)
    ]
    return out.HeadacheDiary.model_validate({"days": days})


def _review_dates(ask: dict[str, Any]) -> dict[str, Any]:
    reviews = out.response_review_dates(
        _record(ask), _protocols(ask)[0], rule=ask["rule"], as_of=ask["as_of"]
    )
    return {"days": [review.on for review in reviews]}


def _wear_off(ask: dict[str, Any]) -> dict[str, Any]:
    weeks = [None if week == "unknown" else week for week in ask["weeks"]]
    found: dict[str, Any] = {}
    for definition in ("nadir_rise", "half_of_benefit_lost", "any_late_rise"):
        result = out.wear_off(
            weeks,
            definition=definition,
            administered_on=ask["administered_on"],
            baseline=ask.get("baseline"),
        )
        found[definition] = result.week
        for name in ("on", "is_known", "by_week"):
            found.setdefault(name, getattr(result, name))
    if None not in weeks:
        found["blocks"] = [sum(weeks[n : n + 4]) for n in range(0, len(weeks), 4)]
    return {name: found[name] for name in ask["expect"]}


def _adherence(ask: dict[str, Any]) -> dict[str, Any]:
    protocol, _ = _protocols(ask)
    record = _record(ask)
    if "gaps" in ask:
        record = record_from_gaps(
            ask["gaps"], starts_on=date(2026, 1, 5), indication=protocol.indication
        )
    result = out.adherence(
        record,
        protocol,
        as_of=ask.get("as_of", "2027-12-31"),
        effect=bs.Interval.parse(ask["effect"]) if "effect" in ask else None,
        permissible_gap_days=ask.get("permissible_gap_days"),
        carries_over=ask.get("carries_over", False),
    )
    found = _paths(result, ask)
    if "episodes" in found:
        found["episodes"] = len(result.episodes)
    return found


def _read_diary(ask: dict[str, Any]) -> dict[str, Any]:
    result = out.read_diary(StringIO(ask["file"]), missing=ask.get("missing", "scale"))
    days = {str(day.on): day.kind for day in result.diary.days}
    return {"days": days, "problems": [str(problem) for problem in result.problems]}


def _observed_response(ask: dict[str, Any]) -> dict[str, Any]:
    protocol, _ = _protocols(ask)
    notes = [(session, days) for session, days in ask["notes"]]
    observed = out.observed_response(_record(ask), protocol, as_of=ask["as_of"], notes=notes)
    result = bs.forecast(_record(ask), protocol, as_of=ask["as_of"], observed=observed)
    early = [f.message for f in result.findings if f.code is bs.FindingCode.EFFECT_ENDS_EARLY]
    return {"words": observed.wear_off, "finds": early, "due": result.dates.due}


def _planning(ask: dict[str, Any]) -> dict[str, Any]:
    """The arguments that the questions of planning share."""
    calendar = planning.ClinicCalendar.model_validate(ask.get("calendar", {}))
    _, others = _protocols(ask)
    return {
        "as_of": ask["as_of"],
        "calendar": calendar,
        "away": ask.get("away", ()),
        "policy": _policy(ask),
        "other_protocols": others,
    }


def _dose(ask: dict[str, Any]) -> dict[str, Any]:
    return {name: ask.get(name) for name in ("planned_units", "planned_discarded")}


def _check_booking(ask: dict[str, Any]) -> dict[str, Any]:
    protocol, _ = _protocols(ask)
    result = planning.check_booking(
        _record(ask), protocol, on=ask["on"], **_planning(ask), **_dose(ask)
    )
    return _paths(result, ask)


def _first_bookable_day(ask: dict[str, Any]) -> dict[str, Any]:
    protocol, _ = _protocols(ask)
    result = planning.first_bookable_day(_record(ask), protocol, **_planning(ask), **_dose(ask))
    return _paths(result, ask)


def _plan_authorizations(ask: dict[str, Any]) -> dict[str, Any]:
    protocol, others = _protocols(ask)
    result = planning.plan_authorizations(
        _record(ask), protocol, as_of=ask["as_of"], policy=_policy(ask), other_protocols=others
    )
    found = _paths(result, ask)
    if "problems" in found:
        check = result.sessions[0].check
        found["problems"] = None if check is None else check.problems
    if "used" in found:
        found["used"] = [use.sessions_used for use in result.uses]
    return found


def _countdown(ask: dict[str, Any]) -> dict[str, Any]:
    calendar = (
        planning.ClinicCalendar.model_validate(ask["calendar"]) if "calendar" in ask else None
    )
    steps = planning.countdown(
        ask["target"], ask["leads"], serial=ask.get("serial", False), calendar=calendar
    )
    return {step.name: step.on for step in steps}


def _fewest_vials(ask: dict[str, Any]) -> dict[str, Any]:
    plans = [
        planning.fewest_vials(
            units, ask["product"], pharmacy_supplied=ask.get("pharmacy_supplied", False)
        )
        for units in ask["units"]
    ]
    vials = [[v.units for v in plan.vials for _ in range(v.count)] for plan in plans]
    return {
        "vials": [" + ".join(f"{units:f}" for units in each) for each in vials],
        "discarded": [plan.discarded for plan in plans],
        "billing": [", ".join(map(_billing_line, plan.billing)) for plan in plans],
    }


def _billing_line(line: planning.BillingLine) -> str:
    words = [f"{line.billing_units:f}", line.modifier or "", "" if line.is_whole else "not whole"]
    return " ".join(word for word in words if word)


def _find_shared_visit(ask: dict[str, Any]) -> dict[str, Any]:
    tracks = [bs.find_protocol(**track) for track in ask["tracks"]]
    result = planning.find_shared_visit(
        _record(ask), tracks, **_planning(ask), planned_units=ask.get("planned_units")
    )
    found = _paths(result, ask)
    if "days_given_up" in found:
        found["days_given_up"] = [track.days_given_up for track in result.tracks]
    if "exceeded" in found:
        found["exceeded"] = [
            any(check.exceeded and check.chosen for check in track.limit_checks)
            for track in result.tracks
        ]
    return found
