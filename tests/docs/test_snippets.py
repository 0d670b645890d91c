"""Every Python snippet of the README and the documentation runs, page by page, in an empty folder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(page.relative_to(ROOT).as_posix() for page in (ROOT / "README.md", *(ROOT / "docs").glob("**/*.md")))
SNIPPET = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def snippets(page: str) -> list[str]:
    """Return the Python snippets of a page, each moved down to its own line so that tracebacks point at the page."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return ["\n" * text.count("\n", 0, found.start(1)) + found[1] for found in SNIPPET.finditer(text)]


@pytest.mark.parametrize("page", [page for page in PAGES if snippets(page)])
def test_snippets_run(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "snippet"}
    for code in snippets(page):
        exec(compile(code, str(ROOT / page), "exec", dont_inherit=True), names)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    targets = (link.split("#")[0] for link in LINK.findall((ROOT / page).read_text(encoding="utf-8")))
    missing = [to for to in targets if to and "://" not in to and not ((ROOT / page).parent / to).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES)
def test_every_fence_is_closed_and_names_its_language(page: str) -> None:
    lines = (ROOT / page).read_text(encoding="utf-8").splitlines()
    fences = [line.strip() for line in lines if line.lstrip().startswith("```")]
    assert len(fences) % 2 == 0
    assert "```" not in fences[::2]


def test_the_readme_and_the_pages_are_found() -> None:
    assert "README.md" in PAGES
    assert len(PAGES) > 5
    assert snippets("README.md")
