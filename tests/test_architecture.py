"""The house rules, checked in the source itself. What they say and why: docs/architecture.md."""

from __future__ import annotations

import ast
import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

SRC = Path(__file__).parent.parent / "src"
ROOT = SRC / "mlconnector_sdk"
MODULES = sorted(ROOT.rglob("*.py"))
ME = "mlconnector_sdk"

FOUNDATION = {"errors", "lazy", "secret", "dual", "records", "recording", "codec", "ports", "version"}

# layer: (what of this package it may import, which third-party packages)
MAY_IMPORT: dict[str, tuple[set[str], set[str]]] = {
    "foundation": (FOUNDATION, {"attrs", "cattrs", "msgspec"}),
    "mapping": ({"mapping", "errors"}, {"attrs"}),
    "core": ({"core", *FOUNDATION}, {"attrs", "httpx", "authlib", "backoff"}),
    "storage": ({"storage", *FOUNDATION}, {"attrs", "cryptography"}),
    "flow": ({"flow", *FOUNDATION}, {"attrs"}),
    "webhooks": ({"webhooks", *FOUNDATION}, {"attrs"}),
    "adapters": ({"adapters", "core", "flow", "webhooks", "mapping", *FOUNDATION}, {"attrs", "httpx"}),
    "pipelines": ({"pipelines", "adapters", "mapping", "flow", *FOUNDATION}, {"attrs"}),
    "simulators": (
        {"simulators", "mapping.documents", *FOUNDATION},
        {"attrs", "starlette", "uvicorn", "pytest"},
    ),
}


def layer_of(path: Path) -> str:
    relative = path.relative_to(ROOT)
    if len(relative.parts) == 1:
        return "top" if relative.stem == "__init__" else "foundation"
    return "foundation" if relative.parts[0] == "codec" else relative.parts[0]


