"""The names of columns, in the languages that exports have."""

from datetime import date
from typing import Any

import pytest

from botox_schedule import Product, SessionStatus
from botox_schedule.errors import TableError
from botox_schedule.tables import read_authorizations, read_care_ends, read_holds, read_overrides
from table_samples import GOOD, HEADER, one, read


class TestColumns:
    @pytest.mark.parametrize(
        "header",
        [
            "Pat.-Nr.;Beh.-Datum;Diagnose;Präparat;Einheiten;Status",
            "N° patient;Date;Diagnostic;Produit;Unités;Statut",
            "Nº historia;Fecha;Diagnóstico;Fármaco;Unidades;Estado",
            "Paziente;Data;Diagnosi;Prodotto;Unità;Status",
            "Patiëntnummer;Behandeldatum;Diagnose;Product;Eenheden;Status",
        ],
    )
    def test_columns_have_names_in_other_languages(self, header: str) -> None:
        (row,) = read(f"{header}\n0012;2026-01-05;G43.709;Botox;155;completed\n").rows()
        assert (row["patient"], row["product"], row["units"]) == (
            "0012",
            Product.ONABOTULINUMTOXIN_A,
            155,
        )

    @pytest.mark.parametrize(
        "header",
        [
            "PAT_MRN_ID,CONTACT_DATE,PRIMARY_DX_CODE,MED_NAME,DOSE_AMT,APPT_STATUS",
            "Patient Chart ID,Appt Date,ICD Codes,Product Name,Units Injected,Status",
            "pid,Date of Svc,Icd 10 Code,Drug,Number of Units,Enc. Status",
            "Chart #,Date of Inj.,Primary Dx,Toxin Name,Total Units Given,Visit Status",
            "NHS Number,Date Performed,Diagnosis Codes,Brand,Admin Dose,Status",
            "UR No,Behandlingsdatum,Diagnos,Preparaat,Enheter,Status",
        ],
    )
    def test_columns_have_the_names_of_exports(self, header: str) -> None:
        (row,) = read(f"{header}\n0012,2026-01-05,G43.709,Botox,155,Comp\n").rows()
        assert row["patient"] == "0012"
        assert row["product"] is Product.ONABOTULINUMTOXIN_A
        assert (row["units"], row["status"]) == (155, SessionStatus.COMPLETED)

    def test_the_caller_names_what_is_unknown(self) -> None:
        text = "Fall,Wann,Was,Menge\nP1,2026-01-05,migraine,155"
        named = {"Fall": "patient", "wann": "date", "Was": "indication", "Menge": "units"}
        (row,) = read(text, columns=named).rows()
        assert (row["patient"], row["administered_on"], row["units"]) == (
            "P1",
            date(2026, 1, 5),
            155,
        )

    @pytest.mark.parametrize("means", ["date", "administered_on", "Session date"])
    def test_a_column_has_several_names(self, means: str) -> None:
        assert read("MRN,When,Dx\n1,2026-01-05,migraine", columns={"When": means}).counts.used == 1

    @pytest.mark.parametrize("name", ["Given (U)", "Given", "given  [U]"])
    def test_the_caller_may_name_a_column_with_its_unit_or_format(self, name: str) -> None:
        table = "MRN,Svc (MM/DD/YYYY),Dx,Given (U)\n1,2026-01-05,migraine,155"
        reading = read(table, columns={name: "units", "Svc (mm/dd/yyyy)": "date"})
        assert reading.rows()[0]["units"] == 155

    @pytest.mark.parametrize(("name", "units"), [("Dose (U)", 155), ("Dose", 3)])
    def test_of_two_columns_that_differ_in_the_unit_the_caller_names_one(
        self, name: str, units: int
    ) -> None:
        table = "MRN,DOS,Dx,Dose (U),Dose\n1,2026-01-05,migraine,155,3"
        with pytest.raises(TableError, match=r"'Dose \(U\)' and 'Dose' both mean units"):
            read(table)
        assert read(table, columns={name: "units"}).rows()[0]["units"] == units

    def test_two_columns_for_one_meaning_are_refused_until_the_caller_chooses(self) -> None:
        text = "MRN,patient,DOS,Dx\n0012,0013,2026-01-05,G43.709\n"
        with pytest.raises(TableError, match="'MRN' and 'patient' both mean patient; choose one"):
            read(text)
        assert read(text, columns={"MRN": "patient"}).patients == {"0012"}

    def test_a_column_that_is_not_there_is_named(self) -> None:
        with pytest.raises(TableError, match="line 1: no column is called 'Whenn'"):
            read("MRN,When,Dx\n1,2026-01-05,migraine", columns={"Whenn": "date"})

    def test_an_unknown_meaning_names_the_nearest(self) -> None:
        with pytest.raises(
            TableError, match="'unit' is no column of sessions; did you mean 'units'"
        ):
            read("MRN,DOS,Dx\n", columns={"DOS": "unit"})

    def test_a_mapping_the_wrong_way_round_is_told_the_right_one(self) -> None:
        with pytest.raises(TableError, match=r"first, such as \{'Svc': 'date'\}"):
            read("MRN,Svc,Dx\n", columns={"date": "Svc"})

    @pytest.mark.parametrize("end", ["\x85", "\u2028", "\u2029", "\x0b"])
    def test_a_file_with_line_ends_of_another_kind_is_refused(self, end: str) -> None:
        with pytest.raises(TableError, match="line 1: line ends of an unknown kind"):
            read(f"MRN,DOS,Dx{end}1,2026-01-05,migraine{end}")

    def test_two_meanings_of_one_column_are_refused(self) -> None:
        with pytest.raises(TableError, match="one column of the file is there twice"):
            read("MRN,A,Dx\n", columns={"A": "date", "a ": "recorded on"})

    def test_two_columns_chosen_for_one_meaning_are_refused(self) -> None:
        with pytest.raises(TableError, match="both mean date"):
            read("MRN,A,B,Dx\n", columns={"A": "date", "B": "date"})


