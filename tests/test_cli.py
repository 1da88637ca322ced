"""The command line, command by command: what it prints, and with which exit status it ends."""

import gc
import json
import runpy
import shlex
import shutil
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from botox_schedule import PatientRecord, __version__
from botox_schedule.cli import main as cli
from botox_schedule.cli import protocols as protocols_command
from botox_schedule.cli import runner
from botox_schedule.cli.commands import COMMANDS
from botox_schedule.cli.runner import command_parser
from botox_schedule.protocols import DataFileFault
from botox_schedule.testing import record_from_gaps
from cli_runs import (
    GOOD,
    MIGRAINE_RECORD,
    OWN,
    Capture,
    as_json,
    as_rows,
    export,
    file_of,
    record_file,
    refused,
    run,
    text,
)

TWO_TRACKS = PatientRecord(
    sessions=[
        {"administered_on": "2026-01-05", "indication": name, "product": "Botox", "units": 155}
        for name in ("chronic-migraine", "upper-limb-spasticity")
    ]
)


class Clock(date):
    """A clock that stands still."""

    @classmethod
    def today(cls) -> "Clock":
        return cls(2026, 2, 20)


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cli, "date", Clock)
    monkeypatch.chdir(tmp_path)  # where no configuration is


class TestMain:
    def test_without_arguments_the_help_is_printed(self, capsys: Capture) -> None:
        with pytest.raises(SystemExit) as caught:
            cli.main([])
        out, err = capsys.readouterr()
        assert (caught.value.code, err) == (0, "")
        assert "Not medical advice" in out
        assert all(f"  {name} " in out for name in COMMANDS)
        assert max(map(len, out.splitlines())) <= 90

    @pytest.mark.parametrize(
        ("option", "told"),
        [("--version", __version__), ("-V", __version__), ("--help", "examples:")],
    )
    def test_version_and_help(self, capsys: Capture, option: str, told: str) -> None:
        with pytest.raises(SystemExit) as caught:
            cli.main([option])
        assert caught.value.code == 0
        assert told in capsys.readouterr().out

    def test_help_and_version_import_nothing_heavy(self) -> None:
        code = "import sys; from botox_schedule.cli.main import main\ntry: main([sys.argv[1]])\n"
        code += "finally: print(*sys.modules, file=sys.stderr)"
        for option in ("--help", "--version"):
            done = subprocess.run(
                [sys.executable, "-c", code, option], capture_output=True, text=True, check=True
            )
            assert "pydantic" not in done.stderr.split()
            assert "botox_schedule.public" not in done.stderr.split()

    @pytest.mark.parametrize("name", COMMANDS)
    def test_every_command_explains_every_option(self, capsys: Capture, name: str) -> None:
        with pytest.raises(SystemExit) as caught:
            cli.main([name, "--help"])
        out = capsys.readouterr().out
        assert caught.value.code == 0
        assert f"  botox-schedule {name}" in out.split("examples:")[1]
        assert [action.dest for action in command_parser(name)._actions if not action.help] == []

    def test_a_command_that_is_nearly_one_is_named(self, capsys: Capture) -> None:
        told = "botox-schedule: there is no such command; did you mean 'schedule'?"
        assert refused(capsys, "shedule") == told
        assert "--help' lists them" in refused(capsys, "xyz")
        assert "unrecognized arguments" in refused(capsys, "--colour")

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (("--as-off=2026-01-05",), "no option --as-off; did you mean --as-of?; "),
            (("--hold", "none", "--care-ends", "none"), "did you mean --holds?"),
            (("--zebra",), "there is no option --zebra; 'botox-schedule worklist --help'"),
            (("-o", "b.csv"), "there is no option -o; 'botox-schedule worklist --help'"),
            ((), "required: --holds, --care-ends; --holds: a table of pauses"),
            (("--holds", "none"), "required: --care-ends; --care-ends: a table of discharges"),
            (("--", "--holds"), "'none' if there is none; "),
            (
                ("--holds", "a.csv", "--holds=b.csv"),
                "--holds is given twice; give it once, and sev",
            ),
            (("--region", "us", "--region", "eu"), "--region is given twice; give it once; "),
        ],
    )
    def test_a_call_that_is_wrong_says_what_to_type(
        self, capsys: Capture, arguments: tuple[str, ...], words: str
    ) -> None:
        assert words in refused(capsys, "worklist", "a.csv", *arguments)

    def test_the_module_runs_too(self, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "argv", ["botox-schedule", "schema"])
        with pytest.raises(SystemExit) as caught:
            runpy.run_module("botox_schedule", run_name="__main__")
        assert caught.value.code == 0
        assert capsys.readouterr().out.startswith("{")

    def test_one_form_at_a_time(self, capsys: Capture) -> None:
        assert "not allowed with" in refused(capsys, "protocols", "--json", "--csv")

    @pytest.mark.parametrize("collects", [True, False])
    def test_garbage_is_collected_afterwards_as_before(
        self, capsys: Capture, *, collects: bool
    ) -> None:
        (gc.enable if collects else gc.disable)()
        try:
            assert run(capsys, "schema")[0] == 0
            assert gc.isenabled() is collects
        finally:
            gc.enable()

    def test_whoever_interrupts_sees_no_traceback(
        self, capsys: Capture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupted(*_: Any) -> int:
            raise KeyboardInterrupt

        monkeypatch.setattr(runner, "run", interrupted)
        assert run(capsys, "demo") == (130, "", "")


def _version(number: str, in_force: str, interval: str, onset: str) -> str:
    own = OWN.replace('"1"', f'"{number}"').replace('"1 week"', f'"{onset}"')
    own = own.replace('"13 weeks"', f'"{interval}", usual = "{interval}"')
    return f"{own}in_force = {in_force}\n"


class TestDue:
    ASKED = ("due", "chronic-migraine", "2026-01-05")

    def test_it_prints_dates_status_and_sources(self, capsys: Capture) -> None:
        status, out, _ = run(capsys, *self.ASKED, "--as-of", "2026-03-30")
        assert status == 0
        assert "due                   2026-03-30" in out
        assert "status on 2026-03-30  due" in out
        assert "  2. 2026-06-22" in out
        assert "minimum 12 weeks: BOTOX" in out
        assert "Not medical advice" in out

    def test_only_without_as_of_the_clock_is_read(self, capsys: Capture) -> None:
        assert "status on 2026-02-20  too_early" in run(capsys, *self.ASKED)[1]

    def test_in_all_forms(self, capsys: Capture) -> None:
        told = as_json(capsys, *self.ASKED)
        assert (told["status"], told["dates"]["due"]) == ("too_early", "2026-03-30")
        assert [one["target"] for one in told["projected"]][:2] == ["2026-03-30", "2026-06-22"]
        (row,) = as_rows(capsys, *self.ASKED)
        assert (row["earliest"], row["status"]) == ("2026-03-30", "too_early")
        line = json.loads(run(capsys, *self.ASKED, "--jsonl")[1])
        assert line["earliest"] == "2026-03-30"

    @pytest.mark.parametrize(
        ("day", "first", "second", "source", "onset"),
        [
            ("2026-01-05", "2026-03-16", "2026-05-25", "10 weeks", "1 week"),
            # The next visit is under the version that begins before it.
            ("2026-05-01", "2026-08-07", "2026-11-13", "14 weeks", "1 week"),
            ("2026-07-01", "2026-10-07", "2027-01-13", "14 weeks", "3 weeks"),
        ],
    )
    def test_the_version_in_force_on_each_day_decides(
        self,
        capsys: Capture,
        tmp_path: Path,
        day: str,
        first: str,
        second: str,
        source: str,
        onset: str,
    ) -> None:
        """A response is that of the version on the day of its session."""
        until, after = "{ last = 2026-06-30 }", "{ first = 2026-07-01 }"
        own = file_of(
            tmp_path,
            f"{_version('1', until, '10 weeks', '1 week')}{_version('2', after, '14 weeks', '3 weeks')}",
        )
        asked = ("chronic-migraine", day, "--protocols", own)
        told = as_json(capsys, "due", *asked)
        assert [one["target"] for one in told["projected"]][:2] == [first, second]
        assert f"minimum {source}: no source" in run(capsys, "due", *asked)[1]
        listed = text(capsys, "protocols", "--protocols", own)
        assert "10 weeks 10 weeks to 2026-06-30 chronic-migraine" in listed
        assert "own version 2, region us from 2026-07-01" in text(
            capsys, "protocols", "own", "--protocols", own
        )
        assert f"onset {onset}: no source" in run(capsys, "timeline", *asked)[1]

    def test_each_session_keeps_its_distance_from_the_one_before(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        rule = '[[payer]]\nminimum = "16 weeks"\nfirst = 2026-03-01\nlast = 2026-04-01\n'
        policy = file_of(tmp_path, rule, "policy.toml")
        told = as_json(capsys, *self.ASKED, "--policy", policy)["projected"]
        assert [one["target"] for one in told[:2]] == ["2026-04-02", "2026-06-25"]

    def test_a_typical_day_makes_nobody_due(self, capsys: Capture) -> None:
        out = text(capsys, "due", "overactive-bladder", "2026-01-05")
        assert "typical 2026-06-23" in out
        assert "it makes nobody due" in out

    def test_a_missing_interval_is_said(self, capsys: Capture) -> None:
        out = run(capsys, "due", "axillary-hyperhidrosis", "2026-01-05")[1]
        assert "no later sessions" in out
        assert "status on 2026-02-20  no_interval" in out

    def test_a_rule_for_another_indication_of_the_clock_is_named(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        policy = tmp_path / "policy.toml"
        policy.write_text('[[payer]]\nminimum = "20 weeks"\nindication = "spasticity"\n')
        asked = ("due", "upper-limb-spasticity", "2026-01-05", "--policy", str(policy))
        out = run(capsys, *asked, "--as-of", "2026-01-05")[1]
        assert "2026-05-25" in out
        assert "payer's minimum 20 weeks: the policy" in out

    def test_a_payers_minimum_counts(self, capsys: Capture) -> None:
        out = run(capsys, *self.ASKED, "--payer-minimum", "12 weeks + 1 day")[1]
        assert "earliest              2026-03-31" in out
        assert "  payer's minimum 12 weeks + 1 day: the policy" in out

    def test_what_the_policy_chose_is_next_to_the_sources(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        rules = (
            '[[payer]]\nminimum = "13 weeks"\nfirst = 2026-02-01\nlast = 2027-01-31\n'
            '[[payer]]\nsessions = 4\n[[payer]]\nminimum = "20 weeks"\nindication = "spasticity"\n'
            '[usual]\nchronic-migraine = "13 to 14 weeks"\n'
        )
        policy = file_of(tmp_path, rules, "policy.toml")
        out = text(capsys, *self.ASKED, "--policy", policy)
        assert "payer's minimum 13 weeks from 2026-02-01 to 2027-01-31: the policy" in out
        assert "usual 13 to 14 weeks: the clinic's choice, in the policy" in out
        assert "20 weeks" not in out

    def test_a_clinics_own_file_comes_first(self, capsys: Capture, tmp_path: Path) -> None:
        own = file_of(tmp_path, OWN)
        out = run(capsys, *self.ASKED, "--protocols", own)[1]
        assert "earliest              2026-04-06" in out
        assert "no source is given: unverified" in out
        assert "unverified: minimum" in out
        other = run(capsys, "due", "spasticity", "2026-01-05", "--protocols", own)[1]
        assert "due                   2026-04-05" in other

    def test_a_clinics_own_region_is_a_region(self, capsys: Capture, tmp_path: Path) -> None:
        own = file_of(tmp_path, OWN.replace('"us"', '"ch"'))
        out = run(capsys, *self.ASKED, "--protocols", own, "--region", "ch")[1]
        assert "earliest              2026-04-06" in out
        status, _, err = run(capsys, *self.ASKED, "--region", "mars")
        assert (status, "region" in err) == (2, True)

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            (("due", "x", "01/05/2026"), "expected YYYY-MM-DD, such as 2026-01-31"),
            (("due", "x", "2026-02-30"), "no such day"),
            ((*ASKED, "--payer-minimum", "soon"), "argument --payer-minimum"),
            ((*ASKED, "--product", "toxin"), "give one of onabotulinumtoxinA"),
            ((*ASKED, "--product", "Botox or Dysport"), "names two products"),
            ((*ASKED, "--product", "Dysprt"), "argument --product: did you mean Dysport?"),
            ((*ASKED, "--product", "obobotulinumtoxinA"), "give one of onabotulinumtoxinA"),
            ((*ASKED, "--population", "cats"), "population: give adult or pediatric"),
            ((*ASKED, "--region", " "), "argument --region: expected some text"),
            ((*ASKED, "--policy", ""), "argument --policy: expected some text"),
        ],
    )
    def test_bad_arguments_say_what_is_expected(
        self, capsys: Capture, arguments: tuple[str, ...], told: str
    ) -> None:
        assert told in refused(capsys, *arguments)

    def test_names_are_those_of_the_library(self, capsys: Capture) -> None:
        asked = ("due", "Upper limb spasticity", "2026-01-05", "--product", "DYSPORT")
        told = as_json(capsys, *asked, "--population", "Child", "--region", "US")
        assert told["dates"]["earliest"] == "2026-04-27"

    def test_an_indication_that_is_nearly_one_is_named(self, capsys: Capture) -> None:
        status, out, err = run(capsys, "due", "chronic-migrane", "2026-01-05")
        assert (status, out) == (2, "")
        assert err == (
            "botox-schedule: no indication has that name; did you mean chronic-migraine?\n"
        )

    def test_a_product_without_a_protocol_is_one_line(self, capsys: Capture) -> None:
        status, _, err = run(capsys, *self.ASKED, "--product", "Myobloc")
        assert (status, len(err.splitlines())) == (2, 1)

    def test_a_negative_minimum_is_one_line(self, capsys: Capture) -> None:
        status, _, err = run(capsys, *self.ASKED, "--payer-minimum", "0 days - 1 day")
        assert (status, len(err.splitlines())) == (2, 1)
        assert "payer_minimum cannot be negative" in err


class TestPolicyAndConfiguration:
    ASKED = ("due", "chronic-migraine", "2026-01-05")

    @pytest.mark.parametrize(
        ("content", "hint"),
        [
            ('payer_minimun = "12 weeks"', "has this name; give payer_minimum; "),
            ('[[payer]]\nminimun = "12 weeks"', "has this name; give minimum; "),
            ("xyz = 1", "give some of payer_minimum, payer, usual, "),
            ('usual = {chronic-migrane = "12 weeks"}', "has that name; give chronic-migraine"),
            ('usual = {migrane = "12 weeks"}', "migrane: no indication has that name; give "),
            (
                '[[payer]]\nminimum = "12 weeks"\nindication = "xyz"',
                "'botox-schedule protocols' lists",
            ),
        ],
    )
    def test_a_name_that_a_policy_misspells_is_refused_with_the_nearest(
        self, capsys: Capture, tmp_path: Path, content: str, hint: str
    ) -> None:
        status, out, err = run(capsys, *self.ASKED, "--policy", file_of(tmp_path, content))
        assert (status, out) == (2, "")
        assert hint in err

    def test_a_policy_may_speak_of_what_the_clinic_declares(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        content = 'other_indications = ["tremor"]\nusual = {tremor = "12 weeks"}\n'
        content += '[[payer]]\nminimum = "12 weeks"\nindication = "chronic-migraine"\n'
        assert run(capsys, *self.ASKED, "--policy", file_of(tmp_path, content))[0] == 0

    def test_a_policy_is_a_file_with_its_fields(self, capsys: Capture, tmp_path: Path) -> None:
        policy = file_of(tmp_path, 'scheduled_grace = "0 days"\n')
        out = run(capsys, *self.ASKED, "--policy", policy)[1]
        assert "overdue from          2026-03-31" in out

    @pytest.mark.parametrize(
        ("content", "told"),
        [
            ("grace = 1", "file: grace: "),
            ("payer_minimum = [", "not a TOML file"),
            ('payer_minimum = "often"', "file: payer_minimum: "),
        ],
    )
    def test_what_is_no_policy_is_one_line(
        self, capsys: Capture, tmp_path: Path, content: str, told: str
    ) -> None:
        status, _, err = run(capsys, *self.ASKED, "--policy", file_of(tmp_path, content))
        assert (status, told in err, len(err.splitlines())) == (2, True, 1)

    def test_a_configuration_is_used_and_said(self, capsys: Capture, tmp_path: Path) -> None:
        file_of(tmp_path, OWN.replace('"us"', '"ch"'), "own.toml")
        file_of(
            tmp_path,
            'region = "ch"\nprotocols = "own.toml"\n[policy]\nscheduled_grace = "1 day"\n',
            "botox-schedule.toml",
        )
        status, out, err = run(capsys, *self.ASKED)
        assert (status, err) == (0, "using botox-schedule.toml: region, protocols, policy\n")
        assert "earliest              2026-04-06" in out

    def test_the_command_line_comes_first(self, capsys: Capture, tmp_path: Path) -> None:
        config = file_of(tmp_path, 'region = "uk"\n[columns]\ndate = "Svc Dt"\n', "clinic.toml")
        told = run(capsys, *self.ASKED, "--config", config, "--region", "us")
        assert told[2] == f"using {config}: nothing that this command needs\n"

    def test_columns_are_those_of_the_export(self, capsys: Capture, tmp_path: Path) -> None:
        file_of(tmp_path, '[columns]\ndate = "Tag der Gabe"\n', "botox-schedule.toml")
        header = "Patient ID,Tag der Gabe,Indication,Product"
        file = export(tmp_path, "P1,2026-01-05,chronic-migraine,Botox", header=header)
        status, _, err = run(capsys, "schedule", file)
        assert (status, err) == (0, "using botox-schedule.toml: columns\n")

    def test_a_column_of_the_command_line_comes_first(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        file_of(tmp_path, '[columns]\ndate = "Tag der Gabe"\n', "botox-schedule.toml")
        header = "Patient ID,Wann,Indication,Product"
        file = export(tmp_path, "P1,2026-01-05,chronic-migraine,Botox", header=header)
        assert run(capsys, "schedule", file, "--column", "date=Wann")[0] == 0

    @pytest.mark.parametrize(
        ("content", "told"),
        [
            ("colour = 1", "colour: unknown key; known are region, protocols, policy, columns"),
            ("region = 1", "region: expected text"),
            ("columns = 1", "columns: expected a table"),
            ("columns = { date = 1 }", "columns: expected a table with the name in the file"),
            ("policy = 1", "policy: expected the name of a file, or a table"),
            ("region =", "not a TOML file"),
        ],
    )
    def test_what_is_no_configuration_is_one_line(
        self, capsys: Capture, tmp_path: Path, content: str, told: str
    ) -> None:
        config = file_of(tmp_path, content)
        status, out, err = run(capsys, *self.ASKED, "--config", config)
        assert (status, out, told in err) == (2, "", True)
        assert len(err.splitlines()) == 1

    def test_a_fault_in_its_policy_names_it(self, capsys: Capture, tmp_path: Path) -> None:
        config = file_of(tmp_path, "[policy]\npayr_minimum = 1", "own.toml")
        status, _, err = run(capsys, *self.ASKED, "--config", config)
        assert (status, "own.toml: policy: payr_minimum: " in err) == (2, True)

    def test_an_empty_region_is_no_default(self, capsys: Capture, tmp_path: Path) -> None:
        config = file_of(tmp_path, 'region = ""')
        status, _, err = run(capsys, *self.ASKED, "--config", config)
        assert (status, "region: no protocol is known for it" in err) == (2, True)

    def test_a_configuration_that_is_missing_is_said(self, capsys: Capture) -> None:
        status, _, err = run(capsys, *self.ASKED, "--config", "none.toml")
        assert (status, err) == (2, "botox-schedule: none.toml: No such file or directory\n")


def test_due_is_no_day_that_was_allowed_for_a_while(capsys: Capture, tmp_path: Path) -> None:
    rule = '[[payer]]\nminimum = "16 weeks"\nfirst = 2026-11-21\n'
    asked = ("due", "migraine", "2026-08-25", "--policy", file_of(tmp_path, rule), "--as-of")
    told = [as_json(capsys, *asked, day) for day in ("2026-11-20", "2026-11-27")]
    assert [(one["status"], one["dates"]["earliest"]) for one in told] == [
        ("due", "2026-11-17"),
        ("too_early", "2026-12-15"),
    ]
    assert [one["projected"][0]["target"] for one in told] == ["2026-11-17", "2026-12-15"]


class TestTimeline:
    ASKED = ("timeline", "spasticity", "2026-01-05")

    def test_it_prints_windows_and_phase(self, capsys: Capture) -> None:
        out = run(capsys, *self.ASKED, "--as-of", "2026-02-10")[1]
        assert "peak      2026-02-02 to 2026-02-16  (4 to 6 weeks)" in out
        assert "phase on 2026-02-10: peak" in out

    def test_a_window_says_for_whom_it_is(self, capsys: Capture) -> None:
        assert "some patients, 90 of 143" in text(
            capsys, "timeline", "chronic-migraine", "2026-01-05"
        )

    def test_full_benefit_counts_from_the_course(self, capsys: Capture) -> None:
        out = text(
            capsys,
            *("timeline", "chronic-migraine", "2026-01-05", "--course-started-on", "2025-10-13"),
        )
        assert "full benefit of the course by 2026-04-13" in out

    def test_json_and_csv(self, capsys: Capture) -> None:
        told = as_json(capsys, *self.ASKED)
        assert (told["phase"], told["timeline"]["peak"]["first"]) == ("sustained", "2026-02-02")
        (row,) = as_rows(capsys, "timeline", "chronic-migraine", "2026-01-05")
        assert (row["peak_first"], row["onset_first"]) == ("", "2026-01-19")

    def test_nothing_stated_is_said(self, capsys: Capture) -> None:
        out = text(capsys, "timeline", "platysma-bands", "2026-01-05")
        assert "the sources state no expected response" in out

    def test_before_the_session_there_is_no_phase(self, capsys: Capture) -> None:
        assert "phase on 2026-02-20: -" in run(capsys, "timeline", "spasticity", "2026-03-05")[1]

    def test_an_unsourced_figure_is_unverified(self, capsys: Capture, tmp_path: Path) -> None:
        own = file_of(tmp_path, OWN)
        out = run(capsys, "timeline", "chronic-migraine", "2026-01-05", "--protocols", own)[1]
        assert "unverified: onset" in out


class TestProtocols:
    def test_all_are_listed(self, capsys: Capture) -> None:
        status, out, _ = run(capsys, "protocols")
        assert (status, max(map(len, out.splitlines())) <= 80) == (0, True)
        assert "chronic-migraine                  adult us      12 weeks" in out
        ids = {row["id"] for row in as_rows(capsys, "protocols")}
        assert "onabotulinumtoxinA-chronic-migraine-adult-us" in ids
        assert {one["id"] for one in as_json(capsys, "protocols")} == ids

    def test_one_is_shown_with_sources_and_verification(self, capsys: Capture) -> None:
        asked = ("protocols", "onabotulinumtoxinA-upper-limb-spasticity-adult-us")
        out = text(capsys, *asked)
        assert "shares its clock with " in out
        assert "lower-limb-spasticity" in out
        assert "limit: 400 U per session" in out
        assert "ages: 18 and older" in out
        child = "onabotulinumtoxinA-upper-limb-spasticity-pediatric-us"
        assert "ages: 2 to 17" in text(capsys, "protocols", child)
        assert as_json(capsys, *asked)["retreatment"]["minimum"] == "12 weeks"
        assert {row["figure"] for row in as_rows(capsys, *asked)} >= {"minimum", "limit", "code"}

    def test_an_indication_shows_all_of_its_protocols(self, capsys: Capture) -> None:
        found = as_json(capsys, "protocols", "Migraine")
        assert {one["region"] for one in found} == {"us", "uk", "eu"}
        assert "note: " in run(capsys, "protocols", "migraine")[1]

    def test_an_unknown_name_is_one_line(self, capsys: Capture) -> None:
        status, _, err = run(capsys, "protocols", "chronic-migrane")
        assert status == 2
        assert err.startswith("botox-schedule: no protocol has that id, and ")
        assert "did you mean chronic-migraine?" in err

    def test_a_clinics_own_are_listed_too(self, capsys: Capture, tmp_path: Path) -> None:
        own = file_of(tmp_path, OWN)
        assert "own" in {row["id"] for row in as_rows(capsys, "protocols", "--protocols", own)}
        out = run(capsys, "protocols", "own", "--protocols", own)[1]
        assert "own version 1" in out
        assert "unverified, never checked: no source is given" in out
        assert "ages" not in out

    def test_the_data_files_are_those_released(self, capsys: Capture) -> None:
        status, out, _ = run(capsys, "protocols", "--verify")
        assert (status, out) == (
            0,
            "every bundled data file is the one released with this version\n",
        )
        assert as_rows(capsys, "protocols", "--verify") == []

    def test_a_data_file_that_changed_is_named(
        self, capsys: Capture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        faults = {"products.toml": DataFileFault.CHANGED, "vials.toml": DataFileFault.MISSING}
        monkeypatch.setattr(protocols_command, "verify_bundled", lambda: faults)
        status, out, _ = run(capsys, "protocols", "--verify")
        assert status == 1
        assert "products.toml: changed\n" in out
        assert as_rows(capsys, "protocols", "--verify") == [
            {"file": "products.toml", "fault": "changed"},
            {"file": "vials.toml", "fault": "missing"},
        ]


def two_tracks() -> PatientRecord:
    other = record_from_gaps([], starts_on=date(2026, 2, 5), indication="spasticity", units=200)
    return PatientRecord(sessions=(*MIGRAINE_RECORD.sessions, *other.sessions))


class TestForecast:
    def test_a_hold_in_the_due_days_ends_them(self, capsys: Capture, tmp_path: Path) -> None:
        given = {"administered_on": "2026-01-05", "product": "Botox"}
        given["indication"] = "chronic-migraine"
        held = {"first": "2026-04-01", "last": "2026-04-10", "reason": "travel"}
        file = record_file(tmp_path, json.dumps({"sessions": [given], "holds": [held]}))
        told = text(capsys, "forecast", file, "--as-of", "2026-02-10")
        assert " due 2026-03-30 last due 2026-03-31 overdue from 2026-04-18 " in told

    def test_it_answers_for_every_track(self, capsys: Capture, tmp_path: Path) -> None:
        asked = ("forecast", record_file(tmp_path, two_tracks()), "--as-of", "2026-03-10")
        status, out, _ = run(capsys, *asked)
        assert status == 0
        assert out.count("status on 2026-03-10  too_early") == 2
        assert len(as_json(capsys, *asked)) == 2
        rows = as_rows(capsys, *asked)
        assert [row["due"] for row in rows] == ["2026-03-30", "2026-05-05"]

    def test_it_explains(self, capsys: Capture, tmp_path: Path) -> None:
        file = record_file(tmp_path, MIGRAINE_RECORD)
        asked = ("forecast", file, "--as-of", "2026-02-10", "--explain", "--planned-units", "155")
        out = text(capsys, *asked)
        assert "earliest 2026-03-30: the 12-week scheduled interval gives 2026-03-30" in out
        assert "limit 400 U within 12 weeks over all indications: 155 U on 2026-03-30" in out

    def test_explained_limits_say_what_is_not_checked(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        record = record_from_gaps([], starts_on=date(2026, 1, 5), indication="spasticity")
        out = text(capsys, "forecast", record_file(tmp_path, record), "--explain")
        assert "per site for the indication: not checked" in out

    def test_a_treatment_can_be_named(self, capsys: Capture, tmp_path: Path) -> None:
        file = record_file(tmp_path, MIGRAINE_RECORD)
        named = ("forecast", file, "--indication", "cervical-dystonia")
        assert as_rows(capsys, *named)[0]["product"] == "onabotulinumtoxinA"
        assert as_rows(capsys, *named, "--product", "Dysport")[0]["protocol_id"] == (
            "abobotulinumtoxinA-cervical-dystonia-adult-us"
        )
        spastic = record_from_gaps([], starts_on=date(2026, 1, 5), indication="cervical-dystonia")
        file = record_file(tmp_path, spastic)
        (row,) = as_rows(capsys, "forecast", file, "--product", "Dysport")
        assert row["product"] == "abobotulinumtoxinA"

    def test_a_product_without_a_protocol_is_one_line(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        file = record_file(tmp_path, MIGRAINE_RECORD)
        status, _, err = run(capsys, "forecast", file, "--product", "Myobloc")
        assert (status, "no protocol is known for that product" in err) == (2, True)

    def test_a_session_of_an_unknown_indication_is_not_lost(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        given = {"administered_on": "2026-01-05", "indication": "brxism", "product": "Botox"}
        asked = ("forecast", record_file(tmp_path, json.dumps({"sessions": [given]})))
        out = text(capsys, *asked)
        assert "brxism: no protocol is known" in out
        assert "finding unrecognized_indication (today)" in out
        (row,) = as_rows(capsys, *asked)
        assert (row["status"], row["today"]) == ("no_interval", "unrecognized_indication")

    def test_what_was_cancelled_plans_no_product(self, capsys: Capture, tmp_path: Path) -> None:
        given = {
            "administered_on": "2026-01-05",
            "indication": "cervical-dystonia",
            "product": "Botox",
        }
        off = given | {"administered_on": "2026-02-05", "product": "Dysport", "status": "cancelled"}
        file = record_file(tmp_path, json.dumps({"sessions": [given, off]}))
        for options in ((), ("--indication", "cervical-dystonia")):
            found = as_rows(capsys, "forecast", file, *options)
            assert [row["product"] for row in found] == ["onabotulinumtoxinA"]

    def test_tracks_of_one_clock_are_one(self, capsys: Capture, tmp_path: Path) -> None:
        sessions = [
            {"administered_on": day, "indication": name, "product": "Botox"}
            for day, name in (
                ("2026-01-05", "upper-limb-spasticity"),
                ("2026-02-05", "lower-limb-spasticity"),
            )
        ]
        record = PatientRecord.model_validate({"sessions": sessions, "born_on": "1980-01-01"})
        found = as_rows(capsys, "forecast", record_file(tmp_path, record))
        assert [row["indication"] for row in found] == ["lower-limb-spasticity"]

    def test_standard_input_is_read(self, tmp_path: Path) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "botox_schedule", "forecast", "-", "--csv"],
            input=MIGRAINE_RECORD.model_dump_json(),
            capture_output=True,
            text=True,
            check=True,
            cwd=tmp_path,
        )
        assert "chronic-migraine" in done.stdout

    def test_a_mark_of_utf_8_is_no_fault(self, capsys: Capture, tmp_path: Path) -> None:
        file = file_of(tmp_path, "\ufeff" + MIGRAINE_RECORD.model_dump_json())
        assert run(capsys, "forecast", file)[0] == 0

    def test_a_record_without_a_track_needs_a_treatment(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        status, _, err = run(capsys, "forecast", record_file(tmp_path, "{}"))
        assert (status, len(err.splitlines())) == (2, 1)
        assert "--indication" in err

    @pytest.mark.parametrize(
        ("content", "told"),
        [
            ('{"sessions": [{"administered_on": "Smith", "indication": "x", "product": null}]}',
             "sessions.0.administered_on: not a calendar day"),
            ('{"sessions": [{"administered_on": "2026-01-05", "indication": "x"}]}', "sessions.0.product: "),
            ('{"born_on": 5, "Smith": 1', "record.json: Invalid JSON"),
            ("MRN,date\nSmith,2026-01-05\n", "'botox-schedule schedule' reads a table"),
            ('{"Smith": 1}', "record.json: (unknown key): no field has this name; give some of id, sessions"),
            ('{"sessions": [{"Smith": 1}]}', "sessions.0.(unknown key): no field has this name; give some of administered_on"),
            ("[]", "record.json: give a PatientRecord, or its fields by name"),
            (json.dumps({"sessions": [{}] * 30}), "and 70 more"),
        ],
    )  # fmt: skip
    def test_a_malformed_record_is_one_line_without_its_contents(
        self, capsys: Capture, tmp_path: Path, content: str, told: str
    ) -> None:
        status, _, err = run(capsys, "forecast", record_file(tmp_path, content))
        assert (status, len(err.splitlines())) == (2, 1)
        assert told in err
        assert "Smith" not in err

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
    def test_a_record_may_be_as_the_shells_of_windows_write_it(
        self, capsys: Capture, tmp_path: Path, encoding: str
    ) -> None:
        file = tmp_path / "windows.json"
        file.write_text(MIGRAINE_RECORD.model_dump_json(), encoding=encoding)
        status, out, _ = run(capsys, "forecast", str(file), "--as-of", "2026-02-01")
        assert (status, "2026-03-30" in out) == (0, True)

    def test_what_is_wrong_with_it_is_told_as_of_one_in_utf_8(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        file = tmp_path / "windows.json"
        file.write_text('{"sessions": [', encoding="utf-16")
        status, _, err = run(capsys, "forecast", str(file))
        assert (status, "EOF while parsing a list at line 1 column 14" in err) == (2, True)

    def test_what_is_no_text_names_the_file(self, capsys: Capture, tmp_path: Path) -> None:
        file = tmp_path / "windows.json"
        file.write_bytes('{"id": "é"}'.encode("cp1252"))
        status, _, err = run(capsys, "forecast", str(file))
        assert (status, "windows.json: not text in UTF-8" in err) == (2, True)

    @pytest.mark.parametrize("units", ["-1", "NaN", "1e9", "1e-99999", "1_0", "1" * 8, "\u0661"])
    def test_units_are_a_plain_number(self, capsys: Capture, units: str) -> None:
        told = refused(capsys, "forecast", "x.json", f"--planned-units={units}")
        assert "expected a number of units such as 155" in told

    def test_units_are_above_0(self, capsys: Capture, tmp_path: Path) -> None:
        file = record_file(tmp_path, MIGRAINE_RECORD)
        status, _, err = run(capsys, "forecast", file, "--planned-units=0")
        assert (status, "a number above 0" in err) == (2, True)


@pytest.mark.parametrize(
    "asked",
    [
        ("forecast", "--planned-units", "155"),
        ("check", "--on", "2026-03-30", "--planned-units", "155"),
        ("book", "--shared", "--planned-units", "155"),
        ("book", "--planned-discarded", "45"),
    ],
)
def test_units_are_planned_for_one_treatment(
    capsys: Capture, tmp_path: Path, asked: tuple[str, ...]
) -> None:
    name, *options = asked
    file = record_file(tmp_path, TWO_TRACKS)
    status, _, err = run(capsys, name, file, *options)
    assert (status, "one treatment of the record; name it with --indication" in err) == (2, True)
    one = (*options[-2:], "--indication", "chronic-migraine", *options[:-2])
    assert "name it with" not in run(capsys, name, file, *one)[2]


@pytest.mark.parametrize("name", ["handout", "ics", "response"])
def test_units_are_no_option_of_a_command_that_ignores_them(capsys: Capture, name: str) -> None:
    assert "there is no option --planned-units" in refused(capsys, name, "--planned-units=155")


class TestCheck:
    def test_it_answers_for_a_day(self, capsys: Capture, tmp_path: Path) -> None:
        file = record_file(tmp_path, MIGRAINE_RECORD)
        status, out, _ = run(capsys, "check", file, "--on", "2026-03-29")
        assert status == 0
        assert "2026-03-29: " in out
        assert "next allowed day: 2026-03-30" in out
        (told,) = as_json(capsys, "check", file, "--on", "2026-03-30", "--as-of", "2026-03-01")
        assert told["check"]["allowed"] is True
        (row,) = as_rows(capsys, "check", file, "--on", "2026-03-29")
        assert (row["allowed"], row["days_from_earliest"]) == ("False", "-1")

    def test_a_day_in_the_past_is_judged_as_of_itself(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        file = record_file(tmp_path, MIGRAINE_RECORD)
        assert run(capsys, "check", file, "--on", "2026-02-10")[0] == 0
        status, _, err = run(capsys, "check", file, "--on", "2026-02-10", "--as-of", "2026-02-11")
        assert (status, "on lies before as_of" in err) == (2, True)

    def test_a_track_without_a_protocol_is_said(self, capsys: Capture, tmp_path: Path) -> None:
        given = {"administered_on": "2025-01-05", "indication": "brxism", "product": "Botox"}
        alone = record_file(tmp_path, json.dumps({"sessions": [given]}))
        status, out, err = run(capsys, "check", alone, "--on", "2026-03-30")
        assert (status, out, "--indication" in err) == (2, "", True)
        both = [given, {**given, "indication": "chronic-migraine"}]
        file = record_file(tmp_path, json.dumps({"sessions": both}))
        status, out, _ = run(capsys, "check", file, "--on", "2026-03-30")
        assert (status, "a treatment of the record has no protocol" in out) == (1, True)


class TestBook:
    def test_it_names_the_day_and_why(self, capsys: Capture, tmp_path: Path) -> None:
        file = record_file(tmp_path, MIGRAINE_RECORD)
        closed = ["--closed", "2026-03-30", "--closed", "2026-03-31/2026-04-01"]
        status, out, _ = run(capsys, "book", file, *closed)
        assert status == 0
        assert "2026-04-02, 3 days after the due day" in out
        assert "closed days move it by 3 days" in out

    def test_no_day_ends_with_one(self, capsys: Capture, tmp_path: Path) -> None:
        file = record_file(tmp_path, MIGRAINE_RECORD)
        away = ["book", file, "--away", "2026-03-27/2026-04-12"]
        assert run(capsys, *away)[0] == 1
        (row,) = as_rows(capsys, *away)
        assert (row["on"], row["emptied_by"], row["first_late_on"]) == ("", "away", "2026-04-13")

    def test_other_weekdays_can_be_open(self, capsys: Capture, tmp_path: Path) -> None:
        file = record_file(tmp_path, MIGRAINE_RECORD)
        (told,) = as_json(capsys, "book", file, "--open", "sat,Sunday")
        assert told["day"]["on"] == "2026-04-04"

    def test_public_holidays_close(self, capsys: Capture, tmp_path: Path) -> None:
        pytest.importorskip("holidays", reason="the extra 'holidays' is not installed")
        file = record_file(tmp_path, record_from_gaps([], starts_on=date(2026, 10, 2)))
        asked = ("book", file, "--as-of", "2026-12-01", "--country", "US")
        (told,) = as_json(capsys, *asked)
        assert told["day"]["on"] == "2026-12-28"

    def test_one_visit_for_all_tracks(self, capsys: Capture, tmp_path: Path) -> None:
        given = {"administered_on": "2026-01-12", "indication": "spasticity", "product": "Botox"}
        record = PatientRecord.model_validate({"sessions": [*MIGRAINE_RECORD.sessions, given]})
        asked = ("book", record_file(tmp_path, record), "--shared")
        assert "2026-04-06: fits every track" in text(capsys, *asked)
        assert {row["on"] for row in as_rows(capsys, *asked)} == {"2026-04-06"}
        status, out, _ = run(capsys, *asked, "--json", "--closed", "2026-04-06")
        assert (status, json.loads(out)["emptied_by"]) == (1, "closed")

    def test_one_track_has_nothing_to_share(self, capsys: Capture, tmp_path: Path) -> None:
        status, _, err = run(capsys, "book", record_file(tmp_path, MIGRAINE_RECORD), "--shared")
        assert (status, "two or more" in err) == (2, True)

    @pytest.mark.parametrize(
        ("option", "told"),
        [
            (["--open", "mon,noday"], "expected some of monday"),
            (["--closed", "13/01/2026"], "expected YYYY-MM-DD"),
            (["--closed", "2026-04-10/"], "expected YYYY-MM-DD"),
            (["--planned-discarded", "some"], "expected a number of units"),
        ],
    )
    def test_bad_options_are_said(self, capsys: Capture, option: list[str], told: str) -> None:
        assert told in refused(capsys, "book", "x.json", *option)

    def test_a_part_of_a_country_needs_the_country(self, capsys: Capture, tmp_path: Path) -> None:
        file = record_file(tmp_path, MIGRAINE_RECORD)
        status, _, err = run(capsys, "book", file, "--subdivision", "CA")
        assert (status, "give --country too" in err) == (2, True)

    def test_a_closure_that_ends_before_it_starts_is_one_line(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        file = record_file(tmp_path, MIGRAINE_RECORD)
        for option in ("--closed", "--away"):
            err = refused(capsys, "book", file, option, "2026-04-10/2026-04-01")
            assert f"{option}: the last day lies before the first" in err
        assert run(capsys, "book", file, "--closed", "2026-04-10/2026-04-10")[0] == 0

    def test_an_authorization_that_ends_before_it_starts_is_one_line(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        valid = {"first": "2026-02-01", "last": "2026-01-01"}
        approval = {"indication": "chronic-migraine", "product": "Botox", "valid": valid}
        file = record_file(tmp_path, json.dumps({"authorizations": [approval]}))
        status, _, err = run(capsys, "book", file)
        assert (status, "authorizations.0.valid" in err, "2026" in err) == (2, True, False)


class TestCountdown:
    def test_it_says_by_when(self, capsys: Capture) -> None:
        leads = ["--lead", "submit=28 days", "--lead", "order=21 days", "--lead", "drug in=7 days"]
        status, out, _ = run(capsys, "countdown", "2026-06-22", *leads, "--serial")
        assert status == 0
        assert [line.split()[:3] for line in out.splitlines()[2:]] == [
            ["2026-04-27", "monday", "submit"],
            ["2026-05-25", "monday", "order"],
            ["2026-06-15", "monday", "drug"],
        ]

    def test_json_and_csv(self, capsys: Capture) -> None:
        asked = ("countdown", "2026-06-22", "--lead", "order=8 days")
        assert as_json(capsys, *asked) == [
            {"name": "order", "on": "2026-06-12", "lead": "8 days", "moved_days": 2}
        ]
        assert as_rows(capsys, *asked)[0]["weekday"] == "friday"

    @pytest.mark.parametrize("lead", ["order", "=4 days", "order=soon"])
    def test_a_malformed_lead_is_said(self, capsys: Capture, lead: str) -> None:
        assert "argument --lead" in refused(capsys, "countdown", "2026-06-22", "--lead", lead)

    def test_two_leads_of_one_name_are_refused(self, capsys: Capture) -> None:
        leads = ["--lead", "a=1 day", "--lead", "a=2 days"]
        status, _, err = run(capsys, "countdown", "2026-06-22", *leads)
        assert (status, "two leads have one name" in err) == (2, True)


class TestResponse:
    RECORD = record_from_gaps([84], starts_on=date(2025, 8, 26), units=155)

    def test_the_default_treatment_is_said(self, capsys: Capture) -> None:
        with pytest.raises(SystemExit):
            cli.main(["response", "--help"])
        assert "(default: chronic-migraine)" in capsys.readouterr().out

    def diary(self, folder: Path, *rows: str, header: str = "date,kind") -> Path:
        return file_of(folder, "\n".join((header, *rows)), "diary.csv")

    def rows(self) -> list[str]:
        """Four of five days with headache before the course, half of them in it."""
        days = [date(2025, 7, 29) + timedelta(days=number) for number in range(28 + 168)]
        return [
            f"{day},{'none' if number % (5 if number < 28 else 2) == 0 else 'headache'}"
            for number, day in enumerate(days)
        ]

    def asked(self, folder: Path, *rows: str, rule: str = "preempt-50") -> list[object]:
        files = (self.diary(folder, *rows), record_file(folder, self.RECORD))
        return ["response", *files, "--rule", rule, "--as-of", "2026-02-10"]

    def test_a_rule_gives_its_outcome(self, capsys: Capture, tmp_path: Path) -> None:
        asked = self.asked(tmp_path, *self.rows())
        status, out, _ = run(capsys, *asked)
        assert status == 0
        assert "rule preempt-50 gives: not_met (as of 2026-02-10)" in out
        assert as_json(capsys, *asked)["assessment"]["complete_cycles"] == 2
        (row,) = as_rows(capsys, *asked)
        assert (row["outcome"], row["first_judged_on"]) == ("not_met", "2025-11-18")

    def test_a_criterion_that_does_not_apply_is_blank(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        rows = as_rows(capsys, *self.asked(tmp_path, *self.rows(), rule="ehf-2018"))
        assert [row["outcome"] for row in rows][-1] == ""

    def test_bad_days_are_reported_and_the_rest_counts(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        rows = ["2026-01-01,headache", "soon,headache", "2026-01-03,maybe", "2026-01-04,none"]
        asked = self.asked(tmp_path, *rows, rule="nice-ta260")
        status, out, _ = run(capsys, *asked)
        assert (status, "Problems (2)" in out) == (1, True)
        status, out, err = run(capsys, *asked, "--json")
        assert [problem["line"] for problem in json.loads(out)["problems"]] == [3, 4]
        assert err.startswith("line 3: date: ")

    def test_dates_encoding_and_missing_days_can_be_named(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        asked = self.asked(tmp_path, "01.01.2026,Migräne", rule="nice-ta260")
        diary = file_of(tmp_path, "date,kind\n01.01.2026,migraine\n".encode("utf-16"), "d.csv")
        asked[1] = diary
        options = (
            "--date-format",
            "%d.%m.%Y",
            "--encoding",
            "utf-16",
            "--missing",
            "headache_free",
        )
        assert run(capsys, *asked, *options)[0] == 0

    def test_standard_input_can_be_the_diary(
        self, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = self.asked(tmp_path, *self.rows())
        with self.diary(tmp_path, *self.rows()).open(encoding="utf-8") as source:
            monkeypatch.setattr(sys, "stdin", source)
            status, out, _ = run(capsys, asked[0], "-", *asked[2:])
        assert (status, "not_met" in out) == (0, True)

    @pytest.mark.parametrize("content", [b"when,pain\n", b"", b"date,kind" + b"x" * 200_000])
    def test_what_is_no_diary_is_one_line(
        self, capsys: Capture, tmp_path: Path, content: bytes
    ) -> None:
        asked = self.asked(tmp_path)
        asked[1] = file_of(tmp_path, content, "diary.csv")
        status, _, err = run(capsys, *asked)
        assert (status, len(err.splitlines()), "diary.csv: " in err) == (2, 1, True)

    def test_a_clinics_own_rule_can_be_named(self, capsys: Capture, tmp_path: Path) -> None:
        rules = file_of(
            tmp_path,
            '[[rules]]\nid = "house"\nversion = "1"\ntitle = "House"\n[[rules.criteria]]\nname = "a tenth"\n'
            'kind = "reduction"\nbelow = "1/10"\nbelow_gives = "not_met"\notherwise = "met"\n'
            'source = { key = "ehf-2018", place = "x", verification = "clinic", checked_on = 2026-01-01 }\n',
            "rules.toml",
        )
        asked = self.asked(tmp_path, *self.rows(), rule="house")
        assert "rule house gives: met" in run(capsys, *asked, "--rules", rules)[1]
        misspelled = self.asked(tmp_path, *self.rows(), rule="hous")
        assert "known: house, nice-ta260, " in run(capsys, *misspelled, "--rules", rules)[2]

    def test_an_unknown_rule_is_one_line(self, capsys: Capture, tmp_path: Path) -> None:
        status, _, err = run(capsys, *self.asked(tmp_path, rule="best"))
        assert (status, "nice-ta260" in err) == (2, True)


class TestHandout:
    @pytest.fixture(autouse=True)
    def _extra(self) -> None:
        pytest.importorskip("jinja2", reason="the extra 'handout' is not installed")
        pytest.importorskip("icalendar", reason="the extra 'handout' is not installed")

    def asked(self, folder: Path, *more: object) -> list[object]:
        call = file_of(folder, "Call 555-0100.", "call.txt")
        file = record_file(folder, MIGRAINE_RECORD)
        page = folder / "a.html"
        return ["handout", file, "--key", "k", "--when-to-call", call, "--html", page, *more]

    def test_it_writes_the_page(self, capsys: Capture, tmp_path: Path) -> None:
        for form in ([], ["--json"], ["--csv"]):
            status, out, _ = run(capsys, *self.asked(tmp_path, "--language", "es", *form))
            assert (status, "chronic-migraine" in out) == (0, True)
        page = tmp_path / "a.html"
        assert '<html lang="es"' in page.read_text(encoding="utf-8")
        assert page.stat().st_mode & 0o777 == 0o600

    def test_a_page_is_about_one_treatment(self, capsys: Capture, tmp_path: Path) -> None:
        asked = self.asked(tmp_path)
        record_file(tmp_path, two_tracks())
        status, _, err = run(capsys, *asked)
        assert (status, "name it with --indication" in err) == (2, True)
        assert run(capsys, *asked, "--indication", "spasticity")[0] == 0

    def test_the_clinics_own_words_are_checked(self, capsys: Capture, tmp_path: Path) -> None:
        words = file_of(tmp_path, "language = 'en'", "words.toml")
        status, _, err = run(capsys, *self.asked(tmp_path, "--messages", words))
        assert (status, "words.toml: words" in err) == (2, True)

    def test_a_text_that_is_none_is_one_line(self, capsys: Capture, tmp_path: Path) -> None:
        asked = self.asked(tmp_path)
        file_of(tmp_path, b"\xff", "call.txt")
        status, _, err = run(capsys, *asked)
        assert (status, "call.txt: expected text in UTF-8" in err) == (2, True)

    def test_it_is_refused_in_one_line(self, capsys: Capture, tmp_path: Path) -> None:
        asked = self.asked(tmp_path)
        ended = PatientRecord(
            sessions=MIGRAINE_RECORD.sessions,
            care_ends=[{"on": "2026-02-01", "kind": "deceased"}],
        )
        record_file(tmp_path, ended)
        status, _, err = run(capsys, *asked)
        assert (status, "the patient has died" in err) == (2, True)
        assert not (tmp_path / "a.html").exists()


class TestIcs:
    @pytest.fixture(autouse=True)
    def _extra(self) -> None:
        pytest.importorskip("icalendar", reason="the extra 'ical' is not installed")

    def test_it_writes_the_file_and_lists_the_events(self, capsys: Capture, tmp_path: Path) -> None:
        file, calendar = record_file(tmp_path, MIGRAINE_RECORD), tmp_path / "a.ics"
        options = ["--key", "k-1", "--out", calendar, "--alarm", "2 weeks", "--name", "Clinic"]
        status, out, _ = run(capsys, "ics", file, *options)
        assert status == 0
        assert "2026-03-30  2026-04-06  due" in out
        lines = calendar.read_text(encoding="utf-8").splitlines()
        assert {"DTSTAMP:20260220T000000Z", "TRIGGER:-P14D", "NAME:Clinic"} <= set(lines)

    def test_the_last_export_may_be_written_over(self, capsys: Capture, tmp_path: Path) -> None:
        file, calendar = record_file(tmp_path, MIGRAINE_RECORD), tmp_path / "a.ics"
        asked = ("ics", file, "--key", "k-1", "--out", calendar)
        run(capsys, *asked)
        first = calendar.read_bytes()
        stamp = ("--stamped-at", "2026-03-01T09:00:00+01:00", "--previous", calendar)
        assert {row["kind"] for row in as_rows(capsys, *asked, *stamp)} == {
            "session",
            "onset",
            "wear_off",
            "due",
        }
        assert calendar.read_bytes() == first
        assert len(as_json(capsys, *asked, *stamp)) == 4

    def test_a_calendar_without_an_entry_ends_with_1(self, capsys: Capture, tmp_path: Path) -> None:
        file, calendar = record_file(tmp_path, MIGRAINE_RECORD), tmp_path / "a.ics"
        asked = ("ics", file, "--key", "k", "--out", calendar)
        assert run(capsys, *asked, "--as-of", "2026-01-04")[0] == 1
        assert run(capsys, *asked, "--as-of", "2026-01-05")[0] == 0

    @pytest.mark.parametrize(
        ("option", "told"),
        [(("--key", "k", "--count", "0"), "count: Input"), (("--key", "k" * 201), "key: String")],
    )
    def test_what_no_calendar_takes_is_named(
        self, capsys: Capture, tmp_path: Path, option: tuple[str, ...], told: str
    ) -> None:
        file = record_file(tmp_path, MIGRAINE_RECORD)
        status, _, err = run(capsys, "ics", file, "--out", tmp_path / "a.ics", *option)
        assert (status, told in err) == (2, True), err

    def test_the_last_export_can_be_standard_input(self, capsys: Capture, tmp_path: Path) -> None:
        file = record_file(tmp_path, MIGRAINE_RECORD)
        ask = ("ics", "--key", "k", "--out", tmp_path / "a.ics", "--previous", "-")
        with file.open(encoding="utf-8") as broken, pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "stdin", broken)
            assert "only one input can be standard input" in run(capsys, *ask, "-")[2]
            status, _, err = run(capsys, *ask, file)
        assert (status, "not an iCalendar file" in err) == (2, True)

    def test_a_broken_last_export_is_one_line(self, capsys: Capture, tmp_path: Path) -> None:
        broken = file_of(tmp_path, "BEGIN:VCALENDAR\nSmith\n", "old.ics")
        file, calendar = record_file(tmp_path, MIGRAINE_RECORD), tmp_path / "a.ics"
        asked = ("ics", file, "--key", "k", "--out", calendar, "--previous", broken)
        status, _, err = run(capsys, *asked)
        assert (status, "Smith" in err, calendar.exists()) == (2, False, False)

    @pytest.mark.parametrize("stamp", ["soon", "2026-02-01T09:00:00"])
    def test_a_stamp_has_a_zone(self, capsys: Capture, stamp: str) -> None:
        options = ["--key", "k", "--out", "a.ics", "--stamped-at", stamp]
        assert "expected a moment" in refused(capsys, "ics", "x.json", *options)

    @pytest.mark.parametrize("number", ["-1", "two", "1" * 20, "²"])
    def test_a_count_is_a_whole_number(self, capsys: Capture, number: str) -> None:
        options = ["--key", "k", "--out", "a.ics", f"--count={number}"]
        assert "expected a whole number" in refused(capsys, "ics", "x.json", *options)


class TestFhir:
    @pytest.fixture(autouse=True)
    def _extra(self) -> None:
        pytest.importorskip("fhir.resources", reason="the extra 'fhir' is not installed")

    def bundle(self, folder: Path, **changed: Any) -> Path:
        coding = {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "G43.709"}
        dose = {
            "resourceType": "MedicationAdministration",
            "id": "m1",
            "status": "completed",
            "subject": {"reference": "Patient/1"},
            "medicationCodeableConcept": {"text": "BOTOX"},
            "reasonCode": [{"coding": [coding]}],
            "effectiveDateTime": "2026-01-05",
            **changed,
        }
        others = ({"resourceType": "Patient", "id": "1"}, {"resourceType": "Slot", "id": "3"})
        entries = [{"resource": resource} for resource in (dose, *others)]
        bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
        return file_of(folder, json.dumps(bundle), "bundle.json")

    ZONE = ("--zone", "America/New_York")

    def test_it_says_where_the_patients_stand(self, capsys: Capture, tmp_path: Path) -> None:
        proposals = tmp_path / "proposals.json"
        asked = ("fhir", self.bundle(tmp_path), *self.ZONE)
        status, out, _ = run(capsys, *asked, "--out", proposals)
        assert status == 0
        assert "Patient/1  chronic-migraine  too_early" in out
        (entry,) = json.loads(proposals.read_text(encoding="utf-8"))["entry"]
        assert entry["resource"]["occurrencePeriod"] == {"start": "2026-03-30", "end": "2026-04-06"}
        assert proposals.stat().st_mode & 0o777 == 0o600

    def test_what_was_ignored_is_said_in_every_form(self, capsys: Capture, tmp_path: Path) -> None:
        asked = ("fhir", self.bundle(tmp_path), *self.ZONE)
        assert "ignored 1 (Slot 1)" in text(capsys, *asked)
        assert "ignored 1 (Slot 1)" in run(capsys, *asked, "--csv")[2]
        assert as_json(capsys, *asked)["ignored"] == {"Slot": 1}

    def test_problems_are_listed_and_the_rest_comes_out(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        file = self.bundle(tmp_path, medicationCodeableConcept={"text": "some toxin"})
        proposals = tmp_path / "proposals.json"
        asked = ("fhir", file, *self.ZONE)
        status, out, _ = run(capsys, *asked, "--out", proposals)
        assert (status, "unknown_product" in out) == (1, True)
        assert "Check the record first (1)" in out
        assert "entry" not in json.loads(proposals.read_text(encoding="utf-8"))
        status, out, err = run(capsys, *asked, "--json")
        assert json.loads(out)["unread"][0]["session_left_out"] is True
        assert "unknown_product" in err

    @pytest.mark.parametrize(
        "other",
        [
            {"resourceType": "Patient", "id": "1", "name": [{"text": "DOE, JANE (DECEASED)"}]},
            {"resourceType": "Patient", "id": "1", "deceasedDateTime": "1900-01-01"},
        ],
    )
    def test_no_proposal_for_a_patient_who_may_have_died(
        self, capsys: Capture, tmp_path: Path, other: dict[str, Any]
    ) -> None:
        file, proposals = self.bundle(tmp_path), tmp_path / "proposals.json"
        bundle = json.loads(file.read_text(encoding="utf-8"))
        bundle["entry"][1]["resource"] = other
        file.write_text(json.dumps(bundle), encoding="utf-8")
        status, out, _ = run(capsys, "fhir", file, *self.ZONE, "--out", proposals)
        assert (status, "Check the record first (1)" in out) == (1, True)
        assert "0 proposals written to" in out
        assert "entry" not in json.loads(proposals.read_text(encoding="utf-8"))

    def test_no_proposal_where_a_session_may_be_missing(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        file, proposals = self.bundle(tmp_path), tmp_path / "proposals.json"
        bundle = json.loads(file.read_text(encoding="utf-8"))
        dose = bundle["entry"][0]["resource"]
        bundle["entry"] += [{"resource": {**dose, "id": "m2", "effectiveDateTime": "2026-03"}}]
        file.write_text(json.dumps(bundle), encoding="utf-8")
        status, out, _ = run(capsys, "fhir", file, *self.ZONE, "--out", proposals, "--json")
        answer = json.loads(out)
        assert (status, answer["proposals"], answer["tracks"][0]["due"]) == (1, 0, "2026-03-30")
        assert "entry" not in json.loads(proposals.read_text(encoding="utf-8"))

    def test_patients_without_a_birth_date_are_counted_and_can_be_children(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        coding = {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "G81.13"}
        file = self.bundle(tmp_path, reasonCode=[{"coding": [coding]}])
        assert "1 without a birth date, taken to be adult" in text(capsys, "fhir", file, *self.ZONE)
        answer = as_json(capsys, "fhir", file, *self.ZONE)
        assert answer["adult_assumed"] == 1
        assert "adult" in answer["tracks"][0]["protocol_id"]
        answer = as_json(capsys, "fhir", file, *self.ZONE, "--population", "pediatric")
        assert answer["adult_assumed"] == 0
        assert "pediatric" in answer["tracks"][0]["protocol_id"]

    def test_a_product_can_be_stated(self, capsys: Capture, tmp_path: Path) -> None:
        file = self.bundle(tmp_path, medicationCodeableConcept={"text": "injection"})
        (row,) = as_rows(capsys, "fhir", file, *self.ZONE, "--product", "Botox")
        assert row["product"] in {"onabotulinumtoxinA", ""}

    def test_a_broken_file_is_one_line(self, capsys: Capture, tmp_path: Path) -> None:
        file = file_of(tmp_path, '{"resourceType": "Smith', "bundle.json")
        status, _, err = run(capsys, "fhir", file, *self.ZONE)
        assert (status, "bundle.json: " in err, "Smith" in err) == (2, True, False)

    def test_an_unknown_zone_is_one_line(self, capsys: Capture, tmp_path: Path) -> None:
        status, _, err = run(capsys, "fhir", self.bundle(tmp_path), "--zone", "Mars")
        assert (status, "IANA name" in err) == (2, True)


class TestSchema:
    @pytest.mark.parametrize(
        "name",
        ["patient-record", "forecast", "date-check", "treatment-cycle", "treatment-protocol"],
    )
    def test_schemas_are_printed_as_they_are(self, capsys: Capture, name: str) -> None:
        assert json.loads(run(capsys, "schema", name)[1]) == as_json(capsys, "schema", name)
        rows = as_rows(capsys, "schema", name)
        assert rows
        assert all(row["description"] for row in rows)

    def test_the_first_schema_is_the_records(self, capsys: Capture) -> None:
        assert "patient-record" in run(capsys, "schema")[1]


class TestCompletion:
    @pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
    def test_every_command_and_option_is_completed(self, capsys: Capture, shell: str) -> None:
        status, out, _ = run(capsys, "completion", shell)
        assert status == 0
        assert all(name in out for name in COMMANDS)
        assert "care-ends" in out
        assert as_json(capsys, "completion", shell)["script"] == out.rstrip("\n")
        rows = as_rows(capsys, "completion", shell)
        assert {"command": "worklist", "word": "'--xlsx"}.items() <= next(
            row for row in rows if row["word"] == "'--xlsx"
        ).items()

    def test_bash_takes_the_script(self, capsys: Capture, tmp_path: Path) -> None:
        script = file_of(tmp_path, run(capsys, "completion", "bash")[1], "script")
        asked = f'. "{script}"; COMP_WORDS=(botox-schedule sch); COMP_CWORD=1; _botox_schedule; echo ${{COMPREPLY[@]}}'
        done = subprocess.run(
            ["/usr/bin/env", "bash", "-c", asked], capture_output=True, text=True, check=True
        )
        assert done.stdout.split() == ["schedule", "schema"]
        asked = asked.replace("sch)", "check --on)").replace("CWORD=1", "CWORD=2")
        done = subprocess.run(
            ["/usr/bin/env", "bash", "-c", asked], capture_output=True, text=True, check=True
        )
        assert done.stdout.split() == ["--on"]

    def test_zsh_completes_from_a_function_file(self, capsys: Capture, tmp_path: Path) -> None:
        if shutil.which("zsh") is None:
            pytest.skip("zsh is not on this machine")
        file_of(tmp_path, run(capsys, "completion", "zsh")[1], "_botox-schedule")
        asked = f"""
            zmodload zsh/zpty && zpty shell zsh -f -i
            zpty -w shell 'fpath=("{tmp_path}" $fpath); autoload -U compinit; compinit -u -D; print DO""NE'
            zpty -r shell line '*DONE*'
            zpty -w -n shell $'botox-schedule workli\t'
            zpty -r shell line '*workli*st*' && print -r -- $line
        """
        done = subprocess.run(
            ["/usr/bin/env", "zsh", "-f", "-c", asked],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        assert "botox-schedule worklist" in done.stdout

    def test_fish_takes_the_script(self, capsys: Capture, tmp_path: Path) -> None:
        if shutil.which("fish") is None:
            pytest.skip("fish is not on this machine")
        script = file_of(tmp_path, run(capsys, "completion", "fish")[1], "script")
        asked = f'source "{script}"; complete -C "botox-schedule worklist --hol"'
        done = subprocess.run(
            ["/usr/bin/env", "fish", "-c", asked], capture_output=True, text=True, check=True
        )
        assert done.stdout.split()[0] == "--holds"


EXTRAS = [
    ("icalendar", "ical", ["ics", "RECORD", "--key", "k", "--out", "a.ics"]),
    ("fhir", "fhir", ["fhir", "RECORD", "--zone", "UTC"]),
    ("jinja2", "handout", ["report", "EXPORT", "--html", "a.html"]),
    ("jinja2", "handout", ["handout", "RECORD", "--key", "k", "--html", "a.html", "--when-to-call", "EXPORT"]),
    ("xlsxwriter", "excel", ["worklist", "EXPORT", "--holds", "none", "--care-ends", "none", "--html", "a.html", "--xlsx", "a.xlsx"]),
    ("polars", "panel", ["workload", "EXPORT", "--holds", "none", "--care-ends", "none"]),
    ("holidays", "holidays", ["book", "RECORD", "--country", "US"]),
]  # fmt: skip


@pytest.mark.parametrize(("module", "extra", "arguments"), EXTRAS)
def test_a_missing_extra_says_what_to_install(
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    module: str,
    extra: str,
    arguments: list[str],
) -> None:
    wings = ("views", "ical", "fhir", "panel")
    for name in [*sys.modules]:
        if name.startswith((module, *(f"botox_schedule.{wing}" for wing in wings))):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    files = {"RECORD": record_file(tmp_path, MIGRAINE_RECORD), "EXPORT": export(tmp_path, GOOD)}
    monkeypatch.chdir(tmp_path)
    status, _, err = run(capsys, *[files.get(argument, argument) for argument in arguments])
    assert status == 2
    assert (
        err == f"botox-schedule: this needs more packages: pip install 'botox-schedule[{extra}]'\n"
    )
    assert not list(tmp_path.glob("a.*"))


ROOT = Path(__file__).parents[1]
DOCUMENTED = [
    line.split("#")[0].strip()
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    if page.is_file() and "generated" not in page.parts
    for line in page.read_text(encoding="utf-8").splitlines()
    if line.startswith(("botox-schedule ", "$ botox-schedule "))
]
EXAMPLES = [
    line.strip()
    for name in COMMANDS
    for line in str(command_parser(name).epilog).splitlines()[1:]
]  # fmt: skip


def test_examples_fit_80_columns() -> None:
    assert [line for line in EXAMPLES if len(line) > 76] == []


@pytest.mark.parametrize("line", [*dict.fromkeys([*DOCUMENTED, *EXAMPLES])])
def test_documented_commands_are_commands(line: str) -> None:
    _, name, *arguments = shlex.split(line.removeprefix("$ "))
    given = [part for part in arguments if not part.startswith((">", "<"))]
    redirected = any(part in {">", "<"} for part in arguments)
    assert command_parser(name).parse_args(given[:-1] if redirected else given)
