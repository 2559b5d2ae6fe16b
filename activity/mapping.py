"""Mappings: how any retailer's export is read as activity, in YAML (docs/activity-files.md).

Strict: an unknown key, a value of the wrong kind, a field that is none of ours is an error that names file, line and
field. Every scalar is taken as it is written (NO is Norway, 010 stays 010).
"""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import ZoneInfo, available_timezones

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from activity import canonical
from activity.reading.blocks import Unreadable

CLEANERS = ("strip", "upper", "lower", "digits", "strip_decimals", "strip_zeros")
Cleaner = Literal["strip", "upper", "lower", "digits", "strip_decimals", "strip_zeros"]
_LARGEST = 1 << 20


class MappingRefused(Unreadable):
    """The mapping is not valid; one line per error."""


def _field(name: str) -> str:
    if not canonical.is_field(name):
        raise ValueError(f"{name} is no field of an activity file")
    return name


def _one(text: str) -> str:
    if len(text.encode()) != 1 or text in '\r\n"':
        raise ValueError("one plain character is wanted")
    return text


FieldName = Annotated[str, AfterValidator(_field)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Document = TypeVar("Document", bound=Strict)


class Csv(Strict):
    """How a CSV file is written."""

    delimiter: Annotated[str, AfterValidator(_one)] = ","
    encoding: str = "utf-8"
    decimal: Literal[".", ","] = "."
    quote: Literal['"', "'", ""] = '"'

    @field_validator("encoding")
    @classmethod
    def _reads_lines(cls, name: str) -> str:
        try:
            if 'a,"1\n'.encode(name) != b'a,"1\n' or b'a,"1\n'.decode(name) != 'a,"1\n':
                raise ValueError(f"{name} does not keep line ends in single bytes: save the file as utf-8")
        except (LookupError, TypeError):
            raise ValueError(f"{name} is no encoding") from None
        return codecs.lookup(name).name


class Condition(Strict):
    """A comparison of one of the file's own columns."""

    column: str
    eq: str | None = None
    ne: str | None = None
    lt: Decimal | None = None
    le: Decimal | None = None
    gt: Decimal | None = None
    ge: Decimal | None = None
    in_: tuple[str, ...] | None = Field(None, alias="in")
    not_in: tuple[str, ...] | None = None
    starts_with: str | None = None
    contains: str | None = None
    is_set: bool | None = None

    @model_validator(mode="after")
    def _one_comparison(self) -> Condition:
        if len(self.model_fields_set - {"column"}) != 1:
            raise ValueError("a column and one comparison are wanted")
        for name in ("lt", "le", "gt", "ge"):
            value = getattr(self, name)
            if value is not None and (not value.is_finite() or value.as_tuple().exponent < -3 or abs(value) > 10**12):
                raise ValueError(f"{name} wants a number with at most three decimals")
        return self

    @property
    def comparison(self) -> tuple[str, Any]:
        name = next(iter(self.model_fields_set - {"column"}))
        return name.removesuffix("_"), getattr(self, name)


class Lookup(Strict):
    """A field by what another column says."""

    column: str
    values: dict[str, str]
    default: str | None = None


class Dates(Strict):
    """How moments are written, and the time zone of those without an offset (else the store's)."""

    format: str | None = None
    timezone: str | None = None

    @field_validator("format")
    @classmethod
    def _says_a_day(cls, text: str | None) -> str | None:
        if text is not None and not ("%d" in text or "%j" in text or "%F" in text or "%D" in text or "%s" in text):
            raise ValueError("the format names no day; write it like %d/%m/%Y %H:%M")
        return text

    @field_validator("timezone")
    @classmethod
    def _exists(cls, name: str | None) -> str | None:
        if name is not None and name not in available_timezones():
            raise ValueError(f"{name} is no time zone")
        return name and ZoneInfo(name).key


class Returns(Strict):
    """Which rows are of returns, and what their receipt ids begin with."""

    when: Condition
    strip_prefix: str | None = None


def check_said_once(*parts: Iterable[str]) -> None:
    """Raise ValueError for fields that more than one part of a mapping fills: its columns, constants and lookup."""
    said = [name for part in parts for name in part]
    twice = sorted({name for name in said if said.count(name) > 1})
    if twice:
        raise ValueError(f"{', '.join(twice)}: said in more than one of columns, constants and lookup")


class Mapping(Strict):
    version: Literal["1"]
    format: Literal["csv", "ndjson", "parquet", "xlsx"] | None = None
    csv: Csv = Csv()
    columns: dict[FieldName, str] | None = None
    constants: dict[FieldName, str] = {}
    lookup: dict[FieldName, Lookup] = {}
    dates: Dates = Dates()
    clean: dict[FieldName, tuple[Cleaner, ...]] = {}
    returns: Returns | None = None
    skip: tuple[Condition, ...] = ()
    members: Literal["create", "match"] = "match"

    @field_validator("clean", mode="before")
    @classmethod
    def _one_or_more(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: [how] if isinstance(how, str) else how for name, how in value.items()}
        return value

    @model_validator(mode="after")
    def _said_once(self) -> Mapping:
        check_said_once(self.columns or (), self.constants, self.lookup)
        if self.format and self.format != "csv" and "csv" in self.model_fields_set:
            raise ValueError(f"csv: a {self.format} file is not written as CSV")
        return self

    @property
    def sha256(self) -> bytes:
        """Of what it says, not of how it is laid out."""
        return hashlib.sha256(self.model_dump_json(by_alias=True).encode()).digest()


def read(path: Path) -> Mapping:
    """The mapping of a file. Raises MappingRefused with a line for each error."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise MappingRefused(f"{path}: {error.strerror}") from None
    return parse(text, path.name)


def parse(content: bytes, name: str) -> Mapping:
    """As `read`, of bytes; `name` is what errors call the file."""
    return parse_as(Mapping, content, name)


def parse_as(kind: type[Document], content: bytes, name: str) -> Document:
    """As `parse`, of another kind of mapping written by the same rules."""
    if len(content) > _LARGEST:
        raise MappingRefused(f"{name}: a mapping has at most {_LARGEST} bytes")
    try:
        root = yaml.compose(content.decode("utf-8-sig"), Loader=yaml.SafeLoader)
        plain = _plain(root, name) if root else {}
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise MappingRefused(f"{name}: line {line}: {error.problem}") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise MappingRefused(f"{name}: this is no YAML: {error}"[:300]) from None
    try:
        return kind.model_validate(plain)
    except ValidationError as refused:
        lines = [
            f"{name}: line {_line(root, error['loc'])}: {_path(error['loc'])}{_message(error)}"
            for error in refused.errors()
        ]
        raise MappingRefused("\n".join(lines)) from None


def _plain(node: yaml.Node, name: str) -> Any:
    if isinstance(node, yaml.ScalarNode):
        plain_null = node.style is None and node.value in ("", "~", "null")
        return None if plain_null else node.value
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, name) for item in node.value]
    assert isinstance(node, yaml.MappingNode)
    plain: dict[str, Any] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise MappingRefused(f"{name}: line {key.start_mark.line + 1}: a key is a single word")
        if key.value in plain:
            raise MappingRefused(f"{name}: line {key.start_mark.line + 1}: {key.value} is there twice")
        plain[key.value] = _plain(value, name)
    return plain


def _line(node: yaml.Node | None, place: tuple[int | str, ...]) -> int:
    """The line of the deepest node on the way to `place`."""
    line = 1
    for step in place:
        found = next(_steps(node, step), None)
        if found is None:
            break
        line, node = found
    return line


def _steps(node: yaml.Node | None, step: int | str) -> Iterator[tuple[int, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == step:
                yield key.start_mark.line + 1, value
    elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        yield node.value[step].start_mark.line + 1, node.value[step]


def _path(place: tuple[int | str, ...]) -> str:
    named = ".".join(str(step) for step in place if step != "[key]")
    return f"{named}: " if named else ""


def _message(error: Any) -> str:
    if error["type"] == "extra_forbidden":
        return "is no key of a mapping"
    if error["type"] == "missing":
        return "is missing"
    return str(error["msg"]).removeprefix("Value error, ")
