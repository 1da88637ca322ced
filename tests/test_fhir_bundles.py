"""Kinds of bundles and files, what they leave out, and what only names a toxin."""

import gzip
import json
from typing import Any

import pytest

import botox_schedule as bs

pytest.importorskip("fhir.resources", reason="the extra 'fhir' is not installed")

from botox_schedule.fhir import BundleReading, bundle, records_from_bundle
from botox_schedule.protocols.indications import code_rows
from fhir_samples import (
    CPT,
    ICD,
    MIGRAINE_REASON,
    PATIENT,
    ZONE,
    adds_up,
    bundle_of,
    codes,
    concept,
    entry,
    given_dose,
    only,
    person,
    procedure,
    read,
    read_entries,
    read_text,
    sessions_of,
)

HCPCS = "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
AS_ORDERED = "http://terminology.hl7.org/CodeSystem/reason-medication-given"
BASE = "http://a.example/fhir"


def request(method: str, url: str = "MedicationAdministration/m1") -> dict[str, Any]:
    return {"request": {"method": method, "url": url}}


def version(
    number: int | None, on: str = "2026-01-05", changed: str | None = None
) -> dict[str, Any]:
    meta = {"versionId": None if number is None else str(number), "lastUpdated": changed}
    meta = {name: value for name, value in meta.items() if value is not None}
    url = f"{BASE}/MedicationAdministration/m1"
    return entry(given_dose(effectiveDateTime=on, meta=meta or None), url, **request("PUT"))


def history(*entries: dict[str, Any]) -> BundleReading:
    return read_entries(*entries, type="history")


class TestHistory:
    def test_the_highest_number_counts(self) -> None:
        for entries in (
            [version(10), version(9, "2026-01-02")],
            [version(9, "2026-01-02"), version(10)],
        ):
            reading = history(*entries)
            assert sessions_of(reading) == {"Patient/1": ["2026-01-05"]}
            assert (reading.problems, reading.counts.merged, adds_up(reading)) == ((), 1, True)

    @pytest.mark.parametrize("number", [10, "10"])
    def test_the_number_may_be_written_as_one(self, number: Any) -> None:
        url = f"{BASE}/MedicationAdministration/m1"
        newest = given_dose(effectiveDateTime="2026-02-02", meta={"versionId": number})
        reading = history(version(9), entry(newest, url))
        assert (sessions_of(reading), reading.problems) == ({"Patient/1": ["2026-02-02"]}, ())

    def test_the_method_may_be_in_lower_case(self) -> None:
        gone = {"fullUrl": f"{BASE}/MedicationAdministration/m1", **request("delete")}
        reading = history(gone, version(None))
        assert (reading.records, reading.problems) == ((), ())

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ("2026-02-02T00:00:00Z", []),
            ("2026-02-01T00:00:00Z", []),
            (None, []),
            ("2026-01-31T23:59:59Z", ["uncertain_version"]),
        ],
    )
    def test_a_number_that_the_moments_contradict_is_told(
        self, changed: str | None, said: list[str]
    ) -> None:
        older = version(1, "2026-01-02", "2026-02-01T00:00:00Z")
        reading = history(version(2, changed=changed), older)
        assert (sessions_of(reading), codes(reading)) == ({"Patient/1": ["2026-01-05"]}, said)
        assert reading.unreadable == ({"Patient/1"} if said else set())

    @pytest.mark.parametrize("etag", ['W/"3"', None])
    def test_a_doubtful_deletion_is_told_of_its_patient(self, etag: str | None) -> None:
        answer = {"status": "204", "etag": etag, "lastModified": "2026-01-01T00:00:00Z"}
        number = 2 if etag else None
        changed = "2026-02-01T00:00:00Z" if etag else None
        kind = "history" if etag else "transaction"
        deletion = {**request("DELETE"), "response": answer}
        reading = read_entries(deletion, version(number, changed=changed), type=kind)
        assert (codes(reading), reading.unreadable) == (
            ["uncertain_version"],
            frozenset({"Patient/1"}),
        )

    def test_another_resource_may_be_as_doubtful_as_it_will(self) -> None:
        metas = ({"versionId": "2", "lastUpdated": "2026-01-01T00:00:00Z"}, {"versionId": "1"})
        metas[1]["lastUpdated"] = "2026-02-01T00:00:00Z"
        versions = [{"resourceType": "Observation", "id": "o", "meta": meta} for meta in metas]
        assert history(*map(entry, versions)).problems == ()

    def test_a_part_of_the_versions_says_so(self) -> None:
        reading = read_entries(version(2), type="history", total=2)
        assert codes(reading) == ["incomplete"]

    def test_else_the_last_change_counts(self) -> None:
        older = version(None, "2026-01-02", "2026-01-03T00:00:00Z")
        newer = version(None, "2026-01-05", "2026-01-04T00:00:00Z")
        assert sessions_of(history(older, newer)) == {"Patient/1": ["2026-01-05"]}

    def test_else_the_first_counts(self) -> None:
        reading = history(version(None), version(None, "2026-01-02"), version(3, "2026-01-01"))
        assert sessions_of(reading) == {"Patient/1": ["2026-01-05"]}
        assert reading.problems == ()

    def test_of_two_histories_neither_is_the_first(self) -> None:
        """Servers send them in any order; a deletion in one may be the older version."""
        pages = [
            {"resource": {"resourceType": "Bundle", "type": "history", "entry": [one]}}
            for one in (version(None), version(None, "2026-01-02"))
        ]
        for order in (pages, pages[::-1]):
            reading = read_entries(*order, type="collection")
            (found,) = sessions_of(reading).values()
            assert sorted(found) == ["2026-01-02", "2026-01-05"]
            assert codes(reading) == ["uncertain_version"]

    @pytest.mark.parametrize(
        "deletion",
        [
            {**request("DELETE"), "response": {"status": "204", "etag": 'W/"3"'}},
            request("DELETE", "MedicationAdministration/m1/_history/3"),
            {**request("DELETE"), "fullUrl": f"{BASE}/MedicationAdministration/m1/_history/3"},
            {
                **request("DELETE"),
                "response": {"status": "204", "lastModified": "2026-02-01T00:00:00Z"},
            },
            request("DELETE"),
        ],
    )
    def test_what_was_deleted_is_gone(self, deletion: dict[str, Any]) -> None:
        reading = history(
            deletion, version(2, changed="2026-01-06T00:00:00Z"), version(1, "2026-01-02")
        )
        assert (reading.records, reading.problems) == ((), ())
        assert (reading.counts.resources, reading.counts.merged) == (2, 2)

    def test_a_deleted_patient_is_missed(self) -> None:
        url = f"{BASE}/Patient/1"
        reading = history(
            {**request("DELETE", "Patient/1"), "fullUrl": url}, entry(person(), url), version(1)
        )
        assert (sessions_of(reading), codes(reading)) == (
            {"Patient/1": ["2026-01-05"]},
            ["unknown_subject"],
        )

    def test_what_was_made_again_is_here(self) -> None:
        deletion = {**request("DELETE"), "response": {"status": "204", "etag": 'W/"2"'}}
        assert sessions_of(history(deletion, version(3))) == {"Patient/1": ["2026-01-05"]}

    def test_a_death_in_the_newest_version_counts(self) -> None:
        url = f"{BASE}/Patient/1"
        alive = entry(person(meta={"versionId": "1"}), url)
        dead = entry(person(meta={"versionId": "2"}, deceasedDateTime="2026-02-01"), url)
        (record,) = history(dead, alive, version(1)).records
        assert bs.forecast(record, "chronic-migraine", as_of="2026-03-01").status == "deceased"


