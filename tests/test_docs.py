"""The documentation as it is built: sizes, names, links, search.

The tests read the pages in the folder that BUILT_DOCS names; ``make docs`` builds them.
"""

import json
import os
import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
BUILT = Path(os.environ.get("BUILT_DOCS", ""))
MOST_BYTES = 150 * 1024

pytestmark = [
    pytest.mark.skipif(not DOCS.is_dir(), reason="the documentation is not here"),
    pytest.mark.skipif("BUILT_DOCS" not in os.environ, reason="the pages are not built"),
]


def _pages(folder: str = "") -> list[Path]:
    return sorted(path for path in (BUILT / folder).rglob("*.html") if "_static" not in path.parts)


def _entries() -> dict[str, str]:
    """The public names by path, as the pages are linked by them."""
    sys.path.insert(0, str(DOCS))
    try:
        return dict(import_module("reference_links").ENTRIES)
    finally:
        sys.path.remove(str(DOCS))


class _Page(HTMLParser):
    """The places of a page that can be linked, and where its links lead."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.places: set[str] = set()
        self.links: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.places |= {given.get("id") or ""}
        if tag == "a" and (target := given.get("href")):
            self.links.append(target)


class TestThePages:
    def test_each_page_of_the_reference_is_small(self) -> None:
        sizes = {path.name: path.stat().st_size for path in _pages("reference")}
        assert len(sizes) > 20
        assert {name for name, size in sizes.items() if size >= MOST_BYTES} == set()

    def test_no_page_names_a_module_from_which_nobody_should_import(self) -> None:
        public = set(_entries())
        packages = {path.rpartition(".")[0] for path in public}
        known = public | packages | {"botox_schedule.cli.main"}  # what PyInstaller starts
        written = {
            name
            for path in _pages()
            if path.name != "changelog.html"
            for name in re.findall(r"botox_schedule(?:\.\w+)+", path.read_text("utf-8"))
        }
        private = {n for n in written if n not in known and n.rpartition(".")[0] not in public}
        assert private == set()

    def test_no_type_is_named_with_an_underscore(self) -> None:
        pages = "".join(path.read_text(encoding="utf-8") for path in _pages("reference"))
        assert re.findall(r">_[A-Z]\w+<", pages) == []

    def test_a_value_is_shown_with_its_fields_and_their_defaults(self) -> None:
        page = re.sub("<[^>]+>", "", (BUILT / "reference" / "policy.html").read_text("utf-8"))
        assert "SchedulingPolicy(*, payer_minimum=None, payer=()" in " ".join(page.split())
        assert "scheduled_grace='7 days'" in page

    def test_the_first_page_has_cards_a_picture_and_both_installers(self) -> None:
        page = (BUILT / "index.html").read_text(encoding="utf-8")
        assert page.count("sd-card-title") >= 10
        assert "ribbon.svg" in page
        assert all(f'data-sync-id="{name}"' in page for name in ("pip", "uv"))

    def test_copied_code_has_no_prompts(self) -> None:
        script = (BUILT / "_static" / "copybutton.js").read_text(encoding="utf-8")
        (pattern, is_regexp) = re.findall(r"formatCopyText\(text, '(.*?)', (\w+)", script)[0]
        prompt = re.compile(pattern.replace("\\\\", "\\"))
        assert is_regexp == "true"
        assert [bool(prompt.match(text)) for text in (">>> f()", "... 1", "$ ls", "f()")] == [
            True,
            True,
            True,
            False,
        ]


class TestLinks:
    def test_each_link_within_the_pages_leads_somewhere(self) -> None:
        pages = {path.resolve(): _Page(path) for path in _pages()}
        broken = [
            f"{path.name}: {link}"
            for path, page in pages.items()
            for link in page.links
            if not urlsplit(link).scheme and not _leads_somewhere(path, link, pages)
        ]
        assert broken == []

    def test_each_name_of_a_function_leads_to_its_entry(self) -> None:
        entries = _entries()
        functions = {path.rpartition(".")[2]: path for path in entries if path.islower()}
        for source in (*DOCS.glob("how-to/*.md"), *DOCS.glob("explanation/*.md")):
            text = source.read_text(encoding="utf-8")
            named = set(re.findall(r"\bbs\.(\w+)\(", text)) & functions.keys()
            page = (BUILT / source.relative_to(DOCS)).with_suffix(".html").read_text("utf-8")
            assert {n for n in named if f'#botox_schedule.{n}"' not in page} == set(), source

    def test_types_of_python_lead_to_its_documentation(self) -> None:
        found = {link for link in _outside() if link.startswith("https://docs.python.org/")}
        assert "https://docs.python.org/3/library/datetime.html#datetime.date" in found
        assert "https://docs.python.org/3/library/decimal.html#decimal.Decimal" in found
        address = re.compile(r"https://docs\.python\.org/3/library/([\w.]+)\.html#\1\.\w+")
        assert [link for link in found if not address.fullmatch(link)] == []

    def test_types_of_pydantic_lead_to_its_documentation(self) -> None:
        found = {link for link in _outside() if link.startswith("https://docs.pydantic.dev/")}
        api = "https://docs.pydantic.dev/latest/api"
        assert found == {
            f"{api}/base_model/#pydantic.BaseModel",
            f"{api}/pydantic_core/#pydantic_core.ValidationError",
        }


def _outside() -> Iterator[str]:
    for path in _pages("reference"):
        yield from (link for link in _Page(path).links if urlsplit(link).scheme)


def _leads_somewhere(path: Path, link: str, pages: dict[Path, _Page]) -> bool:
    parts = urlsplit(link)
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path.resolve()
    if not parts.fragment or target not in pages:
        return target.exists()
    return unquote(parts.fragment) in pages[target].places


class TestSearch:
    @pytest.mark.parametrize(
        ("word", "page"),
        [
            ("pregnancy", "how-to/pause"),
            ("vacation", "how-to/book"),
            ("vacation", "how-to/pause"),
            ("postpone", "how-to/pause"),
            ("early", "explanation/four-dates"),
            ("late", "explanation/four-dates"),
            ("overdue", "how-to/recall-list"),
            ("insurance", "reference/authorizations"),
        ],
    )
    def test_it_finds_a_page_by_the_words_of_users(self, word: str, page: str) -> None:
        assert page in _found(word)


def _found(word: str) -> list[str]:
    english = pytest.importorskip("sphinx.search.en", reason="Sphinx is not installed")
    text = (BUILT / "searchindex.js").read_text(encoding="utf-8")
    index: dict[str, Any] = json.loads(text.removeprefix("Search.setIndex(").removesuffix(")"))
    stem = english.SearchEnglish({}).stem(word)
    numbers: list[int] = []
    for terms in (index["terms"], index["titleterms"]):
        found = terms.get(stem, [])
        numbers += [found] if isinstance(found, int) else found
    return [index["docnames"][number] for number in numbers]