def module_name(path: Path) -> str:
    parts = list(path.relative_to(SRC).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> set[str]:
    """Full names of everything a file imports, wherever in the file."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the layers"
            module = node.module or ""
            found.add(module)
            if module == ME or (ROOT.parent / module.replace(".", "/")).is_dir():
                found |= {f"{module}.{alias.name}" for alias in node.names}
    return found


def calls_of(path: Path) -> set[str]:
    """Dotted names of everything a file calls, as written."""
    return {ast.unparse(n.func) for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call)}


def each(paths: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", paths, ids=lambda path: str(path.relative_to(ROOT)))


@each([path for path in MODULES if layer_of(path) in MAY_IMPORT])
def test_layers_import_only_what_they_may(path: Path) -> None:
    own, third_party = MAY_IMPORT[layer_of(path)]
    for name in imports_of(path):
        head, _, rest = name.partition(".")
        if head in sys.stdlib_module_names or name == ME:
            continue
        if head == ME:
            assert any(rest == allowed or rest.startswith(f"{allowed}.") for allowed in own), (
                f"{layer_of(path)} may not import {name}"
            )
        else:
            assert head in third_party, f"{layer_of(path)} may not import {name}"


@each([path for path in MODULES if layer_of(path) == "adapters" and len(path.relative_to(ROOT).parts) > 2])
def test_no_adapter_knows_another(path: Path) -> None:
    own = path.relative_to(ROOT).parts[1]
    vendors = {folder.parent.name for folder in (ROOT / "adapters").glob("*/profile.py")}
    imported = {name.split(".")[2] for name in imports_of(path) if name.startswith(f"{ME}.adapters.")}
    assert not imported & (vendors - {own})


def test_every_adapter_has_the_same_files() -> None:
    wanted = {"__init__", "profile", "settings", "models", "client", "convert", "sources", "sinks"}
    for profile in (ROOT / "adapters").glob("*/profile.py"):
        assert wanted <= {path.stem for path in profile.parent.glob("*.py")}, profile.parent.name


@each([path for path in MODULES if layer_of(path) != "testing"])
def test_nothing_imports_testing(path: Path) -> None:
    assert not any(name.startswith(f"{ME}.testing") for name in imports_of(path))


PURE = [
    path
    for path in MODULES
    if layer_of(path) == "mapping"
    or (layer_of(path) == "adapters" and path.stem in {"models", "convert", "profile"})
]


@each(PURE)
def test_mapping_does_no_io(path: Path) -> None:
    forbidden = {
        "os",
        "io",
        "pathlib",
        "socket",
        "time",
        "subprocess",
        "httpx",
        "sqlite3",
        "tempfile",
        "random",
    }
    assert not {name.partition(".")[0] for name in imports_of(path)} & forbidden
    assert not calls_of(path) & {"open", "datetime.now", "datetime.utcnow", "date.today", "input", "print"}


def test_backoff_is_imported_in_one_file() -> None:
    assert [layer_of(p) + "/" + p.name for p in MODULES if "backoff" in imports_of(p)] == ["core/retry.py"]


RUNTIME = ROOT / "core" / "runtime.py"


@each([path for path in MODULES if path != RUNTIME])
def test_only_the_runtime_owns_clock_sleep_and_http(path: Path) -> None:
    calls = calls_of(path)
    wall_clock = {"time.time", "time.sleep", "datetime.now", "datetime.datetime.now", "datetime.utcnow"}
    assert not calls & wall_clock
    assert not calls & {"asyncio.sleep", "httpx.Client", "httpx.AsyncClient", "httpx.get", "httpx.post"}


def test_authlib_lends_its_protocol_never_its_clients() -> None:
    used = {name for path in MODULES for name in imports_of(path) if name.startswith("authlib")}
    assert used == {"authlib.oauth2.auth"}


@each(MODULES)
def test_every_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text())), "no docstring"


@each([path for path in MODULES if path.name != "__main__.py"])
def test_all_is_complete_and_sorted(path: Path) -> None:
    """`__all__` names every public class, function and constant that the module defines, and no other."""
    tree = ast.parse(path.read_text())
    exported: list[str] = []
    defined: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            defined.add(node.name)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            if node.targets[0].id == "__all__":
                exported = ast.literal_eval(node.value)
        elif isinstance(node, ast.If) and not (
            isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        ):
            defined |= {n.name for n in node.body if isinstance(n, ast.ClassDef | ast.FunctionDef)}
    public = {name for name in defined if not name.startswith("_")}
    assert public <= set(exported), f"not in __all__: {public - set(exported)}"
    assert len(exported) == len(set(exported))
    module = importlib.import_module(module_name(path))
    for name in exported:
        assert hasattr(module, name), f"{name} is in __all__ and does not exist"


@each(MODULES)
def test_names_say_something(path: Path) -> None:
    assert path.stem not in {"util", "utils", "helper", "helpers", "common", "base", "misc", "manager"}


def loaded_after(statement: str) -> set[str]:
    code = f"import json, sys; {statement}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def test_importing_the_package_loads_no_vendor_and_no_http() -> None:
    loaded = loaded_after("import mlconnector_sdk")
    assert not {name for name in loaded if name.startswith(f"{ME}.adapters.")}
    assert not loaded & {"httpx", "cattrs", "msgspec", "authlib", "cryptography", "starlette", "asyncio"}


def test_a_backend_never_pulls_in_http() -> None:
    loaded = loaded_after("import mlconnector_sdk.storage.sqlite, mlconnector_sdk.storage.memory")
    assert not loaded & {"httpx", "authlib", "cryptography"}


def test_top_level_names_are_the_modules_own() -> None:
    package = importlib.import_module(ME)
    assert package.__all__ == sorted(package.__all__)
    assert set(package.__all__) <= set(dir(package))
    for name in package.__all__:
        getattr(package, name)
    with pytest.raises(AttributeError, match="no attribute 'Plexx'"):
        _ = package.Plexx
