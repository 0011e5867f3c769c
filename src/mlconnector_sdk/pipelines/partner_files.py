"""Reads the partner file and the tables that it refers to, which stand beside it."""

from __future__ import annotations

import os
from pathlib import Path

from attrs import frozen

from mlconnector_sdk.errors import ConfigurationError
from mlconnector_sdk.mapping.crossref import CrossReference, Table, table_from_csv, table_from_toml
from mlconnector_sdk.mapping.partners import Partner, Partners

__all__ = ["PartnerFiles", "read_partner_files"]


@frozen
class PartnerFiles:
    """Partners, and the tables by which their names for things differ from ours."""

    partners: Partners
    tables: CrossReference

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
    file = Path(path)
    partners = Partners.from_toml(_text(file), file=file.name)
    parts = {partner.parts for partner in partners}
    tables = [_table(file.parent / name, is_parts=name in parts) for name in sorted(partners.tables)]
    return PartnerFiles(partners, CrossReference.of(*tables))


def _table(file: Path, *, is_parts: bool) -> Table:
    if file.suffix == ".csv":
        return table_from_csv(file.name, _text(file), keys=2 if is_parts else 1)
    return table_from_toml(file.name, _text(file))


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except FileNotFoundError:
        raise ConfigurationError(
            f"there is no file {file}", path=file.name, remedy="create it, or correct the path"
        ) from None
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            f"{file} is not text in UTF-8: byte {error.start} does not fit",
            path=file.name,
            remedy="save it as UTF-8",
        ) from None
    except OSError as error:
        raise ConfigurationError(
            f"{file} cannot be read: {error.strerror}", path=file.name, remedy="check its permissions"
        ) from error
