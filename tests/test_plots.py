"""Plots: what is drawn is what was answered."""

from typing import Any

import pytest

from botox_schedule import Interval
from botox_schedule.errors import CountError, IntervalError, PanelError

pl = pytest.importorskip("polars", reason="the extra panel is not installed")
matplotlib = pytest.importorskip("matplotlib", reason="the extra plots is not installed")
matplotlib.use("agg")

from matplotlib import pyplot as plt  # noqa: E402 - it needs the extra

from botox_schedule.views import plots  # noqa: E402


@pytest.fixture
def axes() -> Any:
    """Axes of the caller's own."""
    own: Any
    figure, own = plt.subplots()
    yield own
    plt.close(figure)


def test_the_histogram_counts_what_is_not_held(axes: Any) -> None:
    cycles = pl.DataFrame(
        {"interval_days": [None, 84, 85, 200, 91], "held": [False, False, False, True, False]}
    )
    drawn: Any = plots.interval_histogram(
        cycles, minimum=Interval(weeks=12), overdue_after_days=91, ax=axes
    )
    assert drawn is axes
    assert sum(bar.get_height() for bar in axes.patches) == 3
    assert [line.get_xdata()[0] for line in axes.lines] == [84, 91]
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == ["minimum: 84 days", "last day in time: 91 days"]


def test_no_line_no_legend(axes: Any) -> None:
    empty = pl.DataFrame({"interval_days": [None], "held": [False]})
    assert plots.interval_histogram(empty, ax=axes).get_legend() is None


def test_load_stacks_and_shows_capacity(axes: Any) -> None:
    load = pl.DataFrame(
        {
            "week": ["2026-W14", "2026-W15"],
            "booked": [3, 1],
            "expected": [2, 4],
            "capacity": [4, 4],
            "backlog": [1, 2],
        }
    )
    plots.load_against_capacity(load.lazy(), ax=axes)
    assert [bar.get_height() + bar.get_y() for bar in axes.patches] == [3, 1, 5, 5]
    assert list(axes.lines[1].get_ydata()) == [1, 2]
    unlimited = load.with_columns(capacity=pl.lit(None), backlog=pl.lit(None))
    assert not plots.load_against_capacity(unlimited).lines
    plt.close()


@pytest.mark.parametrize(("booked", "expected"), [(3, 0), (0, 0), (2, 2)])
def test_the_legend_of_the_load_has_room_above_the_bars(
    axes: Any, booked: int, expected: int
) -> None:
    load = pl.DataFrame(
        {"week": ["2026-W14"], "booked": [booked], "expected": [expected]}
    ).with_columns(capacity=pl.lit(None), backlog=pl.lit(None))
    plots.load_against_capacity(load, ax=axes)
    assert axes.get_ylim() == (0, pytest.approx(max(booked + expected, 1) * 1.3))


@pytest.mark.parametrize(("weeks", "named"), [(29, 29), (30, 15), (104, 26)])
def test_names_of_many_weeks_are_thinned_out(axes: Any, weeks: int, named: int) -> None:
    load = pl.DataFrame({"week": [f"W{week}" for week in range(weeks)]}).with_columns(
        booked=pl.lit(1), expected=pl.lit(1), capacity=pl.lit(3), backlog=pl.lit(0)
    )
    plots.load_against_capacity(load, ax=axes)
    names = [label.get_text() for label in axes.get_xticklabels()]
    assert (len(names), names[0], len(axes.patches)) == (named, "W0", 2 * weeks)


def test_adherence_has_a_line_for_each_group(axes: Any) -> None:
    found = pl.DataFrame(
        {
            "year": [2026, 2025, 2026, 2025],
            "clinic": ["north", "north", "south", "south"],
            "on_time_share": [0.8, 0.7, 0.5, None],
        }
    )
    plots.adherence_over_time(found, by="clinic", ax=axes)
    assert [list(line.get_ydata()) for line in axes.lines] == [[0.7, 0.8], [0.5]]
    assert len({line.get_marker() for line in axes.lines}) == 2


def test_sixteen_groups_have_lines_of_their_own(axes: Any) -> None:
    clinics = [f"clinic {number:02}" for number in range(16)]
    found = pl.DataFrame({"year": [2026] * 16, "clinic": clinics, "on_time_share": [0.8] * 16})
    plots.adherence_over_time(found, by="clinic", ax=axes)
    looks = [(line.get_color(), line.get_marker(), line.get_linestyle()) for line in axes.lines]
    assert len(set(looks)) == 16