class TestTransactions:
    @pytest.mark.parametrize("kind", ["transaction", "batch"])
    def test_what_is_put_counts_and_what_is_deleted_does_not(self, kind: str) -> None:
        reading = read_entries(
            entry(given_dose(), **request("PUT")),
            entry(
                given_dose(id="m2", effectiveDateTime="2026-03-30"), "urn:uuid:2", **request("POST")
            ),
            request("DELETE", "MedicationAdministration/m3"),
            request("GET", "Patient/1"),
            type=kind,
        )
        assert sessions_of(reading) == {"Patient/1": ["2026-01-05", "2026-03-30"]}
        assert (reading.problems, reading.counts.resources) == ((), 2)

    def test_what_is_put_has_the_address_of_its_request(self) -> None:
        nameless = {name: v for name, v in person(deceasedBoolean=True).items() if name != "id"}
        reading = read_entries(
            entry(nameless, **request("PUT", "Patient/1")),
            entry(given_dose(id=None), **request("PUT")),
            entry(given_dose(id=None), **request("PUT")),
            type="batch",
        )
        assert sessions_of(reading) == {"Patient/1": ["2026-01-05"]}
        assert (codes(reading), adds_up(reading)) == (["deceased_without_day"], True)

    @pytest.mark.parametrize("methods", [("PUT", "DELETE"), ("DELETE", "PUT")])
    def test_a_deletion_that_repeats_what_it_deletes_is_no_copy(self, methods: Any) -> None:
        entries = [entry(given_dose(), **request(method)) for method in methods]
        reading = read_entries(*entries, type="transaction")
        assert (reading.records, codes(reading)) == ((), ["uncertain_version"])
        assert reading.unreadable == {"Patient/1"}

    def test_a_deletion_whose_place_in_time_is_unknown_is_reported(self) -> None:
        lines = [
            json.dumps(given_dose()),
            json.dumps(bundle_of(request("DELETE"), type="transaction")),
        ]
        reading = read_text("\n".join(lines))
        assert (reading.records, codes(reading)) == ((), ["uncertain_version"])
        assert reading.problems[0].session_left_out
        assert (reading.counts.merged, adds_up(reading)) == (1, True)

    @pytest.mark.parametrize(
        "change",
        [
            entry({"resourceType": "Parameters"}, **request("PATCH")),
            entry({"resourceType": "Binary", "contentType": "text/plain"}, **request("PATCH")),
            request("PATCH"),
            entry({"resourceType": ["Patient"]}, **request("PATCH")),
            request("DELETE", "MedicationAdministration?status=stopped"),
            {"response": {"status": "404 Not Found"}},
            entry(
                {
                    "resourceType": "OperationOutcome",
                    "issue": [{"severity": "error", "code": "exception"}],
                }
            ),
            entry(
                {
                    "resourceType": "OperationOutcome",
                    "issue": [{"severity": "warning", "code": "suppressed"}],
                }
            ),
            {
                "response": {
                    "status": "200",
                    "outcome": {"resourceType": "OperationOutcome", "issue": [{"code": "timeout"}]},
                }
            },
            entry(person(meta={"tag": [{"code": "SUBSETTED"}]})),
        ],
    )
    def test_what_cannot_be_followed_makes_the_bundle_incomplete(
        self, change: dict[str, Any]
    ) -> None:
        reading = read_entries(entry(given_dose()), change, type="batch")
        assert "incomplete" in codes(reading)
        assert adds_up(reading)
        assert len(reading.problems_of(reading.records[0])) >= 1

    @pytest.mark.parametrize("asked", [{}, request("PUT")])
    def test_a_version_in_a_history_without_its_resource_is_reported(self, asked: Any) -> None:
        """It may be a deletion: what it replaces still counts, and somebody must look."""
        change = {"fullUrl": f"{BASE}/MedicationAdministration/m1", **asked}
        change |= {"response": {"status": "204"}}
        reading = history(version(1), change)
        assert codes(reading) == ["incomplete"]
        assert (reading.counts.sessions, adds_up(reading)) == (1, True)

    def test_an_answer_without_a_resource_holds_none(self) -> None:
        reading = read_entries({"response": {"status": "201 Created"}}, type="transaction-response")
        assert (reading.problems, reading.counts.resources) == ((), 0)

    def test_a_warning_leaves_the_bundle_complete(self) -> None:
        outcome = {
            "resourceType": "OperationOutcome",
            "issue": [{"severity": "warning", "code": "x"}],
        }
        assert read(outcome).problems == ()


