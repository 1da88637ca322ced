"""Collections of protocols: which are known, which hides which, and which a track follows."""

from datetime import date
from itertools import pairwise
from typing import Any

import pytest

import botox_schedule as bs
from botox_schedule.protocols import ProtocolSet, collection
from botox_schedule.protocols.catalog import known_protocols
from botox_schedule.protocols.collection import newness, version_on
from botox_schedule.questions import ask
from samples import ARM, GIVEN, LEG, allowed, codes, protocol, record, rule

ADULT, CHILD = bs.Population.ADULT, bs.Population.PEDIATRIC


ADULT, CHILD = bs.Population.ADULT, bs.Population.PEDIATRIC


FUTURE: dict[str, Any] = {"in_force": {"first": "2027-01-01"}}


LIMIT: dict[str, Any] = {"scope": "product", "per": "session", "units": 400}


class TestSetsOfProtocols:
    def test_a_given_protocol_hides_others_for_its_treatment(self) -> None:
        own = protocol(retreatment=rule(minimum="8 weeks"))
        other = protocol(id="other", retreatment=rule(minimum="20 weeks"))
        given = bs.PatientRecord(sessions=[{**GIVEN, "product": None}])
        for others in ([other], [own, other]):
            found = bs.forecast(given, own, as_of="2026-02-01", other_protocols=others)
            assert found.dates.earliest == date(2026, 3, 2)

    def test_clocks_differ_by_region(self) -> None:
        known = ProtocolSet(
            [
                protocol(id="us", indication=ARM),
                protocol(id="uk", indication=ARM, region="uk", shares_clock_with=[LEG]),
            ]
        )
        adult = bs.Population.ADULT
        assert known.clock(ARM, adult, "us") == {ARM}
        assert known.clock(ARM, adult, "uk") == {ARM, LEG}

    def test_a_track_follows_the_version_of_the_day(self) -> None:
        known = [
            protocol(in_force={"last": "2026-02-28"}),
            protocol(version="2", in_force={"first": "2026-03-01"}),
        ]
        for as_of, version in (("2026-02-28", "1"), ("2026-03-01", "2")):
            (found,) = bs.forecast_all(record("2026-01-05"), as_of=as_of, protocols=known)
            assert found.protocol is not None
            assert found.protocol.version == version
        # Of two products the stricter on the day is followed.
        strict = [
            protocol(id="d", product="Dysport", retreatment=rule(minimum="14 weeks")),
            *known,
            protocol(
                version="3", retreatment=rule(minimum="20 weeks"), in_force={"first": "2026-06-01"}
            ),
        ]
        given = bs.PatientRecord(sessions=[{**GIVEN, "product": None}])
        for as_of, followed in (("2026-05-31", "d"), ("2026-06-01", "own")):
            (found,) = bs.forecast_all(given, as_of=as_of, protocols=strict)
            assert found.protocol is not None
            assert found.protocol.id == followed

    def test_an_age_decides_only_where_both_are_known_and_none_was_asked_for(self) -> None:
        def unknown(name: str, **asked: Any) -> bool:
            given = bs.PatientRecord(
                sessions=[{**GIVEN, "indication": name}], born_on=asked.pop("born_on", None)
            )
            (found,) = bs.forecast_all(given, as_of="2026-02-01", **asked)
            return "age_unknown" in codes(found)

        assert unknown(ARM)
        assert not unknown(ARM, population="adult")
        assert not unknown(ARM, born_on="1980-01-01")
        assert not unknown("chronic-migraine")

    def test_an_unknown_product_among_others_may_be_any(self) -> None:
        known = [
            protocol(id="a", product="Botox", retreatment=rule(minimum="8 weeks")),
            protocol(id="b", product="Dysport", retreatment=rule(minimum="20 weeks")),
        ]
        sessions = [{**GIVEN, "product": product} for product in ("Botox", None)]
        given = bs.PatientRecord(sessions=sessions)
        (found,) = bs.forecast_all(given, as_of="2026-02-01", protocols=known)
        assert found.protocol is not None
        assert found.protocol.id == "b"

    def test_without_a_session_botox_is_followed_and_any_protocol_may_know_the_age(self) -> None:
        strict = rule(minimum="20 weeks")
        known = [protocol(id="a"), protocol(id="b", product="Dysport", retreatment=strict)]
        booked = {**GIVEN, "status": "booked"}
        given = bs.PatientRecord(sessions=[booked], born_on="2018-01-01")
        (found,) = bs.forecast_all(given, as_of="2026-01-01", protocols=known)
        assert found.protocol is not None
        assert found.protocol.id == "a"
        children = [
            protocol(id="c", population="pediatric", retreatment=strict),
            protocol(id="d", population="pediatric", product="Dysport", ages={"last": 17}),
        ]
        (found,) = bs.forecast_all(given, as_of="2026-01-01", protocols=[*known, *children])
        assert found.protocol is not None
        assert found.protocol.id == "c"

    def test_a_version_ahead_is_none_and_of_past_ones_the_last_is_it(self) -> None:
        ahead = protocol(in_force={"first": "2027-01-01", "last": "2028-01-01"})
        assert version_on((ahead,), date(2026, 1, 5)) is None
        assert version_on((ahead, ahead), date(2026, 12, 31)) is None
        newer = protocol(version="2", in_force={"last": "2010-01-01"})
        later = protocol(version="1", in_force={"last": "2020-01-01"})
        for versions in ((newer, later), (later, newer)):
            assert version_on(versions, date(2026, 1, 5)) is later

    def test_no_minimum_is_the_strictest(self) -> None:
        known = [
            protocol(id="a", retreatment={"kind": "as_needed"}),
            protocol(id="b", product="Dysport", retreatment=rule(minimum="20 weeks")),
        ]
        given = bs.PatientRecord(sessions=[{**GIVEN, "product": None}])
        (found,) = bs.forecast_all(given, as_of="2026-02-01", protocols=known)
        assert found.protocol is not None
        assert found.protocol.id == "a"

    def test_what_holds_for_the_clock_in_general_binds_each_of_its_indications(self) -> None:
        own = protocol(indication="own-limb", shares_clock_with=[ARM, "spasticity"])
        general = protocol(id="g", indication="spasticity", retreatment=rule(minimum="16 weeks"))
        given = bs.PatientRecord(sessions=[{**GIVEN, "indication": ARM}])
        asked: dict[str, Any] = {"protocol": own, "other_protocols": [general]}
        assert allowed(given, "2026-04-26", "2026-04-27", **asked) == [False, True]

    def test_a_clock_reaches_as_far_as_any_protocol_connects(self) -> None:
        names = ("one", "two", "three", "four")
        pairs = list(pairwise(names))
        for order in (pairs, pairs[::-1], [pairs[0], pairs[2], pairs[1]]):
            known = ProtocolSet(
                protocol(id=name, indication=name, shares_clock_with=[other], product=product)
                for (name, other), product in zip(
                    order, ("Botox", "Dysport", "Xeomin"), strict=True
                )
            )
            clocks = {known.clock(name, bs.Population.ADULT, "us") for name in names}
            assert clocks == {frozenset(names)}

    def test_a_child_is_not_treated_as_an_adult_where_only_the_child_has_an_age(self) -> None:
        known = [
            protocol(id="adult"),
            protocol(id="child", population="pediatric", ages={"last": 17}),
        ]
        for born_on, expected in (("2018-01-01", "child"), ("1980-01-01", "adult")):
            given = record("2026-01-05", born_on=born_on)
            (found,) = bs.forecast_all(given, as_of="2026-02-01", protocols=known)
            assert found.protocol is not None
            assert found.protocol.id == expected

    def test_a_limit_over_several_indications_reaches_each_of_them(self) -> None:
        both = {"scope": "indications", "indications": [ARM, LEG], "per": "session", "units": 300}
        arm, leg, other = (
            protocol(id=name, indication=name, limits=limits)
            for name, limits in ((ARM, [both]), (LEG, []), ("spasticity", []))
        )
        known = ProtocolSet([arm, leg, other])
        found = [len(known.limits(each, date(2026, 2, 1))) for each in (arm, leg, other)]
        assert found == [1, 1, 0]

    def test_limits_do_not_depend_on_the_order_of_the_protocols(self) -> None:
        asked, *others = [
            protocol(id=name, indication=name, limits=[{**LIMIT, "units": units}])
            for name, units in (("spasticity", 100), (LEG, 200), (ARM, 300))
        ]
        day = date(2026, 2, 1)
        found = {
            ProtocolSet([asked, *order]).limits(asked, day) for order in (others, others[::-1])
        }
        assert [[limit.units for limit in limits] for limits in found] == [[100, 200, 300]]

    def test_limits_are_those_of_the_version_of_the_day(self) -> None:
        limits = {"scope": "product", "per": "session"}
        old = protocol(limits=[{**limits, "units": 300}], in_force={"last": "2026-02-28"})
        new = protocol(
            version="2", limits=[{**limits, "units": 400}], in_force={"first": "2026-03-01"}
        )
        other = protocol(id="other", indication="spasticity", limits=())
        for asked in (old, other):
            known = ProtocolSet([old, new, other])
            found = [
                {limit.units for limit in known.limits(asked, day)}
                for day in (date(2026, 2, 28), date(2026, 3, 1))
            ]
            assert found == [{300}, {400}]

    def test_of_two_texts_of_one_version_the_stricter_is_the_newer(self) -> None:
        short, long = (protocol(retreatment=rule(minimum=each)) for each in ("8 weeks", "12 weeks"))
        assert max((long, short), key=newness) is long
        assert max((protocol(retreatment={"kind": "as_needed"}), short), key=newness) is short


