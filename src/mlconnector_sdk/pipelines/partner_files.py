"""Reads the partner file and the tables that it refers to, which stand beside it; and reads them again."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from attrs import define, field, frozen

from mlconnector_sdk.errors import ConfigurationError
from mlconnector_sdk.mapping.crossref import CrossReference, Table, table_from_csv, table_from_toml
from mlconnector_sdk.mapping.partners import AS_IS, Partner, Partners
from mlconnector_sdk.mapping.toml_section import Section
from mlconnector_sdk.pipelines.partner_difference import Difference, difference
from mlconnector_sdk.records import digest

__all__ = ["PartnerBook", "PartnerFiles", "read_partner_files"]

_MOST_BYTES = 64 * 1024 * 1024
"""A million rows fit in; what is larger is not a table that people edit."""


@frozen
class PartnerFiles:
    """Partners, and the tables by which their names for things differ from ours.

    Args:
        partners: What the partner file says.
        tables: The tables that it names.
        digest: A hash of all files, for the audit trail: by which content was a document mapped? Empty where
            it was read from no file.
    """

    partners: Partners
    tables: CrossReference
    digest: str = ""

    @property
    def current(self) -> PartnerFiles:
        """These files: where a `PartnerBook` is taken, files that stay as they are will do."""
        return self

    def network(self, name: str) -> list[Partner]:
        """The partners that are reached over a network."""
        return [partner for partner in self.partners if name in partner.routes]


def read_partner_files(path: str | os.PathLike[str]) -> PartnerFiles:
    """Read ``partners.toml`` and every table it names, from the same folder.

    A table whose name ends in ``.csv`` is read as CSV, any other as TOML. A table of parts is identified by
    its first two columns, number and revision; every other by its first.

    Raises:
        ConfigurationError: A file is not there or malformed; the message names file and line.
    """
    return _Reading(Path(path)).files()


class PartnerBook:
    """The partner files as they are now: people edit them while the program runs.

    What is in force changes in one step, and only to files that are valid as a whole; until then the old
    content stays in force. Whatever maps a document takes ``current`` once, and uses that. Any thread may
    call anything.

    Args:
        path: The partner file.

    Raises:
        ConfigurationError: A file is not there or malformed: there is nothing to begin with.

    Example:
        ::

            book = PartnerBook("partners.toml")
            try:
                if changed := book.reload_if_changed():
                    print(changed)      # partners.toml line 9: partners.ACME.paused added: true
            except ConfigurationError as error:
                print(error)            # partners.toml line 9: ...; the old content stays in force
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._file = Path(path)
        self._reloading = threading.Lock()
        reading = _Reading(self._file)
        self._current = reading.files()
        self._stamps = reading.stamps
        self._error: ConfigurationError | None = None

    @property
    def current(self) -> PartnerFiles:
        """What is in force."""
        return self._current

    @property
    def error(self) -> ConfigurationError | None:
        """Why the newest files are not in force; None: they are."""
        return self._error

    def reload(self) -> Difference:
        """Read all files again, and put them in force.

        Returns:
            What is different; nothing where only comments, blanks or the order of lines are.

        Raises:
            ConfigurationError: A file is not there or malformed: the old content stays in force.
        """
        with self._reloading:
            return self._reload()

    def reload_if_changed(self) -> Difference:
        """The same where a file was changed since the last time, by its time and size; cheap otherwise.

        Files that are malformed are an error once: the next call reads them only after a further change.
        ``error`` goes on saying what is wrong.

        Returns:
            What is different; nothing where no file was changed.

        Raises:
            ConfigurationError: A file is not there or malformed: the old content stays in force.
        """
        with self._reloading:
            if all(_stamp(file) == stamp for file, stamp in self._stamps.items()):
                return Difference()
            return self._reload()

    def _reload(self) -> Difference:
        reading = _Reading(self._file)
        try:
            files = reading.files()
        except ConfigurationError as error:
            # What was not reached is watched as before: mending it may be what makes the files valid.
            self._stamps = {**self._stamps, **reading.stamps}
            self._error = error
            raise
        before, self._current = self._current, files
        self._stamps, self._error = reading.stamps, None
        return difference(before, files)


_Stamp = tuple[int, int, int]


@define
class _Reading:
    """One pass over all files, with what tells a later pass whether one of them was changed."""

    file: Path
    stamps: dict[Path, _Stamp | None] = field(factory=dict)
    _contents: list[bytes] = field(factory=list)

    def files(self) -> PartnerFiles:
        """Everything.

        Raises:
            ConfigurationError: A file is not there or malformed.
        """
        try:
            partners = Partners.from_toml(self._text(self.file), file=self.file.name)
        except FileNotFoundError:
            raise ConfigurationError(
                f"there is no file {self.file}", path=self.file.name, remedy="create it, or correct the path"
            ) from None
        tables = CrossReference.of(*[self._table(name, partners) for name in sorted(partners.tables)])
        return PartnerFiles(partners, tables, digest(*self._contents))

    def _table(self, name: str, partners: Partners) -> Table:
        try:
            text = self._text(self.file.parent / name)
        except FileNotFoundError:
            section, key = _naming(name, partners)
            raise section.error(
                key,
                f"there is no file {name} beside {partners.file}",
                f"create it, or correct the name; where both sides use the same names, write {AS_IS!r}",
            ) from None
        if name.endswith(".csv"):
            is_parts = any(name == partner.parts for partner in partners)
            return table_from_csv(name, text, keys=2 if is_parts else 1)
        return table_from_toml(name, text)

    def _text(self, file: Path) -> str:
        """The text of a file; its stamp is older than the text, so that no change is missed.

        Raises:
            FileNotFoundError: There is no such file.
            ConfigurationError: It cannot be read.
        """
        stamp = self.stamps[file] = _stamp(file)
        if stamp is not None and stamp[1] > _MOST_BYTES:
            raise ConfigurationError(
                f"{file} has {stamp[1]} bytes, more than the {_MOST_BYTES} that are read",
                path=file.name,
                remedy="name another file",
            )
        try:
            content = file.read_bytes()
        except FileNotFoundError:
            raise
        except OSError as error:
            raise ConfigurationError(
                f"{file} cannot be read: {error.strerror}", path=file.name, remedy="check its permissions"
            ) from error
        self._contents += [file.name.encode(), content]
        try:
            return content.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            raise ConfigurationError(
                f"{file.name} line {line}: not text in UTF-8: byte {error.start} of the file does not fit",
                path=file.name,
                remedy="save it as UTF-8",
            ) from None


def _naming(table: str, partners: Partners) -> tuple[Section, str]:
    """Where a table is named first: with a partner, or for all of them."""
    for partner in partners:
        for key in ("units", "parts"):
            if getattr(partner, key) == table:
                return (partner.source if key in partner.source else partners.source), key
    raise AssertionError(f"no partner names {table}")


def _stamp(file: Path) -> _Stamp | None:
    """What changes with a file: its time, its size, and (where it is replaced as a whole) its number."""
    try:
        status = file.stat()
    except OSError:
        return None  # reading it says why, if it still cannot be read
    return status.st_mtime_ns, status.st_size, status.st_ino