def page(number: int, of: int, **more: Any) -> dict[str, Any]:
    links = [{"relation": "self", "url": f"{BASE}/x?page={number}"}]
    if number < of:
        links.append({"relation": "next", "url": f"{BASE}/x?page={number + 1}"})
    if number > 1:
        links.append({"relation": "previous", "url": f"{BASE}/x?page={number - 1}"})
    dose = given_dose(id=f"m{number}", effectiveDateTime=f"2026-0{number}-05")
    return bundle_of(entry(dose), type="searchset", link=links, **more)


class TestPages:
    @pytest.mark.parametrize("number", [1, 2, 3])
    def test_one_page_of_several_says_so(self, number: int) -> None:
        reading = read_text(json.dumps(page(number, of=3)))
        assert codes(reading) == ["incomplete"]
        (problem,) = reading.problems
        assert (problem.where, problem.session_left_out) == ("link", True)
        assert reading.problems_of(reading.records[0]) == (problem,)
        assert reading.unreadable == {record.id for record in reading.records}

    @pytest.mark.parametrize("relation", ["next", "NEXT", "Previous"])
    def test_a_link_in_any_case_leads_to_one(self, relation: str) -> None:
        links = [{"relation": relation, "url": f"{BASE}/x?page=2"}]
        assert codes(read_entries(entry(given_dose()), link=links)) == ["incomplete"]

    def test_a_bundle_may_say_itself_that_parts_are_missing(self) -> None:
        issues = {
            "resourceType": "OperationOutcome",
            "issue": [{"severity": "error", "code": "incomplete"}],
        }
        reading = read_entries(entry(given_dose()), issues=issues)
        assert [(p.code, p.where) for p in reading.problems] == [("incomplete", "issues")]
        reading = read_entries(entry(given_dose()), meta={"tag": [{"code": "SUBSETTED"}]})
        assert [(p.code, p.where) for p in reading.problems] == [("incomplete", "meta")]

    def test_all_pages_together_are_complete(self) -> None:
        reading = read_text("\n".join(json.dumps(page(n, of=3, total=3)) for n in (1, 2, 3)))
        assert (reading.problems, reading.counts.sessions) == ((), 3)

    def test_some_pages_together_are_not(self) -> None:
        reading = read_text("\n".join(json.dumps(page(n, of=3)) for n in (1, 2)))
        assert [problem.where for problem in reading.problems] == ["line 2.link"]

    @pytest.mark.parametrize("total", [1, "1", 2, "2", 2.0, None, "many"])
    def test_a_search_that_found_more_says_so(self, total: Any) -> None:
        """A program that makes JSON of XML writes the number as text."""
        said = ["incomplete"] if str(total).startswith("2") else []
        found = [
            entry(given_dose(), search={"mode": "match"}),
            entry(person(), search={"mode": "include"}),
        ]
        assert codes(read_entries(*found, type="searchset", total=total)) == said

    @pytest.mark.parametrize("total", [None, 3])
    def test_a_page_that_was_led_to_needs_no_link_back(self, total: int | None) -> None:
        """Servers give the first page another address than the link back to it, or no link back."""
        counted = {} if total is None else {"total": total}
        pages = [page(n, of=3, **counted) for n in (1, 2, 3)]
        pages[1]["link"][-1]["url"] = f"{BASE}/x?page=first"
        del pages[2]["link"][-1]
        assert read_text("\n".join(map(json.dumps, pages))).problems == ()
        for few in (pages[:2], pages[1:], pages[::2]):
            reading = read_text("\n".join(map(json.dumps, few)))
            assert {*codes(reading)} == {"incomplete"}

    def test_a_page_is_the_same_however_its_address_is_written(self) -> None:
        pages = [page(n, of=2) for n in (1, 2)]
        pages[0]["link"][1]["url"] = f"{BASE}/x?state=a%7Cb&page=2"
        pages[1]["link"][0]["url"] = f"{BASE}/x?page=2&state=a|b"
        assert read_text("\n".join(map(json.dumps, pages))).problems == ()
        pages[1]["link"][0]["url"] = f"{BASE}/x?page=2&state=a"
        assert codes(read_text("\n".join(map(json.dumps, pages)))) == ["incomplete"]

    def test_links_without_an_address_lead_to_no_page(self) -> None:
        links = [{"relation": "self"}, {"relation": "next"}]
        assert codes(read_entries(entry(given_dose()), link=links)) == ["incomplete"]

    def test_one_link_may_stand_without_its_list(self) -> None:
        """As programs write it that make JSON of XML."""
        link = {"relation": "next", "url": f"{BASE}/x?page=2"}
        assert codes(read_entries(entry(given_dose()), link=link)) == ["incomplete"]

    def test_a_search_that_found_nothing_may_have_no_list(self) -> None:
        empty = {"resourceType": "Bundle", "type": "searchset", "total": 0, "entry": None}
        assert read_text(json.dumps(empty)).records == ()
        assert read_text("\n".join(map(json.dumps, (empty, WHOLE)))).problems == ()

    def test_an_element_that_is_null_is_missing(self) -> None:
        """Some programs write each element that they have no value for so."""
        whole = {"start": "2026-01-05", "end": None}
        dose = {"value": 155, "unit": "U", "code": None, "system": None, "comparator": None}
        given = given_dose() | {"effectiveDateTime": None, "effectivePeriod": whole}
        given |= {"dosage": {"dose": dose}, "reasonReference": None, "partOf": None}
        reading = read(given)
        assert not reading.problems
        assert only(reading).units == 155
        assert str(only(reading).administered_on) == "2026-01-05"
        assert not read(given_dose(dosage={"text": None, "dose": None})).problems
        told = read({"resourceType": "Task", "for": PATIENT, "subject": None, "code": BOTOX})
        assert [problem.patient for problem in told.problems] == ["Patient/1"]

    def test_only_a_search_has_a_total(self) -> None:
        assert read_entries(entry(given_dose()), total=9).problems == ()


