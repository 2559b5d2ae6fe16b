"""A strict YAML 1.2 reader: text, lists and mappings, every value as it was written, every place by its line.

No anchors, aliases, tags, merge keys or duplicate keys; nothing is guessed here. What a value means is decided by
the field that wants it: NO is Norway where text is wanted, "08" stays "08", and a number never becomes a float.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NoReturn

import yaml

from playbooks.problems import InvalidPlaybook, Problem

LARGEST_FILE = 4_000_000
DEEPEST = 30
MOST_PARTS = 200_000
MOST_PROBLEMS = 200

Path_ = tuple[str | int, ...]

_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Written(str):
    """A value as it stands in the file. `plain` is False when it was quoted or a block of text."""

    __slots__ = ("plain",)
    plain: bool

    def __new__(cls, text: str, *, plain: bool = True) -> Written:
        made = super().__new__(cls, text)
        made.plain = plain
        return made


@dataclass(frozen=True)
class Document:
    """What a file holds: mappings, lists and Written values, none of them empty; and the lines they stand on."""

    file: str
    tree: Any
    lines: dict[Path_, int] = field(repr=False)
    folder: Path | None = None
    """Where the file lies, and what it names beside it; None for text that came some other way."""

    def problem(self, path: Path_, message: str) -> Problem:
        """A problem at a path, or at the nearest thing around it that is there."""
        near = path
        while near not in self.lines and near:
            near = near[:-1]
        return Problem(self.file, self.lines.get(near, 1), spelled(path), message)


def spelled(path: Path_) -> str:
    """`rules[2].earn.fixed`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")[:200]


def read_file(path: Path) -> Document:
    """The document in a file. Raises InvalidPlaybook."""
    name = path.name
    try:
        with path.open("rb") as opened:
            data = opened.read(LARGEST_FILE + 1)
    except OSError as wrong:
        raise InvalidPlaybook([Problem(str(path), 1, "", f"cannot be read: {wrong.strerror}")]) from wrong
    return replace(read(data, name), folder=path.parent)


def read(data: bytes, file: str) -> Document:
    """The document in these bytes. Raises InvalidPlaybook."""
    if len(data) > LARGEST_FILE:
        _refuse(file, 1, f"is larger than {LARGEST_FILE // 1_000_000} MB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        _refuse(file, data.count(b"\n", 0, wrong.start) + 1, "is not text in UTF-8")
    if unfit := _UNFIT.search(text):
        line = text.count("\n", 0, unfit.start()) + 1
        _refuse(file, line, f"holds the character U+{ord(unfit.group()):04X}, which is no text")
    try:
        return _Builder(file).build(yaml.parse(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as wrong:
        mark = wrong.problem_mark or wrong.context_mark
        _refuse(file, mark.line + 1 if mark else 1, f"is not YAML: {wrong.problem or wrong.context}")
    except yaml.YAMLError as wrong:
        _refuse(file, 1, f"is not YAML: {str(wrong).splitlines()[0]}")


def _refuse(file: str, line: int, message: str) -> NoReturn:
    raise InvalidPlaybook([Problem(file, line, "", message)])


class _Builder:
    """Events to a tree, with a stack of its own: a hostile depth meets our limit, not Python's."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[Path_, int] = {}
        self.problems: list[Problem] = []
        self.stack: list[tuple[Any, Path_]] = []
        self.key: list[str | None] = []
        self.parts = 0
        self.root: list[Any] = []

    def build(self, events: Iterator[Any]) -> Document:
        documents = 0
        for event in events:
            match event:
                case yaml.DocumentStartEvent():
                    documents += 1
                    if documents > 1:
                        self._stop(event, "holds a second document: one file, one playbook")
                case yaml.NodeEvent():
                    self._node(event)
                case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                    self.stack.pop()
                    self.key.pop()
        if not self.root or self.root[0] is None:
            _refuse(self.file, 1, "is empty")
        if self.problems:
            raise InvalidPlaybook(self.problems)
        return Document(self.file, self.root[0], self.lines)

    def _node(self, event: Any) -> None:
        self.parts += 1
        if self.parts > MOST_PARTS:
            self._stop(event, f"has more than {MOST_PARTS} values")
        if isinstance(event, yaml.AliasEvent):
            self._stop(event, f"the alias *{event.anchor}: aliases are not taken, write the value again")
        if event.anchor:
            self._stop(event, f"the anchor &{event.anchor}: anchors are not taken")
        if event.tag:
            self._stop(event, f"the tag {event.tag}: tags are not taken")
        if self._is_key():
            self._take_key(event)
            return
        path = self._place(event)
        if isinstance(event, yaml.ScalarEvent):
            if (value := _value(event)) is None:
                self._note(event, path, "is empty: write a value, or leave it out")
            self._put(value)
        else:
            self._open([] if isinstance(event, yaml.SequenceStartEvent) else {}, path, event)

    def _is_key(self) -> bool:
        return bool(self.stack) and isinstance(self.stack[-1][0], dict) and self.key[-1] is None

    def _take_key(self, event: Any) -> None:
        if not isinstance(event, yaml.ScalarEvent):
            self._stop(event, "a key must be a word")
        holder, path = self.stack[-1]
        name = str(event.value)
        if name in holder:
            self._note(event, (*path, name), f"the key is written twice, first on line {self.lines[(*path, name)]}")
        self.lines.setdefault((*path, name), _line(event))
        self.key[-1] = name

    def _place(self, event: Any) -> Path_:
        if not self.stack:
            self.lines[()] = _line(event)
            return ()
        holder, path = self.stack[-1]
        if isinstance(holder, list):
            here: Path_ = (*path, len(holder))
            self.lines[here] = _line(event)
            return here
        return (*path, str(self.key[-1]))

    def _put(self, value: Any) -> None:
        if not self.stack:
            self.root.append(value)
            return
        holder, _ = self.stack[-1]
        if isinstance(holder, list):
            holder.append(value)
        else:
            holder[self.key[-1]] = value
            self.key[-1] = None

    def _open(self, made: Any, path: Path_, event: Any) -> None:
        if len(self.stack) >= DEEPEST:
            self._stop(event, f"is nested deeper than {DEEPEST} levels")
        self._put(made)
        self.stack.append((made, path))
        self.key.append(None)

    def _note(self, event: Any, path: Path_, message: str) -> None:
        self.problems.append(Problem(self.file, _line(event), spelled(path), message))
        if len(self.problems) >= MOST_PROBLEMS:
            raise InvalidPlaybook(self.problems)

    def _stop(self, event: Any, message: str) -> NoReturn:
        raise InvalidPlaybook([*self.problems, Problem(self.file, _line(event), "", message)])


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _value(event: Any) -> Written | None:
    plain = event.style is None or event.style == ""
    if plain and event.value in {"", "~"}:
        return None
    return Written(event.value, plain=plain)
