"""A made-up protocol, which no new edition of the content changes."""

import botox_schedule as bs

SOURCE = {
    "key": "made-up",
    "title": "A made-up compendium",
    "place": "chronic migraine",
    "verification": "secondary",
    "checked_on": "2026-01-02",
}
MIGRAINE = bs.TreatmentProtocol(
    id="own-migraine",
    version="1",
    region="us",
    indication="chronic-migraine",
    product="Botox",
    population="adult",
    retreatment={
        "kind": "scheduled",
        "minimum": "12 weeks",
        "minimum_source": SOURCE,
        "usual": "12 weeks",
        "usual_source": SOURCE,
    },
    response={
        "onset": "2 to 3 weeks",
        "onset_source": SOURCE,
        "wear_off": "8 to 12 weeks",
        "wear_off_source": SOURCE,
        "full_benefit": "6 months",
        "full_benefit_source": SOURCE,
    },
    limits=[{"scope": "product", "per": "session", "units": 400, "source": SOURCE}],
)
