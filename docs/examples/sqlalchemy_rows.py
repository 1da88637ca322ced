"""Rows of SQLAlchemy as a record, and a forecast back into a row."""

from datetime import date

from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

import botox_schedule as bs


class Base(DeclarativeBase):
    pass


class Patient(Base):
    __tablename__ = "patient"

    id: Mapped[int] = mapped_column(primary_key=True)
    born_on: Mapped[date | None]
    injections: Mapped[list["Injection"]] = relationship(back_populates="patient")
    # What the library computed, with what it rests on: derived, and safe to throw away.
    due_on: Mapped[date | None]
    due_as_of: Mapped[date | None]
    due_protocol: Mapped[str | None]


class Injection(Base):
    __tablename__ = "injection"

    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"))
    patient: Mapped[Patient] = relationship(back_populates="injections")
    given_on: Mapped[date]
    indication: Mapped[str]
    product: Mapped[str | None]
    units: Mapped[int | None]
    state: Mapped[str]


STATUSES = {
    "done": "completed",
    "planned": "booked",
    "missed": "no_show",
    "void": "entered_in_error",
}


def record_from_row(patient: Patient) -> bs.PatientRecord:
    """Every row counts: a status that is not in the table must stop, not be skipped."""
    return bs.PatientRecord(
        id=str(patient.id),
        born_on=patient.born_on,
        sessions=[
            {
                "id": str(row.id),
                "administered_on": row.given_on,
                "indication": row.indication,
                "product": row.product,
                "units": row.units,
                "status": STATUSES[row.state],
            }
            for row in patient.injections
        ],
    )


def store(patient: Patient, answer: bs.Forecast) -> None:
    patient.due_on = answer.dates.due
    patient.due_as_of = answer.as_of
    patient.due_protocol = str(answer.protocol)


def main() -> list[tuple[int, date | None]]:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    migraine = bs.find_protocol("chronic-migraine")
    with Session(engine) as db:
        given = {"indication": "chronic-migraine", "product": "Botox", "units": 155}
        rows = [
            Injection(given_on=date(2026, 1, 5), state="done", **given),
            Injection(given_on=date(2026, 3, 28), state="missed", **given),
        ]
        db.add(Patient(id=1, born_on=date(1980, 2, 29), injections=rows))
        db.commit()
        for patient in db.scalars(select(Patient)):
            answer = bs.forecast(record_from_row(patient), migraine, as_of="2026-04-01")
            store(patient, answer)
        db.commit()
        return [(patient.id, patient.due_on) for patient in db.scalars(select(Patient))]


if __name__ == "__main__":
    print(main())
