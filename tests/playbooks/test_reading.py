"""YAML 1.2 read strictly: as written, with lines, and hostile files meet a limit instead of a crash."""

import time
from pathlib import Path

import pytest

from playbooks import reading
from playbooks.problems import InvalidPlaybook


def read(text):
    return reading.read(text if isinstance(text, bytes) else text.encode(), "club.yaml")


def problems(text):
    with pytest.raises(InvalidPlaybook) as invalid:
        read(text)
    return [str(problem) for problem in invalid.value.problems]


def test_values_stay_as_written():
    tree = read(
        "country: NO\nsku: 0800\nquoted: '08'\nnumber: 1.50\nyes: yes\nday: 2026-01-31\ntext: |\n  a\n  b\n"
    ).tree
    assert tree == {
        "country": "NO", "sku": "0800", "quoted": "08", "number": "1.50", "yes": "yes", "day": "2026-01-31",
        "text": "a\nb\n",
    }  # fmt: skip
    assert (tree["sku"].plain, tree["quoted"].plain) == (True, False)


def test_every_place_has_its_line():
    document = read("a: 1\nb:\n  - x: 1\n  -\n    y: [p,\n        q]\n")
    assert document.lines == {
        (): 1, ("a",): 1, ("b",): 2, ("b", 0): 3, ("b", 0, "x"): 3, ("b", 1): 5, ("b", 1, "y"): 5,
        ("b", 1, "y", 0): 5, ("b", 1, "y", 1): 6,
    }  # fmt: skip
    assert str(document.problem(("b", 1, "z", "w"), "is wrong")) == "club.yaml:5: b[1].z.w: is wrong"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: &x 2", "club.yaml:2: the anchor &x: anchors are not taken"),
        ("a: *x", "club.yaml:1: the alias *x: aliases are not taken, write the value again"),
        ("a: !!str 1", "club.yaml:1: the tag tag:yaml.org,2002:str: tags are not taken"),
        ("a: ! b", "club.yaml:1: the tag !: tags are not taken"),
        ("a: 1\n\na: 2", "club.yaml:3: a: the key is written twice, first on line 1"),
        ("a: {b: 1, 'b': 2}", "club.yaml:1: a.b: the key is written twice, first on line 1"),
        ("a: 1\n---\nb: 2", "club.yaml:2: holds a second document: one file, one playbook"),
        ("{[a]: 1}", "club.yaml:1: a key must be a word"),
        ("a:\nb: 1", "club.yaml:1: a: is empty: write a value, or leave it out"),
        ("a: [1, ~]", "club.yaml:1: a[1]: is empty: write a value, or leave it out"),
        ("", "club.yaml:1: is empty"),
        ("# nothing", "club.yaml:1: is empty"),
        ("a: 'x", "club.yaml:1: is not YAML: found unexpected end of stream"),
        ("a: b: c", "club.yaml:1: is not YAML: mapping values are not allowed in this context"),
        (b"a: 1\nb: \xff", "club.yaml:2: is not text in UTF-8"),
        ("a: 1\nb: \x07", "club.yaml:2: holds the character U+0007, which is no text"),
        ("[" * 50, "club.yaml:1: is nested deeper than 30 levels"),
    ],
)
def test_what_is_not_taken_is_named_with_its_line(text, expected):
    assert problems(text) == [expected]


def test_merge_keys_are_keys_like_others():
    assert read("<<: {a: 1}").tree == {"<<": {"a": "1"}}


def test_a_byte_order_mark_is_no_text():
    assert read(b"\xef\xbb\xbfa: 1").tree == {"a": "1"}


@pytest.mark.parametrize(
    "pattern", ["[", "{", "? ", "- ", "a: ", "x", "'", "\n", '"\\', "[a,", "#", "&", "!", "%", "*a ", "a:\n", "- a\n"]
)
def test_four_hostile_megabytes_are_answered_at_once(pattern):
    text = (pattern * (reading.LARGEST_FILE // len(pattern))).encode()
    began = time.process_time()
    try:
        read(text)
    except InvalidPlaybook as invalid:
        assert invalid.problems
    assert time.process_time() - began < 5


def test_a_file_over_the_limit_is_not_read():
    assert problems(b"x" * (reading.LARGEST_FILE + 1)) == ["club.yaml:1: is larger than 4 MB"]


def test_a_file_that_is_not_there(tmp_path: Path):
    with pytest.raises(InvalidPlaybook, match="cannot be read: No such file"):
        reading.read_file(tmp_path / "none.yaml")
    with pytest.raises(InvalidPlaybook, match="cannot be read: Is a directory"):
        reading.read_file(tmp_path)