class TestOtherLanguages:
    @pytest.mark.parametrize(
        ("header", "row", "status"),
        [
            ("Prontuário;Data do atendimento;Código CID;Medicação;Unidades aplicadas;Situação", "Realizado", "completed"),
            ("Prontuário;Data da aplicação;Indicação;Produto;Unidades;Situação do agendamento", "Faltou", "no_show"),
            ("患者ID;投与日;病名;薬剤;単位;状態", "完了", "completed"),
            ("患者番号;施注日;診断名;製剤;投与単位;来院状況", "キャンセル", "cancelled"),
            ("NHC;Fecha cita;Diagnóstico;Fármaco;Unidades;Estado cita", "No acude", "no_show"),
            ("N° dossier;Date du RDV;Motif;Produit;Unités;Statut du RDV", "Non excusé", "no_show"),
        ],
    )  # fmt: skip
    def test_an_export_is_read(self, header: str, row: str, status: str) -> None:
        reading = read(f"{header}\n0012;2026-01-05;G43.709;Botox;155;{row}\n")
        (found,) = reading.session_rows
        assert (found.patient, str(found.session.units), found.session.status) == (
            "0012",
            "155",
            status,
        )
        assert reading.problems == ()

    @pytest.mark.parametrize(
        ("header", "cell", "died_on"),
        [
            ("Óbito", "Sim", None),
            ("Data do óbito", "2026-02-01", date(2026, 2, 1)),
            ("死亡日", "2026-02-01", date(2026, 2, 1)),
            ("Fecha de éxitus", "2026-02-01", date(2026, 2, 1)),
        ],
    )
    def test_a_death_is_read(self, header: str, cell: str, died_on: date | None) -> None:
        reading = one(f"{GOOD},{cell}", header=f"{HEADER},{header}")
        assert [end.on for end in reading.care_ends["P1"]] == [died_on]

    def test_a_no_is_no_death(self) -> None:
        reading = one(f"{GOOD},Não", header=f"{HEADER},Óbito")
        assert (reading.care_ends, reading.problems) == ({}, ())

    @pytest.mark.parametrize(
        ("read_table", "table"),
        [
            (read_holds, "MRN,from,Resumed on\nP1,2026-01-01,2026-03-01"),
            (read_care_ends, "MRN,day,kind,Readmitted on\nP1,2026-01-01,discharged,2026-03-01"),
            (read_care_ends, "MRN,day,kind,Returned\nP1,2026-01-01,discharged,2026-03-01"),
        ],
    )
    def test_what_was_taken_back_is(self, read_table: Any, table: str) -> None:
        reading = read_table(table.encode())
        assert (reading.rows()[0]["withdrawn_on"], reading.problems) == (date(2026, 3, 1), ())

    @pytest.mark.parametrize(
        ("word", "authority"), [("Ärztin", "clinician"), ("Convênio", "payer")]
    )
    def test_who_decided_is_known(self, word: str, authority: str) -> None:
        table = f"MRN,dx,from,authority,minimum\nP1,migraine,2026-01-05,{word},10 weeks\n"
        assert read_overrides(table.encode()).rows()[0]["authority"] == authority

    def test_an_authorization_that_was_reinstated_is_not_withdrawn(self) -> None:
        table = b"MRN,dx,drug,from,to,Reinstated on\nP1,migraine,Botox,2026-01-01,2026-12-31,2026-03-01\n"
        assert read_authorizations(table).rows()[0]["withdrawn_on"] is None
