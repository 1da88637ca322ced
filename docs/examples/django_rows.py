"""Rows of Django as a record, and a forecast back into a row."""

from datetime import date

import django
from django.conf import settings
from django.db import connection, models

import botox_schedule as bs

if not settings.configured:
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
    settings.configure(
        DATABASES={"default": database}, DEFAULT_AUTO_FIELD="django.db.models.AutoField"
    )
    django.setup()


class Patient(models.Model):
    born_on = models.DateField(null=True)
    # What the library computed, with what it rests on: derived, and safe to throw away.
    answer = models.JSONField(null=True)

    class Meta:
        app_label = "clinic"


class Injection(models.Model):
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE)
    given_on = models.DateField()  # a DateTimeField would need day_in_zone first
    indication = models.SlugField()
    product = models.CharField(max_length=40, null=True)
    units = models.DecimalField(max_digits=7, decimal_places=1, null=True)
    status = models.CharField(max_length=20, choices=[(s.value, s.value) for s in bs.SessionStatus])

    class Meta:
        app_label = "clinic"


def record_from_row(patient: Patient) -> bs.PatientRecord:
    return bs.PatientRecord(
        id=str(patient.pk),
        born_on=patient.born_on,
        sessions=[
            {
                "id": str(row.pk),
                "administered_on": row.given_on,
                "indication": row.indication,
                "product": row.product,
                "units": row.units,
                "status": row.status,
            }
            for row in Injection.objects.filter(patient=patient)
        ],
    )


def main() -> list[tuple[int, date | None]]:
    with connection.schema_editor() as editor:
        editor.create_model(Patient)
        editor.create_model(Injection)
    migraine = bs.find_protocol("chronic-migraine")
    patient = Patient.objects.create(born_on=date(1980, 2, 29))
    given = {"patient": patient, "indication": "chronic-migraine", "product": "Botox", "units": 155}
    Injection.objects.create(given_on=date(2026, 1, 5), status="completed", **given)
    Injection.objects.create(given_on=date(2026, 3, 28), status="no_show", **given)

    for row in Patient.objects.all():
        answer = bs.forecast(record_from_row(row), migraine, as_of="2026-04-01")
        Patient.objects.filter(pk=row.pk).update(answer=answer.model_dump(mode="json"))

    stored = [(row.pk, bs.Forecast.model_validate(row.answer)) for row in Patient.objects.all()]
    return [(key, answer.dates.due) for key, answer in stored]


if __name__ == "__main__":
    print(main())