class TestFollowed:
    """Which protocol a track of a name follows."""

    def followed(self, *protocols: bs.TreatmentProtocol, product: str) -> Any:
        known = ProtocolSet(protocols)
        given = (bs.Product(product),)
        return known.followed(
            "chronic-migraine",
            given,
            born_on=None,
            on=date(2026, 3, 1),
            region="us",
            population=None,
        )

    def test_a_product_of_its_own_is_followed(self) -> None:
        assert self.followed(protocol(), product="onabotulinumtoxinA").is_own

    def test_another_product_is_judged_by_the_strictest_for_the_same_people(self) -> None:
        children = protocol(
            id="child", population="pediatric", retreatment=rule(minimum="30 weeks")
        )
        longer = protocol(id="x", product="Xeomin", retreatment=rule(minimum="14 weeks"))
        found = self.followed(protocol(), longer, children, product="abobotulinumtoxinA")
        assert (found.protocol.id, found.is_own) == ("x", False)

    def test_where_no_version_is_in_force_the_last_one_judges(self) -> None:
        old = protocol(version="1", in_force={"last": "2024-12-31"})
        new = protocol(version="2", in_force={"first": "2025-01-01", "last": "2025-12-31"})
        found = self.followed(old, new, product="onabotulinumtoxinA")
        assert found.protocol.version == "2"

    @pytest.mark.parametrize("given", [(), (None,)])
    def test_without_a_known_product_other_people_are_not_followed(self, given: Any) -> None:
        xeomin = protocol(id="x", product="Xeomin")
        children = protocol(
            id="child",
            product="Dysport",
            population="pediatric",
            retreatment=rule(minimum="30 weeks"),
        )
        found = ProtocolSet([xeomin, children]).followed(
            "chronic-migraine",
            given,
            born_on=None,
            on=date(2026, 3, 1),
            region="us",
            population=bs.Population.ADULT,
        )
        assert (found.protocol.id, found.is_own) == ("x", True)

    def test_the_nearest_names_are_told(self) -> None:
        with pytest.raises(bs.UnknownProtocolError, match="did you mean chronic-migraine"):
            ask(record("2026-01-05"), "chronic-migrane", date(2026, 3, 1))

    def test_all_protocols_of_a_region_may_be_given(self) -> None:
        own = protocol(region="zz")
        (found,) = bs.forecast_all(
            record("2026-01-05"), as_of="2026-02-01", region="zz", protocols=[own]
        )
        assert found.protocol is not None
        assert found.protocol.region == "zz"

    def test_who_and_where_are_named_when_no_protocol_is_known(self) -> None:
        known = ProtocolSet([protocol()])
        with pytest.raises(
            bs.UnknownProtocolError, match=r"with adult, zz; .* for adult, zz there"
        ):
            known.followed("chronic-migraine", (), born_on=None, on=date(2026, 1, 5), region="zz")


