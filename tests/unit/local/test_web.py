"""When the shop's page is built anew, and how it is swapped."""

from pathlib import Path

import pytest

from local import web


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A page's folder with one source file, and a build that writes one file."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.tsx").write_text("one")
    (tmp_path / "package-lock.json").write_text("{}")
    monkeypatch.setattr(web, "WEB", tmp_path)
    monkeypatch.setattr(web, "DIST", tmp_path / "dist")

    def run(command: list[str], _: str) -> None:
        if "vite" in command:
            draft = Path(command[-1])
            draft.mkdir()
            (draft / "index.html").write_text((tmp_path / "src" / "main.tsx").read_text())
        if "ci" in command:
            (tmp_path / "node_modules").mkdir(exist_ok=True)

    monkeypatch.setattr(web, "_run", run)
    return tmp_path


def test_it_is_built_once_for_what_is_there(sources: Path) -> None:
    assert not web.built()
    web.build()
    assert web.built()
    assert (sources / "dist" / "index.html").read_text() == "one"


@pytest.mark.parametrize("change", ["content", "new file", "name"])
def test_every_change_of_the_sources_is_noticed(sources: Path, change: str) -> None:
    web.build()
    file = sources / "src" / "main.tsx"
    if change == "content":
        file.write_text("two")
    elif change == "name":
        file.rename(sources / "src" / "other.tsx")
    else:
        (sources / "src" / "more.tsx").write_text("")
    assert not web.built()


def test_the_new_page_replaces_the_old_one_whole(sources: Path) -> None:
    web.build()
    (sources / "dist" / "of-the-old.js").write_text("")
    (sources / "src" / "main.tsx").write_text("two")
    web.build()
    assert (sources / "dist" / "index.html").read_text() == "two"
    assert not (sources / "dist" / "of-the-old.js").exists()
    assert [path.name for path in sources.glob(".dist-*")] == []


def test_a_build_that_fails_leaves_the_old_page(sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    web.build()
    (sources / "src" / "main.tsx").write_text("two")

    def fail(command: list[str], hint: str) -> None:
        raise web.BuildError(hint)

    monkeypatch.setattr(web, "_run", fail)
    with pytest.raises(web.BuildError):
        web.build()
    assert (sources / "dist" / "index.html").read_text() == "one"
    assert not web.built()


def test_the_lock_file_names_no_registry() -> None:
    lock = (web.ROOT / "web" / "package-lock.json").read_text()
    assert '"resolved"' not in lock
