"""The questions over HTTP: a record comes in, an answer goes out, nothing is kept."""

from collections.abc import Iterable
from decimal import Decimal

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel

import botox_schedule as bs
from botox_schedule.dates import Day
from botox_schedule.engine import (
    DateCheck,
    Exposure,
    ForecastSummary,
    LimitCheck,
    ProjectedSession,
    TreatmentCycle,
)
from botox_schedule.errors import safe_place


class Record(BaseModel, frozen=True, extra="forbid", hide_input_in_errors=True):
    """A record, the day of the question, and what the clinic or payer chose."""

    record: bs.PatientRecord
    as_of: Day
    policy: bs.SchedulingPolicy | None = None


class Track(Record, frozen=True):
    """A question about one treatment; the protocol is named by its indication."""

    protocol: str


class Visit(Track, frozen=True):
    """A question about one day."""

    on: Day
    units: Decimal | None = None


class Exposed(Record, frozen=True):
    """A question about the units of a product."""

    product: str
    window: bs.Interval
    on: Day


class Fault(BaseModel):
    """Where a question is wrong and what is expected there; never what was sent."""

    loc: list[str | int]
    msg: str


class Refused(BaseModel):
    """Why a question was refused."""

    detail: list[Fault]


app = FastAPI(
    title="Treatment cycles of botulinum toxin",
    version=bs.__version__,
    responses={400: {"description": "The body is not text"}, 422: {"model": Refused}},
)


def refused(faults: Iterable[Fault]) -> JSONResponse:
    return JSONResponse(Refused(detail=list(faults)).model_dump(), status_code=422)


# FastAPI's own answer repeats what was sent, which a proxy or a browser may log. The name of an
# unknown field may itself be about a patient.
@app.exception_handler(RequestValidationError)
async def on_invalid(_: Request, error: RequestValidationError) -> JSONResponse:
    return refused(
        Fault(loc=list(safe_place(each)), msg=each["msg"].removeprefix("Value error, "))
        for each in error.errors()
    )


@app.exception_handler(bs.BotoxScheduleError)
async def on_refused(_: Request, error: bs.BotoxScheduleError) -> JSONResponse:
    return refused([Fault(loc=["body"], msg=str(error))])


# Plain functions, not coroutines: FastAPI runs them in its threads, so one long record does
# not hold up the others.
@app.post("/forecast")
def forecast(asked: Track) -> bs.Forecast:
    return bs.forecast(asked.record, asked.protocol, as_of=asked.as_of, policy=asked.policy)


@app.post("/summaries")
def summaries(asked: Record) -> list[ForecastSummary]:
    answers = bs.forecast_all(asked.record, as_of=asked.as_of, policy=asked.policy)
    return [answer.summary() for answer in answers]


@app.post("/check-date")
def check_date(asked: Visit) -> DateCheck:
    return bs.check_date(
        asked.record,
        asked.protocol,
        on=asked.on,
        as_of=asked.as_of,
        policy=asked.policy,
        planned_units=asked.units,
    )


@app.post("/check-dose-limits")
def check_dose_limits(asked: Visit) -> tuple[LimitCheck, ...]:
    return bs.check_dose_limits(
        asked.record,
        asked.protocol,
        on=asked.on,
        units=asked.units,
        as_of=asked.as_of,
        policy=asked.policy,
    )


@app.post("/cycles")
def cycles(asked: Track) -> tuple[TreatmentCycle, ...]:
    return bs.treatment_cycles(asked.record, asked.protocol, as_of=asked.as_of, policy=asked.policy)


@app.post("/project")
def project(asked: Track) -> tuple[ProjectedSession, ...]:
    return bs.project(asked.record, asked.protocol, as_of=asked.as_of, policy=asked.policy)


@app.post("/exposure")
def exposure(asked: Exposed) -> Exposure:
    return bs.exposure(
        asked.record,
        product=asked.product,
        window=asked.window,
        on=asked.on,
        as_of=asked.as_of,
        policy=asked.policy,
    )
