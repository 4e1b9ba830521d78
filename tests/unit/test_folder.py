import os
import shutil
import tempfile
import unicodedata
from pathlib import Path

import pytest

from sophia.adapters.folder.source import FolderSource
from sophia.domain.knowledge import DocumentFailure, DocumentListing
from sophia.errors import DocumentRejected, NotFound, Unavailable


@pytest.fixture
def root(tmp_path):
    (tmp_path / "docs").mkdir()
    return tmp_path / "docs"


def entries(source):
    return {entry.external_id: entry for entry in source.list()}


def reason(source, external_id):
    entry = entries(source)[external_id]
    assert isinstance(entry, DocumentFailure)
    assert entry.source == source.name
    return entry.reason


def test_lists_in_order_and_passes_over_hidden_and_unknown(root):
    for name in ("b.md", "a/z.PDF", "a/.hidden.md", ".git/config.md", "c.exe", "a/b/c.txt"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    source = FolderSource("docs", root, readers=frozenset({"group:soc"}))
    assert list(entries(source)) == ["a/b/c.txt", "a/z.PDF", "b.md"]
    assert entries(source)["b.md"].readers == {"group:soc"}
    for unlisted in (
        "c.exe",
        "a/.hidden.md",
        ".git/config.md",
        "a",
        "a/",
        "a//z.PDF",
        "./b.md",
        "a/../b.md",
        "x" * 5000 + ".md",
    ):
        with pytest.raises(NotFound):
            source.fetch(unlisted)


def test_uri_and_name(root):
    (root / "año nuevo.md").write_text("x")
    document = FolderSource("docs", root).fetch("año nuevo.md")
    assert document.uri == (root / "año nuevo.md").as_uri()
    assert document.name == "año nuevo.md"


def test_external_id_is_nfc_whatever_the_disk_says(root):
    name = unicodedata.normalize("NFD", "política.md")
    (root / name).write_text("x")
    source = FolderSource("docs", root)
    (listing,) = source.list()
    assert listing.external_id == "política.md"
    assert source.fetch(listing.external_id).content == b"x"
    with pytest.raises(NotFound):
        source.fetch(name)


def test_names_that_differ_in_code_points_only(root):
    (root / unicodedata.normalize("NFD", "é.md")).write_text("1")
    (root / unicodedata.normalize("NFC", "é.md")).write_text("2")
    kinds = sorted(type(entry).__name__ for entry in FolderSource("docs", root).list())
    assert kinds == ["DocumentFailure", "DocumentListing"]


def test_links(root, tmp_path):
    (tmp_path / "secret.md").write_text("secret")
    (tmp_path / "outside").mkdir()
    (root / "real").mkdir()
    (root / "real" / "a.md").write_text("inside")
    (root / ".versions").mkdir()
    (root / ".versions" / "v.md").write_text("version")
    (root / "out.md").symlink_to(tmp_path / "secret.md")
    (root / "outdir").symlink_to(tmp_path / "outside")
    (root / "in.md").symlink_to(root / "real" / "a.md")
    (root / "real" / "loop").symlink_to(root)
    (root / "self.md").symlink_to(root / "self.md")
    (root / "dangling.md").symlink_to(root / "nothing.md")
    (root / "again").symlink_to(root / "real")
    (root / "current").symlink_to(root / ".versions")
    source = FolderSource("docs", root)
    taken = [entry.external_id for entry in source.list() if isinstance(entry, DocumentListing)]
    assert taken == ["current/v.md", "in.md", "real/a.md"]
    assert "out of the folder" in reason(source, "out.md")
    assert "out of the folder" in reason(source, "outdir")
    assert "leads back" in reason(source, "real/loop")
    assert "link to" in reason(source, "self.md")
    assert "link to" in reason(source, "dangling.md")
    assert source.fetch("in.md").content == b"inside"
    assert source.fetch("current/v.md").content == b"version"
    for bad in ("out.md", "dangling.md", "self.md"):
        with pytest.raises(DocumentRejected):
            source.fetch(bad)


def test_a_folder_exchanged_for_a_link_after_listing(root, tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a.md").write_text("secret")
    (root / "sub").mkdir()
    (root / "sub" / "a.md").write_text("ours")
    source = FolderSource("docs", root)
    assert list(entries(source)) == ["sub/a.md"]
    (root / "sub" / "a.md").unlink()
    (root / "sub").rmdir()
    (root / "sub").symlink_to(tmp_path / "outside")
    with pytest.raises(DocumentRejected, match="out of the folder"):
        source.fetch("sub/a.md")


def test_special_files(root):
    os.mkfifo(root / "pipe.md")
    (root / "folder.md").mkdir()
    source = FolderSource("docs", root)
    assert "no regular file" in reason(source, "pipe.md")
    assert list(entries(source)) == ["pipe.md"]
    with pytest.raises(DocumentRejected):
        source.fetch("pipe.md")
    with pytest.raises(DocumentRejected):
        source.fetch("folder.md")


def test_limits(root):
    for name in "abc":
        (root / f"{name}.md").write_text(name)
    (root / "b.md").write_text("b" * 100)
    source = FolderSource("docs", root, max_bytes=50, max_documents=2)
    assert "100 bytes" in reason(source, "b.md")
    assert "more than the 2 documents" in reason(source, "c.md")
    with pytest.raises(DocumentRejected, match="100 bytes"):
        source.fetch("b.md")


def test_a_huge_file_is_never_read(root):
    with (root / "huge.md").open("wb") as file:
        file.truncate(201 * 2**20)
    source = FolderSource("docs", root, max_bytes=2**40)
    assert "more than" in reason(source, "huge.md")


@pytest.fixture
def nobody():
    """Whoever runs the tests is not root while a test runs, for root may read everything."""
    was = os.geteuid()
    place = Path(tempfile.mkdtemp())
    place.chmod(0o777)
    if was == 0:
        os.seteuid(65534)
    (place / "docs").mkdir()
    yield place / "docs"
    os.seteuid(was)
    shutil.rmtree(place)


def test_what_may_not_be_read_is_named_and_hides_nothing(nobody):
    (nobody / "a.md").write_text("x")
    (nobody / "a.md").chmod(0)
    (nobody / "b.md").write_text("x")
    (nobody / "closed").mkdir(mode=0)
    source = FolderSource("docs", nobody)
    assert "permission" in reason(source, "a.md")
    assert "permission" in reason(source, "closed/")
    assert isinstance(entries(source)["b.md"], DocumentListing)
    with pytest.raises(DocumentRejected, match="permission"):
        source.fetch("a.md")
    nobody.chmod(0)
    with pytest.raises(Unavailable):
        list(source.list())


def test_a_name_that_is_no_text(root):
    (root / os.fsdecode(b"\xff.md")).write_text("x")
    source = FolderSource("docs", root)
    assert "UTF-8" in reason(source, "?.md")


def test_missing_root(tmp_path):
    (tmp_path / "file").write_text("x")
    for root in (tmp_path / "nothing", tmp_path / "file"):
        with pytest.raises(Unavailable):
            list(FolderSource("docs", root).list())


def test_a_change_is_seen_even_when_size_and_time_stay(root):
    (root / "a.md").write_text("one")
    source = FolderSource("docs", root)
    first = entries(source)["a.md"].fingerprint
    about = (root / "a.md").stat()
    (root / "a.md").write_text("two")
    os.utime(root / "a.md", ns=(about.st_atime_ns, about.st_mtime_ns))
    assert entries(source)["a.md"].fingerprint != first


def test_include_patterns(root):
    (root / "a.md").write_text("x")
    (root / "b.cfg").write_text("x")
    assert list(entries(FolderSource("docs", root, include=("*.CFG",)))) == ["b.cfg"]
