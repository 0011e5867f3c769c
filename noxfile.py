"""The project's tasks. `nox -l` lists them; `nox -s demo` and `nox -s tests` set up all they need."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import nox

nox.needs_version = ">=2024.10"
nox.options.default_venv_backend = "uv|virtualenv" if shutil.which("uv") else "virtualenv"
nox.options.sessions = ["tests", "lint", "types", "docs", "demo"]
nox.options.reuse_existing_virtualenvs = True
# CI turns a missing interpreter into an error; here it only means that this machine has fewer versions.
nox.options.error_on_missing_interpreters = False

PYTHONS = ["3.11", "3.12", "3.13", "3.14"]


def _found() -> list[str]:
    """The versions of PYTHONS that start on this machine, this one first."""
    if shutil.which("pyenv"):  # its shims start only what PYENV_VERSION names
        known = subprocess.run(["pyenv", "versions", "--bare"], capture_output=True, text=True, check=True)
        wanted = [name for name in known.stdout.split() if name.startswith(tuple(PYTHONS))]
        os.environ.setdefault("PYENV_VERSION", ":".join(wanted))
    this = f"{sys.version_info.major}.{sys.version_info.minor}"
    others = [version for version in PYTHONS if version != this and _starts(f"python{version}")]
    return [this, *others]


def _starts(command: str) -> bool:
    if shutil.which(command) is None:
        return False
    return subprocess.run([command, "-c", ""], capture_output=True, check=False).returncode == 0


FOUND = _found()


def install(session: nox.Session, *groups: str, extras: str = "simulators") -> None:
    """Install the project with the dependency groups that a task needs."""
    project = nox.project.load_toml("pyproject.toml")
    needed = nox.project.dependency_groups(project, *groups) if groups else ()
    session.install("-e", f".[{extras}]", *needed)


@nox.session(python=FOUND)
def tests(session: nox.Session) -> None:
    """Run the test suite on every Python found; the crash tests on the first one."""
    install(session, "tests")
    selected = ["-m", "not crash"] if session.python != FOUND[0] else []
    session.run("pytest", "-n", "2", *selected, *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and formatting."""
    install(session, "lint")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Check types with mypy (strict) and pyright, in the package and in code that uses it."""
    install(session, "types", "tests")
    session.run("mypy")
    session.run("pyright")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation; a warning is an error."""
    install(session, "docs", "tests")  # the contract tests are part of the reference
    session.run("sphinx-build", "-W", "--keep-going", "-q", "-b", "html", "docs", "docs/_build/html")
    session.run("python", "docs/check_reference.py", "docs/_build/html")


@nox.session
def demo(session: nox.Session) -> None:
    """Purchase orders from Plex through Stedi and back, against the local simulators."""
    install(session)
    session.run("python", "examples/quickstart.py", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Print speed and memory as ratios within one run; `nox -s bench -- ledger` prints one of them."""
    install(session)
    for name in session.posargs or ["run", "ledger", "webhooks"]:
        session.run("python", f"tests/bench/{name}.py")


PROOFS = ["connections", "polling", "edits", "kills", "planted", "suppliers"]


@nox.session
def proof(session: nox.Session) -> None:
    """Show the promise at length: kills, cut connections, hostile polls, edits, planted bugs.

    ``nox -s proof -- kills edits`` runs only these.
    """
    install(session, "tests")
    for name in session.posargs or PROOFS:
        session.run("python", "-m", f"tests.proof.{name}")
