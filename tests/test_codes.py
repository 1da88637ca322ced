"""The codes of indications, products and bills."""

import pytest

import botox_schedule as bs
from planning_samples import MIGRAINE, ONA, clock_of


class TestCodes:
    def test_migraine_with_aura_is_with_aura(self) -> None:
        """A payer's text calls G43.E09 'without aura'."""
        meanings = {c.code: c.meaning for c in MIGRAINE.codes}
        assert meanings["G43.E09"] == "chronic migraine with aura"
        assert meanings["G43.709"] == "chronic migraine without aura"
        assert bs.find_indication("ICD-10-CM", "G43.E09") == "chronic-migraine"

    @pytest.mark.parametrize(
        ("system", "code", "indication"),
        [
            ("icd-10-cm", "G24.3", "cervical-dystonia"),
            ("ICD-10-CM", "n3281", "overactive-bladder"),
            ("http://snomed.info/sct", "221360009", "spasticity"),
            ("CPT", "64615", "chronic-migraine"),
            ("HCPCS", "J0585", None),
            ("ICD-10-CM", "G35", None),
        ],
    )
    def test_a_code_names_its_indication(
        self, system: str, code: str, indication: str | None
    ) -> None:
        assert bs.find_indication(system, code) == indication

    def test_an_unknown_system_is_refused(self) -> None:
        with pytest.raises(bs.BotoxScheduleError, match="no coding system has that name"):
            bs.find_indication("ICD-9", "G24.3")

    def test_every_code_is_found_again(self) -> None:
        for protocol in bs.bundled_protocols():
            for code in protocol.codes:
                by_code = bs.find_indication(code.system, code.code)
                assert by_code in {None, "spasticity", *clock_of(protocol)}

    def test_a_class_of_products_is_none_of_them(self) -> None:
        for system, code in (("ATC", "M03AX01"), ("RxNorm", "1712")):
            assert bs.protocols.find_product_by_code(system, code) is None
            assert bs.protocols.names_toxin(system, code)
        assert bs.protocols.find_product_by_code("NDC", "0023-1145-01") is ONA
        assert not bs.protocols.names_toxin("RxNorm", "1")
