from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mlconnector_sdk.mapping.toml_lines import key_lines

FILE = '''\
# who we trade with
unlisted = "ignore"

[partners.ACME]        # [not.a.header]
supplier = "a # b"
"quoted key" = 1
buyer = { id = "US", of = { x = 1 } }
account.id = "4711"
text = """
[partners.WRONG]
key = "no \\""" key"
"""""
raw = \'\'\'
a = 'b'
\'\'\'
list = [
  "a", # ]
  { k = 1.5, l = 1979-05-27T07:32:00Z },
  [ 1,

    2 ],
]
after = true

[partners]
late = {}

[[rows]]
a = 1
[[rows]]
a = 2
[rows.inside]
b = 3
[[rows.deep]]
c = 4
'''


def test_a_file_with_everything() -> None:
    lines = key_lines(FILE)
    acme = ("partners", "ACME")
    expected = {
        (): 1,
        ("unlisted",): 2,
        acme: 4,
        (*acme, "supplier"): 5,
        (*acme, "quoted key"): 6,
        (*acme, "buyer"): 7,
        (*acme, "buyer", "id"): 7,
        (*acme, "buyer", "of"): 7,
        (*acme, "buyer", "of", "x"): 7,
        (*acme, "account"): 8,
        (*acme, "account", "id"): 8,
        (*acme, "text"): 9,
        (*acme, "raw"): 13,
        (*acme, "list"): 16,
        (*acme, "list", 0): 17,
        (*acme, "list", 1): 18,
        (*acme, "list", 1, "k"): 18,
        (*acme, "list", 1, "l"): 18,
        (*acme, "list", 2): 19,
        (*acme, "list", 2, 0): 19,
        (*acme, "list", 2, 1): 21,
        (*acme, "after"): 23,
        ("partners",): 25,
        ("partners", "late"): 26,
        ("rows",): 28,
        ("rows", 0): 28,
        ("rows", 0, "a"): 29,
        ("rows", 1): 30,
        ("rows", 1, "a"): 31,
        ("rows", 1, "inside"): 32,
        ("rows", 1, "inside", "b"): 33,
        ("rows", 1, "deep"): 34,
        ("rows", 1, "deep", 0): 34,
        ("rows", 1, "deep", 0, "c"): 35,
    }
    assert dict(lines) == expected
    assert set(lines) == {(), *paths(tomllib.loads(FILE))}


def test_windows_line_ends_count_once() -> None:
    assert key_lines('a = 1\r\nb = """\r\n"""\r\nc = 1\r\n')["c",] == 4


def test_what_python_can_read_is_not_too_deep() -> None:
    deep = "a = " + "[" * 400 + "]" * 400 + "\nb = 1\n"
    assert tomllib.loads(deep)["b"] == 1
    assert key_lines(deep)["b",] == 2


def paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every key and array element of a TOML value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from paths(inner, (*path, key))


KEYS = st.sampled_from(["a", "b", "A-1", "850", "x y", "é", "p.q", "#", "[t]", "'", '"', "\\", "\n", ""])
SCALARS = st.sampled_from(
    [
        "1",
        "-1.5e3",
        "true",
        "1979-05-27 07:32:00",
        '"[x]\\n= # \\""',
        "'C:\\'",
        '""',
        '"""\na = 1\n[b]\n\\""" # \n"""',
        '"""x"""""',
        '"""x""""',
        "'''x''''",
        "'''\n'a' = ]\n'''''",
    ]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)
BLANKS = st.sampled_from(["", "\n", "# [x] = {\n", "\n  # ' \"\n\n"])


class Written:
    """TOML text, written together with the line of each key."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.text = ""
        self.lines: dict[tuple[str | int, ...], int] = {(): 1}
        self._draw = draw

    def mark(self, path: tuple[str | int, ...]) -> None:
        self.lines.setdefault(path, self.text.count("\n") + 1)

    def key(self, key: str) -> str:
        escaped = key.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return key if key.replace("-", "").isalnum() and key.isascii() else f'"{escaped}"'

    def blank(self) -> None:
        self.text += self._draw(BLANKS)

    def value(self, value: Any, path: tuple[str | int, ...]) -> None:
        if isinstance(value, str):
            self.text += value
        elif isinstance(value, list):
            self.text += "["
            for place, inner in enumerate(value):
                self.blank()
                self.mark((*path, place))
                self.value(inner, (*path, place))
                self.text += ","
            self.blank()
            self.text += "]"
        else:
            self.text += "{"
            for nth, (key, inner) in enumerate(value.items()):
                self.text += ", " if nth else " "
                self.mark((*path, key))
                self.text += f"{self.key(key)} = "
                self.value(inner, (*path, key))
            self.text += "}"

    def table(self, content: dict[str, Any], path: tuple[str, ...]) -> None:
        """Keys first, then the tables inside: each with a header of its own, inline, or with dots."""
        headed = []
        for key, value in content.items():
            style = self._draw(st.sampled_from(["headed", "inline", "dotted"]))
            if isinstance(value, dict) and style == "headed":
                headed.append(key)
                continue
            self.blank()
            self.mark((*path, key))
            if isinstance(value, dict) and style == "dotted" and value:
                for inner_key, inner in value.items():
                    self.mark((*path, key, inner_key))
                    self.text += f"{self.key(key)} . {self.key(inner_key)} = "
                    self.value(inner, (*path, key, inner_key))
                    self.text += "\n"
            else:
                self.text += f"{self.key(key)} = "
                self.value(value, (*path, key))
                self.text += " # end\n"
        for key in headed:
            self.blank()
            self.mark((*path, key))
            self.text += f"[{'.'.join(map(self.key, (*path, key)))}] # x\n"
            self.table(content[key], (*path, key))


@st.composite
def written(draw: st.DrawFn) -> Written:
    file = Written(draw)
    file.table(draw(st.dictionaries(KEYS, VALUES, max_size=4)), ())
    return file


@settings(max_examples=300, deadline=None)
@given(written())
def test_every_key_of_any_file_is_found_in_its_line(file: Written) -> None:
    assert set(file.lines) == {(), *paths(tomllib.loads(file.text))}  # the writer writes TOML
    assert dict(key_lines(file.text)) == file.lines