class TestKnownProtocols:
    def test_one_protocol_is_a_collection_of_itself(self) -> None:
        own = protocol()
        assert list(known_protocols(own)) == [own]  # type: ignore[arg-type]

    def test_protocols_that_differ_have_different_hashes(self) -> None:
        assert hash(protocol()) == hash(protocol())
        assert hash(protocol()) != hash(protocol(version="2")) != hash(protocol(id="b"))

    def test_an_unknown_indication_shares_its_clock_with_nothing(self) -> None:
        assert ProtocolSet([protocol()]).clock("bruxism", ADULT, "us") == {"bruxism"}

    def test_any_minimum_is_stricter_than_none_in_two_texts_of_one_version(self) -> None:
        none, one_day = (
            protocol(retreatment={"kind": "as_needed"}),
            protocol(retreatment=rule(minimum="1 day", usual=None)),
        )
        for texts in ((none, one_day), (one_day, none)):
            assert version_on(texts, date(2026, 1, 5)) is one_day
            assert max(texts, key=newness) is one_day

    def test_a_child_is_followed_where_only_children_have_a_protocol(self) -> None:
        known = ProtocolSet([protocol(population=CHILD)])
        assert self.followed(known, "2026-01-05").population is CHILD

    def test_before_the_first_day_of_all_versions_the_newest_is_followed(self) -> None:
        (one, two) = (protocol(version=version, **FUTURE) for version in ("1", "2"))
        assert self.followed(ProtocolSet([one]), "2026-01-05") is one
        assert self.followed(ProtocolSet([two, one]), "2026-01-05") is two

    @staticmethod
    def followed(known: ProtocolSet, on: str) -> bs.TreatmentProtocol:
        asked: dict[str, Any] = {"born_on": None, "on": date.fromisoformat(on), "region": "us"}
        return known.followed("chronic-migraine", [], **asked).protocol


