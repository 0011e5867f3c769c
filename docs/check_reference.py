"""Fails when a public name of the package is missing from the built reference.

Run after the build: ``python docs/check_reference.py docs/_build/html``.
"""

import ast
import sys
from pathlib import Path

from sphinx.util.inventory import InventoryFile

SRC = Path(__file__).parent.parent / "src"
# How a simulator works inside is not part of the package's surface.
INTERNAL = set(SRC.rglob("simulators/**/*.py"))


def exported(path: Path) -> list[str]:
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return list(ast.literal_eval(node.value))
    return []


def main(built: Path) -> int:
    with (built / "objects.inv").open("rb") as file:
        inventory = InventoryFile.load(file, "", lambda base, path: path)
    known = {name for kind, names in inventory.items() if kind.startswith("py:") for name in names}
    missing = []
    for path in sorted(SRC.rglob("*.py")):
        if path.name in ("__init__.py", "__main__.py", "version.py") or path in INTERNAL:
            continue
        module = ".".join(path.relative_to(SRC).with_suffix("").parts)
        names = (f"{module}.{name}" for name in exported(path))
        missing += [name for name in names if name not in known]
    for name in missing:
        print(f"not in the reference: {name}", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