def test_persistence_is_what_lifelines_says(axes: Any) -> None:
    lifelines = pytest.importorskip("lifelines", reason="lifelines is not installed")
    rows = pl.DataFrame(
        {
            "time": [10, 10, 20, 30, 30, 40, 55],
            "event": [True, False, True, True, False, False, True],
        }
    )
    plots.persistence_curve(rows, ax=axes)
    curve = lifelines.KaplanMeierFitter().fit(rows["time"].to_list(), rows["event"].to_list())
    shares = curve.survival_function_["KM_estimate"]
    drawn = dict(zip(axes.lines[0].get_xdata(), axes.lines[0].get_ydata(), strict=True))
    assert drawn == {float(time): pytest.approx(share) for time, share in shares.items()}
    assert list(axes.lines[1].get_xdata()) == [10, 30, 40]


def test_adherence_of_everybody_is_one_line_without_a_legend(axes: Any) -> None:
    found = pl.DataFrame({"year": [2025, 2026], "on_time_share": [0.7, 0.8]})
    plots.adherence_over_time(found, ax=axes)
    assert [list(line.get_ydata()) for line in axes.lines] == [[0.7, 0.8]]
    assert axes.get_legend() is None


def test_a_frame_of_pandas_is_counted_like_any_other(axes: Any) -> None:
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    cycles = pd.DataFrame({"interval_days": [None, 84.0, 91.0], "held": [False] * 3})
    plots.interval_histogram(cycles, ax=axes)
    assert axes.get_title() == "Intervals of 2 cycles"
    found = pd.DataFrame({"year": [2025, 2026], "on_time_share": [None, 0.8]})
    plots.adherence_over_time(found, ax=axes)
    assert list(axes.lines[0].get_ydata()) == [0.8]


def test_the_minimum_can_be_text(axes: Any) -> None:
    cycles = pl.DataFrame({"interval_days": [84], "held": [False]})
    plots.interval_histogram(cycles, minimum="12 weeks", ax=axes)
    assert [line.get_xdata()[0] for line in axes.lines] == [84]


@pytest.mark.parametrize("line", [{"minimum": 84}, {"overdue_after_days": "91"}])
def test_a_line_that_is_no_length_says_what_to_give(line: dict[str, Any], axes: Any) -> None:
    cycles = pl.DataFrame({"interval_days": [84], "held": [False]})
    with pytest.raises((IntervalError, CountError), match=r"give text such as|whole number"):
        plots.interval_histogram(cycles, **line, ax=axes)


def test_years_are_in_order_where_a_group_begins_later(axes: Any) -> None:
    found = pl.DataFrame(
        {
            "year": [2025, 2026, 2024, 2026],
            "clinic": ["north", "north", "south", "south"],
            "on_time_share": [0.5, 0.6, 0.7, 0.8],
        }
    )
    plots.adherence_over_time(found, by="clinic", ax=axes)
    assert [label.get_text() for label in axes.get_xticklabels()] == ["2024", "2025", "2026"]
    assert [list(line.get_xdata()) for line in axes.lines] == [[1, 2], [0, 2]]


def test_groups_that_were_not_named_are_not_joined_by_one_line(axes: Any) -> None:
    found = pl.DataFrame(
        {"year": [2025, 2025], "clinic": ["north", "south"], "on_time_share": [0.5, 0.7]}
    )
    with pytest.raises(PanelError, match="by: several rows have one year; name the column"):
        plots.adherence_over_time(found, ax=axes)


@pytest.mark.parametrize("kind", ["polars", "pandas", "pyarrow"])
def test_the_answer_to_another_question_is_refused(axes: Any, kind: str) -> None:
    found = pl.DataFrame({"indication": ["chronic-migraine"], "on_time_share": [0.5]})
    if kind != "polars":
        pytest.importorskip(kind, reason=f"{kind} is not installed")
        found = found.to_pandas() if kind == "pandas" else found.to_arrow()
    with pytest.raises(PanelError, match="missing: year; give the panel's answer to this"):
        plots.adherence_over_time(found, ax=axes)
    with pytest.raises(PanelError, match="missing: week, booked, expected, capacity, backlog"):
        plots.load_against_capacity(found, ax=axes)


def test_who_has_no_group_comes_last_along_the_axis(axes: Any) -> None:
    found = pl.DataFrame({"clinic": [None, "north"], "on_time_share": [0.5, 0.7]})
    plots.adherence_over_time(found, time="clinic", ax=axes)
    assert [label.get_text() for label in axes.get_xticklabels()] == ["north", "None"]
    assert [list(line.get_ydata()) for line in axes.lines] == [[0.7, 0.5]]
