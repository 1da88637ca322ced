"""What the fuzzing of each reader starts from: whole and broken input of every sort."""

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

CORPUS = Path(__file__).parents[1] / "corpus"
TABLES = Path(__file__).parents[1] / "files"
_SESSION = {
    "id": "s-1",
    "administered_on": "2026-01-05",
    "indication": "chronic-migraine",
    "product": "Botox",
    "units": 155,
}
_RECORD = {
    "id": "p-1",
    "born_on": "1980-02-29",
    "sessions": [
        _SESSION,
        {**_SESSION, "id": "s-2", "administered_on": "2025-10-13", "kind": "touch_up"},
    ],
    "holds": [{"first": "2026-02-01", "last": None, "reason": "pregnancy"}],
    "overrides": [
        {
            "indication": "chronic-migraine",
            "first": "2026-01-01",
            "minimum": "10 weeks",
            "usual": "10 to 12 weeks",
            "reason": "x",
            "authority": "payer",
        }
    ],
    "weights": [{"measured_on": "2026-01-01", "kilograms": 70}],
    "care_ends": [{"on": "2026-03-01", "kind": "discontinued"}],
    "prior_treatments": [{"indication": "chronic-migraine", "cycles": 2}],
    "authorizations": [
        {
            "indication": "chronic-migraine",
            "product": "Botox",
            "valid": {"first": "2026-01-01", "last": "2026-12-31"},
            "sessions": 4,
        }
    ],
}
_DOSE = {
    "resourceType": "MedicationAdministration",
    "id": "m1",
    "status": "completed",
    "subject": {"reference": "Patient/1"},
    "medicationCodeableConcept": {"text": "Botox"},
    "reasonCode": [
        {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "G43.709"}]}
    ],
    "effectiveDateTime": "2026-01-06T01:30:00Z",
    "dosage": {"dose": {"value": 155, "system": "http://unitsofmeasure.org", "code": "U"}},
}
_PROCEDURE = {
    "resourceType": "Procedure",
    "id": "p1",
    "status": "completed",
    "subject": {"reference": "Patient/1"},
    "code": {"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "64615"}]},
    "performedPeriod": {"start": "2026-01-05", "end": "2026-01-06"},
}
_PERSON = {
    "resourceType": "Patient",
    "id": "1",
    "birthDate": "1980-02-29",
    "deceasedBoolean": False,
}
_PROTOCOL = """[sources.house]
title = "House rules"
[[protocols]]
id = "own"
version = "1"
region = "us"
indication = "chronic-migraine"
product = "Botox"
population = "adult"
[protocols.retreatment]
kind = "scheduled"
minimum = { value = "12 weeks", key = "house", place = "3", verification = "clinic", checked_on = 2026-01-15 }
usual = "12 to 14 weeks"
[[protocols.limits]]
scope = "product"
per = "window"
units = 400
windows = [{ window = "12 weeks" }]
"""
_CALENDAR = """BEGIN:VCALENDAR\r
PRODID:-//botox_schedule//treatment cycles//EN\r
VERSION:2.0\r
BEGIN:VEVENT\r
SUMMARY:Appointment due\r
DTSTART;VALUE=DATE:20260330\r
DTEND;VALUE=DATE:20260407\r
DTSTAMP:20260201T000000Z\r
UID:4a6098de-245f-5636-b542-52aa36cef308\r
SEQUENCE:0\r
STATUS:TENTATIVE\r
END:VEVENT\r
END:VCALENDAR\r
"""


def _bundle() -> dict[str, object]:
    entries = [{"resource": resource} for resource in (_PERSON, _DOSE, _PROCEDURE)]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def _export() -> bytes:
    text = (files("botox_schedule.cli") / "demo" / "clinic-export.csv").read_bytes()
    return b"\n".join(text.splitlines()[:12])


_SEEDS: dict[str, list[bytes]] = {
    "population": [
        b"patient,administered_on,indication,product,units,status,kind\n1,2026-01-05,spasticity,Botox,1,draft,",
        (
            b"patient,administered_on,indication,product\np,2026-02-30,chronic-migraine,Dysport\n"
            b"p,2026-01-05,chronic-migraine,Botox\n"
        ),
    ],
    "interval": [
        b"12 weeks",
        b"3 to 4 months",
        b"12 weeks + 1 day",
        b"P12W1D",
        b"- 4 days",
        b"1 year",
    ],
    "protocols": [_PROTOCOL.encode(), b"[[protocols]]", b"a = [[[[1]]]]"],
    "export": [
        b"patient;date;indication;product;units\nP1;05.01.2026;chronic-migraine;Botox;155,5\n",
        b"patient,administered_on,indication,product,units,status,kind\n1,2026-01-05,x,Botox,1,draft,",
        b'Patient ID,Date,Indication,Product\n"p, 1",2026-02-30,chronic-migraine,"Bo""tox"\n',
        b'patient,date,indication\n"P1,2026-01-05,x\n\nP2,2026-01,chronic-migraine\n',
    ],
    "facts": [
        b"patient,first,last,reason,review_on\nP1,2026-02-01,,pregnancy,2026-03-01\n",
        b"patient;on;kind\nP1;2026-03-01;discontinued\nP2;;deceased\n",
        (
            b"patient,indication,first,last,minimum,usual,reason,authority\n"
            b"P1,chronic-migraine,2026-01-01,,10 weeks,10 to 12 weeks,x,payer\n"
        ),
        b"patient,born_on\nP1,1980-02-29\nP1,1980-02-30\n",
        b"patient,measured_on,kilograms\nP1,2026-01-01,70.5\n",
        b"patient,indication,cycles,started_on,last_on,product\nP1,spasticity,3,2024-01-01,,Dysport\n",
        (
            b"patient,indication,product,first,last,sessions,units\n"
            b"P1,chronic-migraine,Botox,2026-01-01,2026-12-31,4,620\n"
        ),
    ],
    "spreadsheet": [
        (
            b"<worksheet><sheetData><row r='1'>"
            b"<c r='A1' t='inlineStr'><is><t>patient</t></is></c>"
            b"<c r='B1' t='inlineStr'><is><t>date</t></is></c>"
            b"<c r='C1' t='inlineStr'><is><t>indication</t></is></c>"
            b"<c r='D1' t='inlineStr'><is><t>product</t></is></c></row>"
            b"<row r='2'><c r='A2'><v>7</v></c><c r='B2'><v>46027</v></c>"
            b"<c r='C2' t='inlineStr'><is><t>chronic-migraine</t></is></c>"
            b"<c r='D2' t='inlineStr'><is><t>Botox</t></is></c></row>"
            b"<row r='3'><c r='A3'><v>8</v></c><c r='B3' t='str'><v>2026-01-05</v></c>"
            b"<c r='C3' t='str'><v>spasticity</v></c><c r='D3' t='str'><v>Dysport</v></c></row>"
            b"</sheetData></worksheet>"
        ),
    ],
    "record": [json.dumps(_RECORD).encode(), b"{}", b'{"sessions": [[]]}'],
    "bundle": [json.dumps(_bundle()).encode(), b'{"resourceType": "Bundle"}'],
    "diary": [b"date,kind\n2026-01-05,migraine\n2026-01-06,\n2026-01-06,none\n", b'date,kind\n"'],
    "calendar": [_CALENDAR.encode(), b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"],
}


def seeds(name: str) -> Iterator[bytes]:
    """Yield the seeds of a reader, and what was found before."""
    yield from _SEEDS[name]
    if name == "export":
        yield _export()
    if name == "spreadsheet":
        yield from (file.read_bytes() for file in sorted(TABLES.glob("*.[xop][ald][sr]*")))
    for found in sorted((CORPUS / name).glob("*")):
        yield found.read_bytes()