WHOLE = bundle_of(entry(person(birthDate="1980-01-01")), entry(given_dose()))


class TestFiles:
    @pytest.mark.parametrize(
        "content",
        [
            json.dumps(WHOLE),
            json.dumps(WHOLE, indent=2).encode(),
            b"\xef\xbb\xbf" + json.dumps(WHOLE).encode(),
            json.dumps(WHOLE).encode("utf-16"),
            gzip.compress(json.dumps(WHOLE).encode()),
            "\n".join(map(json.dumps, [person(birthDate="1980-01-01"), given_dose()])),
            gzip.compress(
                (
                    "\r\n\r\n".join(map(json.dumps, [person(birthDate="1980-01-01"), given_dose()]))
                ).encode()
            ),
            json.dumps(bundle_of(entry(WHOLE))),
            json.dumps(
                bundle_of(
                    entry(bundle_of(entry(person(birthDate="1980-01-01")))),
                    entry(bundle_of(entry(given_dose()))),
                )
            ),
            json.dumps(given_dose(id="m1")),
        ],
        ids=[
            "text",
            "bytes",
            "mark",
            "utf-16",
            "gzip",
            "lines",
            "gzip lines",
            "inner",
            "two inner",
            "one",
        ],
    )
    def test_each_way_to_write_it_gives_the_same_session(self, content: str | bytes) -> None:
        reading = read_text(content)
        assert sessions_of(reading) == {"Patient/1": ["2026-01-05"]}
        assert (reading.problems, adds_up(reading)) == ((), True)

    def test_a_line_that_is_no_resource_costs_only_itself(self) -> None:
        lines = [json.dumps(given_dose()), "{", '{"id": "Smith"}', json.dumps(person())]
        reading = read_text("\n".join(lines))
        assert [(p.code, p.where) for p in reading.problems] == [
            ("invalid_resource", "line 2"),
            ("invalid_resource", "line 3"),
        ]
        assert all(problem.session_left_out for problem in reading.problems)
        assert (reading.counts.resources, reading.counts.left_out, adds_up(reading)) == (4, 2, True)

    @pytest.mark.parametrize("first", ["# export", "{", '{"id": "Smith"}'])
    def test_so_does_the_first_line(self, first: str) -> None:
        reading = read_text("\n".join([first, json.dumps(given_dose()), json.dumps(person())]))
        assert [(p.code, p.where) for p in reading.problems] == [("invalid_resource", "line 1")]
        assert (reading.counts.sessions, reading.counts.left_out) == (1, 1)

    def test_files_that_were_joined_lose_no_line(self) -> None:
        mark = "\ufeff"
        lines = [json.dumps(person()), mark + json.dumps(given_dose()), mark]
        reading = read_text((mark + "\n".join(lines)).encode())
        assert (reading.problems, reading.counts.sessions) == ((), 1)

    @pytest.mark.parametrize("between", ["", " ", "\ufeff"])
    def test_files_that_were_joined_may_share_a_line(self, between: str) -> None:
        note = [{"text": "}{"}]
        doses = [given_dose(id=None, effectiveDateTime=f"2026-0{n}-05", note=note) for n in (1, 4)]
        first = between.join(map(json.dumps, [person(), given_dose(id=None)]))
        reading = read_text("\n".join([first, *map(json.dumps, doses)]))
        assert (reading.problems, reading.counts.sessions, adds_up(reading)) == ((), 3, True)
        odd = between.join(map(json.dumps, [person(), given_dose(note=note, status="unknown")]))
        reading = read_text("\n".join([odd, *map(json.dumps, doses)]))
        assert [problem.where for problem in reading.problems] == ["line 1"]
        told = between.join(map(json.dumps, [person(), given_dose(status="unknown")]))
        assert read_text(told).problems[0].where == "line 1, part 2.status"

    def test_a_bundle_over_many_lines_that_was_cut_short_is_refused_at_once(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Reading each of its lines as a resource would take minutes."""
        monkeypatch.setattr(bundle, "_line", pytest.fail)
        text = json.dumps(bundle_of(entry(given_dose()), entry(person())), indent=2)[:-2]
        with pytest.raises(bs.errors.ExchangeError, match="the bundle is not JSON"):
            read_text(text)

    def test_a_list_is_refused_and_told_what_to_give(self) -> None:
        for written in ([given_dose()], [given_dose(), person()]):
            text = json.dumps(written).replace("}, {", "},\n{").replace("}]", "}\n]")
            with pytest.raises(bs.errors.ExchangeError, match="give several one a line"):
                read_text(text)

    def test_places_of_inner_bundles_name_the_way(self) -> None:
        reading = read(bundle_of(entry(person()), entry(given_dose(status="unknown"))))
        assert reading.problems[0].where == "entry[0].entry[1].status"

    def test_a_bundle_without_a_list_of_entries_is_a_problem(self) -> None:
        reading = read({"resourceType": "Bundle", "entry": {}}, given_dose())
        assert [(p.code, p.where) for p in reading.problems] == [("invalid_resource", "entry[0]")]

    def test_a_bundle_that_holds_itself_is_a_problem(self) -> None:
        inner = bundle_of(entry(given_dose()))
        inner["entry"].append({"resource": inner})
        reading = records_from_bundle(inner, zone=ZONE)
        assert codes(reading) == ["invalid_resource"]
        assert reading.counts.sessions == 1

    def test_many_bundles_in_each_other_are_opened(self) -> None:
        content = bundle_of(entry(given_dose()))
        for _ in range(100):
            content = bundle_of(entry(content))
        assert read_text(json.dumps(content)).counts.sessions == 1

    def test_what_is_no_json_in_a_content_is_a_problem(self) -> None:
        content = bundle_of(entry(given_dose(note={1, 2})), entry(given_dose(id="m2")))
        assert codes(records_from_bundle(content, zone=ZONE)) == ["invalid_resource"]

    @pytest.mark.parametrize(
        "broken", [b"\x1f\x8b", gzip.compress(b"{}" * 999, mtime=0)[:-9], b"\x1f\x8b" + b"x" * 99]
    )
    def test_a_damaged_gzip_file_is_one_clear_error(self, broken: bytes) -> None:
        with pytest.raises(bs.errors.FileLimitError, match="damaged or cut short"):
            read_text(broken)

    def test_the_limit_counts_what_is_unpacked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(bundle, "_MOST", 2 * 1024 * 1024)
        for content in (b" " * 3_000_000, gzip.compress(b" " * 3_000_000, 0)):
            with pytest.raises(bs.errors.FileLimitError, match="larger than 2 MiB"):
                read_text(content)


BOTOX = {"text": "Botox"}
J0585 = concept(HCPCS, "J0585")
CLAIM = {
    "resourceType": "Claim",
    "id": "c",
    "patient": PATIENT,
    "item": [
        {"productOrService": concept(CPT, "99213")},
        {"productOrService": J0585},
        {"productOrService": {"coding": [{"code": "J0586"}]}},
    ],
}


class TestMentions:
    @pytest.mark.parametrize(
        "resource",
        [
            {
                "resourceType": "MedicationStatement",
                "medicationCodeableConcept": BOTOX,
                "subject": PATIENT,
            },
            {
                "resourceType": "MedicationRequest",
                "medicationCodeableConcept": BOTOX,
                "subject": PATIENT,
            },
            {
                "resourceType": "MedicationDispense",
                "medicationCodeableConcept": J0585,
                "subject": PATIENT,
            },
            {
                "resourceType": "MedicationStatement",
                "medication": {"concept": BOTOX},
                "subject": PATIENT,
            },
            {
                "resourceType": "MedicationStatement",
                "medicationReference": {"display": "BOTOX"},
                "subject": PATIENT,
            },
            {
                "resourceType": "ExplanationOfBenefit",
                "patient": PATIENT,
                "item": [{"productOrService": J0585}],
            },
            procedure(code=BOTOX),
            procedure(code=J0585),
            procedure(code={"text": "Chemodenervation of muscles"}),
            procedure(code={"coding": [{"code": "J0585"}]}),
            *(procedure(code=concept(HCPCS, f"J058{n}")) for n in (6, 7, 8, 9)),
            procedure(code={"coding": [{"code": "64615"}]}),
            procedure(code=concept(CPT, "64646")),
            procedure(code=concept(CPT, "64615-50")),
            procedure(code=concept(CPT, "64615 59 LT")),
            procedure(code=concept(HCPCS, "J0585-JW")),
            procedure(
                code=concept("https://bluebutton.cms.gov/resources/codesystem/hcpcs", "64615")
            ),
            {"resourceType": "ServiceRequest", "code": concept(CPT, "64615"), "subject": PATIENT},
            {"resourceType": "ChargeItem", "code": concept(CPT, "64612"), "subject": PATIENT},
            {
                "resourceType": "MedicationDispense",
                "medicationCodeableConcept": {"coding": [{"code": "00023114501"}]},
                "subject": PATIENT,
            },
            {
                "resourceType": "MedicationDispense",
                "medicationCodeableConcept": concept("urn:clinic:claims", " j0585 "),
                "subject": PATIENT,
            },
            {"resourceType": "Observation", "valueString": "155 U\nBoNT-A", "subject": PATIENT},
            procedure(
                code=None, text={"status": "generated", "div": "<div>toxine botulique</div>"}
            ),
        ],
    )
    def test_what_names_a_toxin_is_a_problem_with_its_reference(
        self, resource: dict[str, Any]
    ) -> None:
        reading = read({**resource, "id": "x"})
        assert codes(reading) == ["names_toxin"]
        (problem,) = reading.problems
        assert problem.reference == f"{resource['resourceType']}/x"
        assert (problem.patient, problem.session_left_out) == ("Patient/1", True)
        assert "x" not in str(problem).replace("toxin", "")
        assert (reading.counts.left_out, reading.ignored, adds_up(reading)) == (1, {}, True)

    def test_each_item_of_a_claim_is_named(self) -> None:
        reading = read(CLAIM)
        assert [problem.where for problem in reading.problems] == [
            "entry[0].item[1]",
            "entry[0].item[2]",
        ]
        assert (reading.counts.left_out, adds_up(reading)) == (1, True)

    @pytest.mark.parametrize("code", ["64615", "64612", "64646"])
    def test_an_item_of_an_injection_is_named(self, code: str) -> None:
        items = [{"productOrService": concept(CPT, "99213")}]
        items.append({"productOrService": concept(CPT, code)})
        reading = read({**CLAIM, "item": items})
        assert [(p.code, p.where) for p in reading.problems] == [
            ("names_toxin", "entry[0].item[1]")
        ]

    @pytest.mark.parametrize(
        ("text", "is_told"),
        [("64615", True), ("64615-50", True), ("J0585", True), ("99213", False), ("6461", False)],
    )
    def test_a_code_may_be_a_text(self, text: str, is_told: bool) -> None:
        reading = read(person(), procedure(code={"text": text}))
        assert codes(reading) == ["names_toxin"] * is_told
        assert reading.unreadable == frozenset({"Patient/1"} if is_told else ())

    @pytest.mark.parametrize(
        ("text", "is_told"),
        [
            ("CHEMODENERV MUSC MIGRAINE", True),
            ("Chemo-denervation, neck", True),
            ("Neurotoxin injection", True),
            ("Eosinophil derived neurotoxin [Mass/volume] in Serum", False),
        ],
    )
    def test_a_short_name_of_the_injection_is_named(self, text: str, is_told: bool) -> None:
        reading = read(person(), procedure(code=concept("urn:clinic", "7", text=text)))
        assert codes(reading) == ["names_toxin"] * is_told

    @pytest.mark.parametrize(
        ("changed", "is_told"),
        [
            ({}, False),
            ({"status": "not-done"}, True),
            ({"subject": {"reference": "Patient/2"}}, True),
            ({"request": {"reference": "MedicationRequest/8"}}, True),
        ],
    )
    def test_an_order_that_was_carried_out_is_no_second_session(
        self, changed: dict[str, Any], is_told: bool
    ) -> None:
        """Most systems write one for each dose; told each time, nobody would look any more."""
        order = {"resourceType": "MedicationRequest", "id": "7", "subject": PATIENT}
        order |= {"status": "active", "medicationCodeableConcept": BOTOX}
        dose = given_dose(**{"request": {"reference": "MedicationRequest/7"}} | changed)
        reading = read(dose, order)
        assert ("names_toxin" in codes(reading)) is is_told
        assert (reading.counts.merged, adds_up(reading)) == (0 if is_told else 1, True)

    @pytest.mark.parametrize(
        ("own", "whose", "indication"),
        [
            (None, PATIENT, "chronic-migraine"),
            ([concept(ICD, "M54.2")], PATIENT, "unknown-indication"),
            ([concept(ICD, "G24.3")], PATIENT, "cervical-dystonia"),
            ([concept(AS_ORDERED, "b")], PATIENT, "chronic-migraine"),
            (None, {"reference": "Patient/2"}, "unknown-indication"),
        ],
    )
    def test_an_order_says_what_for_where_its_dose_gives_no_reason(
        self, own: Any, whose: dict[str, str], indication: str
    ) -> None:
        order: dict[str, Any] = {"resourceType": "MedicationRequest", "id": "7", "subject": whose}
        order |= {"medicationCodeableConcept": BOTOX, "reasonCode": MIGRAINE_REASON}
        at = {"reference": "MedicationRequest/7"}
        assert only(read(given_dose(request=at, reasonCode=own), order)).indication == indication
        mistaken = order | {"status": "entered-in-error"}
        found = only(read(given_dose(request=at, reasonCode=None), mistaken))
        assert found.indication == "unknown-indication"

    @pytest.mark.parametrize(
        ("code", "ordered", "indication"),
        [
            ("64615", ["G24.3"], "chronic-migraine"),
            ("64615", ["G43.709", "G24.3"], "chronic-migraine"),
            ("64642", ["G81.11"], "spasticity"),
            ("64642", ["G43.709", "G24.3"], "spasticity"),
        ],
    )
    def test_an_order_takes_nothing_from_what_a_procedure_names(
        self, code: str, ordered: list[str], indication: str
    ) -> None:
        reasons = [concept(ICD, reason) for reason in ordered]
        order = {"resourceType": "ServiceRequest", "id": "7", "subject": PATIENT, "code": BOTOX}
        at = [{"reference": "ServiceRequest/7"}]
        done = procedure(code=concept(CPT, code), basedOn=at, reasonCode=None)
        assert only(read(done, order | {"reasonCode": reasons})).indication == indication

    @pytest.mark.parametrize("kind", ["ServiceRequest", "CarePlan"])
    def test_a_procedures_order_is_one_also_where_its_dose_counts(self, kind: str) -> None:
        order = {"resourceType": kind, "id": "7", "subject": PATIENT, "code": BOTOX}
        whole = procedure(basedOn=[{"reference": f"{kind}/7"}])
        dose = given_dose(partOf=[{"reference": "Procedure/p1"}])
        for sessions in ([whole], [whole, dose]):
            reading = read(*sessions, order, product="Botox")
            assert codes(reading) == ["names_toxin"] * (kind == "CarePlan")
            assert (reading.counts.sessions, adds_up(reading)) == (1, True)

    def test_the_visit_of_a_session_that_names_the_toxin_is_no_second_session(self) -> None:
        visit: dict[str, Any] = {"resourceType": "Encounter", "id": "7", "subject": PATIENT}
        visit |= {"reasonCode": [{"text": "Botox injection"}], "status": "finished"}
        at = {"reference": "Encounter/7"}
        for sessions in ([given_dose(context=at)], [procedure(encounter=at)]):
            assert "names_toxin" not in codes(read(*sessions, visit))
            assert "names_toxin" in codes(read({**sessions[0], "status": "not-done"}, visit))

    def test_a_session_that_something_else_holds_may_be_missing(self) -> None:
        held = {
            "resourceType": "Parameters",
            "parameter": [{"name": "return", "resource": given_dose()}],
        }
        reading = read(held)
        assert (codes(reading), reading.problems[0].session_left_out) == (["names_toxin"], True)

    def test_every_code_of_a_product_is_found(self) -> None:
        rows = [row for row in code_rows() if "product" in row or row["system"] == "CPT"]
        for row in rows:
            claim = {"item": [{"productOrService": concept(row["system"], row["code"])}]}
            assert codes(read({"resourceType": "Claim", **claim})) == ["names_toxin"], row["code"]

    @pytest.mark.parametrize(
        ("kind", "status"),
        [
            ("MedicationStatement", "not-taken"),
            ("MedicationRequest", "cancelled"),
            ("Appointment", "noshow"),
            ("AllergyIntolerance", None),
            ("CoverageEligibilityResponse", "active"),
            ("PlanDefinition", "active"),
            ("Consent", "active"),
            ("Goal", None),
            ("ValueSet", "active"),
        ],
    )
    def test_what_was_not_given_leaves_no_session_out(self, kind: str, status: str | None) -> None:
        reading = read({"resourceType": kind, "code": BOTOX, "status": status, "subject": PATIENT})
        assert (codes(reading), reading.problems[0].session_left_out) == (["names_toxin"], False)

    @pytest.mark.parametrize(
        ("kind", "said", "is_lost"),
        [
            ("Claim", {"use": "preauthorization"}, False),
            ("ClaimResponse", {"use": "predetermination"}, False),
            ("Claim", {"use": "claim"}, True),
            ("MedicationRequest", {"intent": "order", "doNotPerform": True}, False),
            ("MedicationRequest", {"intent": "order", "doNotPerform": False}, True),
        ],
    )
    def test_who_asks_a_payer_first_or_forbids_it_gave_nothing(
        self, kind: str, said: dict[str, Any], is_lost: bool
    ) -> None:
        reading = read({"resourceType": kind, "code": BOTOX, "subject": PATIENT, **said})
        assert (codes(reading), reading.problems[0].session_left_out) == (["names_toxin"], is_lost)

    def test_an_appointment_names_its_patient_among_others(self) -> None:
        actors = ({"reference": "Practitioner/9"}, {"reference": "Location/9"}, PATIENT)
        visit = {"resourceType": "Appointment", "status": "booked", "serviceType": [BOTOX]}
        visit |= {"participant": [{"actor": actor} for actor in actors]}
        reading = read(person(), visit)
        assert (codes(reading), reading.unreadable) == (["names_toxin"], frozenset({"Patient/1"}))
        visit["participant"] = [{"actor": actors[0]}, {}]
        assert [problem.patient for problem in read(person(), visit).problems] == [None]
        visit["participant"] = [{"actor": PATIENT}, {"actor": {"reference": "Patient/2"}}]
        told = [problem.patient for problem in read(person(), visit).problems]
        assert told == ["Patient/1", "Patient/2"]

    @pytest.mark.parametrize(
        ("kind", "element"),
        [
            ("Task", "for"),
            ("Coverage", "beneficiary"),
            ("ResearchSubject", "individual"),
            ("EnrollmentRequest", "candidate"),
            ("AppointmentResponse", "actor"),
        ],
    )
    def test_each_type_has_a_name_for_its_patient(self, kind: str, element: str) -> None:
        """A prior authorization for BOTOX often is a task."""
        named = {"resourceType": kind, element: PATIENT, "note": [{"text": "BOTOX"}]}
        assert [problem.patient for problem in read(person(), named).problems] == ["Patient/1"]

    @pytest.mark.parametrize("r5", [False, True])
    def test_a_reference_names_a_toxin_too(self, r5: bool) -> None:
        drug = {"resourceType": "Medication", "id": "d", "code": BOTOX}
        reference = {"reference": "Medication/d"}
        named = (
            {"medication": {"reference": reference}} if r5 else {"medicationReference": reference}
        )
        reading = read({"resourceType": "MedicationStatement", "subject": PATIENT, **named}, drug)
        assert [problem.where for problem in reading.problems] == ["entry[0]"]
        assert (reading.counts.left_out, reading.counts.merged) == (1, 1)

    def test_a_medication_that_nothing_refers_to_is_named(self) -> None:
        reading = read({"resourceType": "Medication", "code": BOTOX})
        assert (codes(reading), reading.problems[0].session_left_out) == (["names_toxin"], False)

    def test_a_toxin_that_is_none_of_the_products_is_named(self) -> None:
        reading = read({"resourceType": "MedicationRequest", "note": [{"text": "Relfydess 50 U"}]})
        assert codes(reading) == ["names_toxin"]
        assert bs.find_product("Relfydess 50 U") is None

    def test_a_contained_medication_names_it(self) -> None:
        reading = read(
            {
                "resourceType": "MedicationRequest",
                "medicationReference": {"reference": "#d"},
                "contained": [{"resourceType": "Medication", "id": "d", "code": BOTOX}],
            }
        )
        assert codes(reading) == ["names_toxin"]

    def test_a_clinics_own_code_names_it(self) -> None:
        own = {("urn:clinic", "BTX"): "Botox"}
        claim = {
            "resourceType": "Claim",
            "item": [{"productOrService": concept("urn:clinic", "BTX")}],
        }
        assert codes(read(claim, products=own)) == ["names_toxin"]

    @pytest.mark.parametrize(
        "resource",
        [
            {
                "resourceType": "MedicationRequest",
                "medicationCodeableConcept": {"text": "topiramate"},
            },
            {"resourceType": "Condition", "code": {"text": "botulism"}},
            {"resourceType": "Binary", "contentType": "text/plain", "data": "Botox"},
            procedure(code=concept(CPT, "27447")),
            procedure(code=concept("http://www.nlm.nih.gov/research/umls/rxnorm", "64615")),
            {"resourceType": "Coverage", "identifier": [{"value": "64615"}]},
        ],
    )
    def test_other_things_are_ignored_and_counted(self, resource: dict[str, Any]) -> None:
        reading = read(resource)
        assert (reading.problems, reading.ignored) == ((), {resource["resourceType"]: 1})
        assert str(reading.counts).endswith(f"ignored 1 ({resource['resourceType']} 1)")

    def test_a_condition_that_a_session_refers_to_is_merged(self) -> None:
        condition = {"resourceType": "Condition", "id": "c", "code": {"text": "migraine"}}
        other = {"resourceType": "Condition", "id": "d", "code": {"text": "migraine"}}
        dose = given_dose(reasonCode=None, reasonReference=[{"reference": "Condition/c"}])
        reading = read(dose, condition, other)
        assert (reading.counts.merged, reading.ignored) == (1, {"Condition": 1})


class TestOtherReleases:
    @pytest.mark.parametrize(
        "dose",
        [
            given_dose(effectiveDateTime=None, occurenceDateTime="2026-01-05"),
            given_dose(medicationCodeableConcept=None, medication={"concept": BOTOX}),
            given_dose(notGiven=True),
            given_dose(dosage={"dose": {"value": 1}, "rateSimpleQuantity": 3}),
        ],
        ids=["R5 occurence", "R5 medication", "STU3 notGiven", "STU3 rate"],
    )
    def test_a_shape_of_r5_or_stu3_is_left_out_and_said(self, dose: dict[str, Any]) -> None:
        reading = read(dose)
        assert codes(reading) == ["invalid_resource"]
        assert (reading.problems[0].session_left_out, reading.problems[0].patient) == (
            True,
            "Patient/1",
        )

    @pytest.mark.parametrize("kind", ["ProcedureRequest", "NutritionIntake", "Encounter"])
    def test_a_type_of_any_release_is_ignored_by_its_name(self, kind: str) -> None:
        assert read({"resourceType": kind}).ignored == {kind: 1}

    def test_a_type_of_none_is_a_problem_without_its_name(self) -> None:
        reading = read({"resourceType": "Smith"})
        assert (codes(reading), reading.ignored) == (["invalid_resource"], {})
        assert "Smith" not in repr(reading)
