"""The pages of the site: those in docs/ and at the root, the commands, the components, a picture.

`mkdocs build` runs it (mkdocs.yml). A link that leads to no page of the site becomes plain text.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

import mkdocs_gen_files

from command.root import main

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


AT_THE_ROOT = {
    ROOT / "README.md": "index.md",
    ROOT / "CONTRIBUTING.md": "contributing.md",
    ROOT / "SECURITY.md": "security.md",
    ROOT / "CHANGELOG.md": "changelog.md",
}
LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]+)\]\((?P<path>[^)#:\s]+)(?P<anchor>#[^)]*)?\)")
DIAGRAM = re.compile(r"```mermaid\n.*?```", re.DOTALL)
PICTURE = "pictures/topology.svg"

COMMANDS = """\
# Commands

::: mkdocs-click
    :module: command.root
    :command: aws_vpn
    :prog_name: aws-vpn
    :depth: 1
"""


def main_pages() -> None:
    """The pages that are written by hand, with links that lead to pages of the site."""
    for source, page in AT_THE_ROOT.items():
        text = DIAGRAM.sub(f"![An environment]({PICTURE})", source.read_text(encoding="utf-8"))
        _write(page, _linked(text, source, page))
    for source in DOCS.rglob("*.md"):
        page = str(source.relative_to(DOCS))
        _write(page, _linked(source.read_text(encoding="utf-8"), source, page))


def components() -> None:
    """A page of all components, by their docstrings."""
    modules = sorted(path.stem for path in (ROOT / "components").glob("[a-z]*.py"))
    parts = ["# Components", *(f"## {name.replace('_', ' ')}\n\n::: components.{name}" for name in modules)]
    _write("components.md", "\n\n".join(parts))


def picture() -> None:
    """The topology that `aws-vpn report` draws of prod's stack file."""
    with tempfile.TemporaryDirectory() as folder:
        code = main(["report", "--stack", "prod", "--settings", "--out", folder])
        if code != 0:
            raise SystemExit(code)
        _write(PICTURE, (Path(folder) / "prod.svg").read_text(encoding="utf-8"))


def _linked(text: str, source: Path, page: str) -> str:
    def link(match: re.Match[str]) -> str:
        target = (source.parent / match["path"]).resolve()
        if target.exists() and target not in AT_THE_ROOT and not target.is_relative_to(DOCS):
            return match["text"]
        if target.is_dir():
            target /= "README.md"
        to = AT_THE_ROOT.get(target) or os.path.relpath(target, DOCS)
        return f"[{match['text']}]({os.path.relpath(to, Path(page).parent)}{match['anchor'] or ''})"

    return LINK.sub(link, text)


def _write(page: str, text: str) -> None:
    with mkdocs_gen_files.open(page, "w") as file:
        file.write(text)


main_pages()
components()
_write("commands.md", COMMANDS)
picture()
