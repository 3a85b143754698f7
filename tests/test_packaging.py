"""What is installed, and what the README tells people to type."""

import re
import subprocess
import tomllib
from importlib.resources import files
from pathlib import Path

import backscope

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SET_UP = "python3 -m venv .venv && .venv/bin/pip install -q"


def readme_commands():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(r"^```bash\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def test_the_readme_has_one_command_to_watch_a_run_and_one_to_pass_the_tests():
    watch, test = (command.strip() for command in readme_commands())
    assert watch == f"{SET_UP} . && .venv/bin/backscope run vanishing"
    assert test == f"{SET_UP} -e '.[test]' && .venv/bin/pytest"


def test_ci_runs_the_very_test_command_of_the_readme():
    done = subprocess.run(
        [ROOT / ".ci" / "run", "--test-command"], capture_output=True, text=True, check=True
    )
    assert done.stdout == readme_commands()[1]


def test_the_version_of_the_package_is_that_of_the_project():
    assert SETTINGS["project"]["version"] == backscope.__version__
    assert f"\n## {backscope.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_every_package_is_installed():
    folders = {
        init.parent.relative_to(ROOT)
        for top in ("core", "presets", "tui")
        for init in (ROOT / top).rglob("__init__.py")
    }
    names = {"backscope"} | {".".join(("backscope", *folder.parts)) for folder in folders}
    assert set(SETTINGS["tool"]["setuptools"]["packages"]) == names


def test_every_file_that_is_no_module_is_installed_with_its_package():
    installed = SETTINGS["tool"]["setuptools"]["package-data"]
    for package in ("core", "presets", "tui"):
        patterns = installed.get(f"backscope.{package}", [])
        for path in (ROOT / package).rglob("*"):
            if path.is_file() and path.suffix not in (".py", ".pyc"):
                assert any(path.match(pattern) for pattern in patterns), path
    assert files("backscope").joinpath("py.typed").is_file()


def test_every_dependency_has_a_lower_and_an_upper_bound():
    project = SETTINGS["project"]
    own = re.compile(r"backscope\[[a-z,]+\]")
    for requirement in sum(project["optional-dependencies"].values(), project["dependencies"]):
        bounded = re.fullmatch(r"[A-Za-z-]+>=[\d.]+,<[\d.]+", requirement)
        assert bounded or own.fullmatch(requirement), requirement


def test_the_licenses_that_are_named_exist():
    for name in SETTINGS["project"]["license-files"]:
        assert (ROOT / name).read_text(encoding="utf-8").strip()
