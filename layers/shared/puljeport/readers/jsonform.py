"""Forms as JSON, for systems that send applications themselves.

`{"call": "…", "version": 3, "values": {"field": text, number, true/false, ["choice", …] or [{"column": …}, …]}}`.
Python's json takes more than RFC 8259 and loses what it should not (duplicate names, the digits of a number): what is
ambiguous or not JSON is refused here, and numbers are kept as written, with the decimal comma that forms use.
"""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal
from typing import Any, Never

from puljeport.errors import Unreadable
from puljeport.problems import problem
from puljeport.rawforms import TICKED, UNTICKED, Name, RawCell, RawField, RawForm, RawTable, Way
from puljeport.readers.bounds import MAX_CELLS, too_much_text
from puljeport.texts import Text

MAX_SIZE = 2 * 1024 * 1024
MAX_DEPTH = 32
MAX_DIGITS = 400
MAX_KEY = 100

_BOM = b"\xef\xbb\xbf"
_BRACKETS = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
_UNFIT = re.compile("[\0\ud800-\udfff]")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class _Number(str):
    """A number in the digits it was written in."""

    __slots__ = ()


def sniff(data: bytes) -> bool:
    """Whether the file begins as a JSON object or list does, in UTF-8 or UTF-16."""
    head = data[:64].removeprefix(_BOM).removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    return head.replace(b"\0", b"").lstrip()[:1] in (b"{", b"[") and data[:2] != b"{\\"


def read(data: bytes) -> RawForm:
    """The form in a JSON file. Places are JSON paths, with rows from 0. Raises Unreadable."""
    if len(data) > MAX_SIZE:
        size = f"{len(data) / 1024 / 1024:.1f}"
        raise Unreadable(problem("too_large", size_mb=Text(da=size.replace(".", ","), en=size), limit_mb=2))
    document = _parsed(_decoded(data))
    if not isinstance(document, dict):
        _refuse("yderst skal der stå et objekt, { … }", "the outermost value must be an object, { … }")
    for key in document:
        if key not in ("call", "version", "values"):
            _refuse(
                f"yderst er »{_clip(key)}« ikke et navn, vi kender; brug call, version og values",
                f"“{_clip(key)}” is not a name we know at the outermost level; use call, version and values",
            )
    values = document.get("values")
    if not isinstance(values, dict):
        _refuse(
            "»values« skal være et objekt med felternes svar", "“values” must be an object with the fields' answers"
        )
    fields, tables = _answers(values)
    return RawForm("json", _call(document.get("call")), _version(document.get("version")), tuple(fields), tuple(tables))


def _refuse(da: str, en: str) -> Never:
    raise Unreadable(problem("bad_json", why=Text(da=da, en=en)))


def _clip(text: str) -> str:
    return text if len(text) <= MAX_KEY else text[:MAX_KEY] + "…"


def _decoded(data: bytes) -> str:
    try:
        text = data.removeprefix(_BOM).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable(problem("not_utf8")) from error
    if "\0" in text:
        raise Unreadable(problem("not_utf8"))
    depth = 0
    for match in _BRACKETS.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(match[0], 0)
        if depth > MAX_DEPTH:
            raise Unreadable(problem("too_deep"))
    return text


def _parsed(text: str) -> Any:
    try:
        return json.loads(
            text, object_pairs_hook=_object, parse_float=_float, parse_int=_integer, parse_constant=_constant
        )
    except json.JSONDecodeError as error:
        _refuse(
            f"fejlen er i linje {error.lineno}, tegn {error.colno}",
            f"the fault is in line {error.lineno}, column {error.colno}",
        )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        _text(key)
        if key in result:
            _refuse(
                f"navnet »{_clip(key)}« står to gange i samme objekt",
                f"the name “{_clip(key)}” occurs twice in one object",
            )
        result[key] = value
    return result


def _text(text: str) -> str:
    if _UNFIT.search(text):
        _refuse(
            "en tekst indeholder et halvt tegn eller et nultegn", "a text contains half a character or a null character"
        )
    return text


def _constant(text: str) -> Never:
    _refuse(f"{text} er ikke et tal i JSON", f"{text} is not a number in JSON")


def _integer(digits: str) -> _Number:
    if len(digits) > MAX_DIGITS:
        _refuse("et tal er for stort", "a number is too big")
    return _Number(digits)


def _float(digits: str) -> _Number:
    _integer(digits)
    if not math.isfinite(float(digits)):
        _refuse("et tal er for stort", "a number is too big")
    number = Decimal(digits)
    if not number.is_zero() and abs(number.adjusted()) > MAX_DIGITS:
        _refuse("et tal er for lille", "a number is too small")
    # Outside JSON `1.234` is a thousand and more to a Dane: with a comma it can be read in one way only.
    return _Number("0" if number.is_zero() else f"{number:f}".replace(".", ","))


def _call(value: Any) -> str | None:
    if value is None or (isinstance(value, str) and not isinstance(value, _Number)):
        return _text(value) if value else None
    _refuse("»call« skal være puljens id som tekst", "“call” must be the call's id as a text")


def _version(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, _Number) and value.isdecimal() and len(value) <= 9:
        return int(value)
    _refuse("»version« skal være et helt tal", "“version” must be a whole number")


def _at(path: str) -> Text:
    return Text(da=path, en=path)


def _step(key: str) -> str:
    return (
        f".{key}" if _NAME.fullmatch(key) and len(key) <= MAX_KEY else f"[{json.dumps(_clip(key), ensure_ascii=False)}]"
    )


def _answers(values: dict[str, Any]) -> tuple[list[RawField], list[RawTable]]:
    fields: list[RawField] = []
    tables: list[RawTable] = []
    for key, value in values.items():
        path = "$.values" + _step(key)
        if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
            tables.append(_table(key, value, path))
        elif isinstance(value, list) and value:
            fields.extend(
                RawField((Name(Way.TAG, f"{key}.{_chosen(item, path)}"),), RawCell(TICKED, _at(f"{path}[{index}]")))
                for index, item in enumerate(value)
            )
        else:
            text = "" if value == [] else _scalar(value, path)
            fields.append(RawField((Name(Way.TAG, key),), RawCell(text, _at(path))))
    return fields, tables


def _chosen(item: Any, path: str) -> str:
    if not isinstance(item, str):
        _refuse(
            f"i {path} skal alle svar være tekster eller alle være rækker",
            f"in {path} all answers must be texts, or all rows",
        )
    return _text(item)


def _scalar(value: Any, path: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return TICKED if value else UNTICKED
    if isinstance(value, str):
        return _text(value)
    _refuse(
        f"i {path} kan der kun stå en tekst, et tal, true eller false",
        f"{path} can only hold a text, a number, true or false",
    )


def _table(key: str, rows: list[dict[str, Any]], path: str) -> RawTable:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    if len(columns) * len(rows) > MAX_CELLS:
        raise too_much_text()
    cells = (
        tuple(
            RawCell(_scalar(row.get(column), where := f"{path}[{index}]{_step(column)}"), _at(where))
            for column in columns
        )
        for index, row in enumerate(rows)
    )
    names = tuple((Name(Way.TAG, column),) for column in columns)
    return RawTable(
        (Name(Way.TAG, key),), names, tuple(row for row in cells if any(cell.text for cell in row)), _at(path)
    )
