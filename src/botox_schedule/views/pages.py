"""Fills the templates of pages, with the extra ``handout``; everything is cleaned and escaped."""

from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from botox_schedule.views.markup import clean


def _read(name: str) -> str:
    return (files("botox_schedule.views") / "templates" / name).read_text(encoding="utf-8")


def _cleaned(value: object) -> object:
    return value if isinstance(value, Markup) else clean(value)


_ENVIRONMENT = Environment(
    loader=FunctionLoader(_read),
    autoescape=select_autoescape(default=True, default_for_string=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    finalize=_cleaned,
)


def render(name: str, **values: object) -> str:
    """Return the page of a template."""
    return _ENVIRONMENT.get_template(name).render(**values)