class TestGivenProtocol:
    """A protocol that is given with a question, among those that are known."""

    def test_hides_another_for_the_same_treatment(self) -> None:
        one, other = protocol(id="a"), protocol(id="b")
        for known in (ProtocolSet([one, other]), ProtocolSet([other])):
            assert list(known.with_given(one)) == [one]

    def test_replaces_another_text_of_its_version(self) -> None:
        given, other = protocol(), protocol(retreatment=rule(minimum="8 weeks"))
        assert list(ProtocolSet([other]).with_given(given)) == [given]

    def test_leaves_the_collection_that_has_it(self) -> None:
        own = protocol()
        known = ProtocolSet([own, protocol(indication=ARM, id="arm")])
        assert known.with_given(own) is known

    def test_makes_its_collection_once(self) -> None:
        known, one, other = ProtocolSet([]), protocol(id="a"), protocol(id="b")
        found = known.with_given(one), known.with_given(other)
        assert [list(each) for each in found] == [[one], [other]]
        assert known.with_given(one) is found[0]
        assert known.with_given(other) is found[1]

    def test_finds_its_limits_once_for_all_days(self) -> None:
        own = protocol(limits=[LIMIT])
        known = ProtocolSet([own])
        found = known.limits(own, date(2026, 1, 5))
        assert [limit.units for limit in found] == [400]
        assert known.limits(own, date(2026, 1, 6)) is found

    def test_what_is_remembered_does_not_grow_without_end(self) -> None:
        for remembered in (collection._with_given, collection._limits):
            assert remembered.cache_info().maxsize == 256


def test_a_year_old_is_older_than_those_below_one() -> None:
    infants = protocol(ages={"first": 0, "last": 0}, id="infants")
    assert collection.age_cuts(ProtocolSet([infants])) == [1]
