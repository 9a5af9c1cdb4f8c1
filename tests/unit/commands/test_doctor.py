"""The doctor: each problem is faked, and its advice must appear; healthy facts bring none."""

import subprocess
import sys
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import pytest

from course_utils.commands import doctor
from course_utils.commands.doctor import Facts, describe, examine, look_around, main

PYTHON = "/home/student/course/.venv/bin/python"
HEALTHY = Facts(
    python=(3, 12, 1),
    executable=PYTHON,
    requirements=("ipywidgets>=8.1.5", "jupyterlab>=4.4", "torch>=2.6", "torchvision>=0.21"),
    pairs=(("ipywidgets", "jupyterlab_widgets~=3.0.15"), ("torchvision", "torch==2.8.0")),
    versions={
        "ipywidgets": "8.1.7",
        "jupyterlab": "4.4.3",
        "jupyterlab-widgets": "3.0.15",
        "torch": "2.8.0+cu128",
        "torchvision": "0.23.0",
        "ipykernel": "6.29.5",
    },
    device="cpu (8 threads)",
    notebook=True,
    backend="module://matplotlib_inline.backend_inline",
    server=PYTHON,
)


def with_versions(**versions):
    return replace(HEALTHY, versions=HEALTHY.versions | versions)


def without(name):
    return replace(HEALTHY, versions={key: value for key, value in HEALTHY.versions.items() if key != name})


PROBLEMS = {
    "old Python": (replace(HEALTHY, python=(3, 10, 13)), "Python", "make lab PYTHON=python3.11"),
    "course not installed": (replace(HEALTHY, requirements=None), "the course", ".venv/bin/python"),
    "package missing": (
        without("jupyterlab"),
        "jupyterlab",
        f'{PYTHON} -m pip install --upgrade "jupyterlab>=4.4"',
    ),
    "package too old": (with_versions(jupyterlab="3.6.8"), "jupyterlab", '"jupyterlab>=4.4"'),
    "pre-release too old": (with_versions(jupyterlab="4.4.0rc1"), "jupyterlab", '"jupyterlab>=4.4"'),
    "kernel too old": (with_versions(ipykernel="6.15.2"), "ipykernel", '"ipykernel>=6.22"'),
    "kernel missing": (without("ipykernel"), "ipykernel", '"ipykernel>=6.22"'),
    "widgets' halves apart": (
        with_versions(**{"jupyterlab-widgets": "1.1.11"}),
        "ipywidgets pair",
        '"jupyterlab_widgets~=3.0.15" "ipywidgets"',
    ),
    "torch and torchvision apart": (
        with_versions(torch="2.9.0"),
        "torchvision pair",
        "torchvision asks for torch==2.8.0. Run in a terminal, in the course's folder: "
        f'{PYTHON} -m pip install --upgrade "torch==2.8.0" "torchvision"',
    ),
    "torchvision does not start": (
        replace(HEALTHY, broken={"torchvision": "RuntimeError: operator torchvision::nms does not exist"}),
        "torchvision",
        "-m pip install --upgrade -r requirements.lock",
    ),
    "pictures gone": (replace(HEALTHY, data=False), "pictures", "git checkout -- "),
    "figures in windows": (replace(HEALTHY, backend="TkAgg"), "figures", "%matplotlib inline"),
    "two environments": (replace(HEALTHY, server="/usr/bin/python3"), "JupyterLab's home", "make lab"),
}


def test_healthy_facts_need_no_mending():
    findings = examine(HEALTHY)
    assert {finding.status for finding in findings if finding.name != "sliders"} == {"ok"}
    assert describe(findings).endswith("\nAll is well.")


@pytest.mark.parametrize(("facts", "name", "advice"), PROBLEMS.values(), ids=PROBLEMS.keys())
def test_each_problem_is_named_once_with_what_to_do(facts, name, advice):
    findings = examine(facts)
    (fault,) = [finding for finding in findings if finding.status == "mend"]
    assert fault.name == name
    assert advice in fault.advice
    report = describe(findings)
    assert f"!!  {name} " in report
    assert advice in report
    assert "1 thing to mend" in report


def test_the_oldest_versions_that_the_course_allows_are_well(monkeypatch):
    """The partner of ipywidgets is jupyterlab-widgets for version 8.1.5, and jupyterlab_widgets later."""
    oldest = {"ipywidgets": "8.1.5", "matplotlib": "3.9.0", "numpy": "2.0.0", "torch": "2.6.0"}
    asks = {"ipywidgets": ["jupyterlab-widgets~=3.0.12"], "torchvision": ["torch==2.6.0"]}
    partners = {"jupyterlab_widgets": "3.0.13", "torchvision": "0.21.0", "ipykernel": "6.22.0"}

    def installed(name):
        return SimpleNamespace(requires=[f"{wish}>={found}" for wish, found in oldest.items()]
                               if name == "attention-on-trial" else asks.get(name))  # fmt: skip

    def version_of(name):
        return (oldest | partners).get(name.replace("-", "_"), "")

    monkeypatch.setattr(doctor, "distribution", installed)
    monkeypatch.setattr(doctor, "version", version_of)
    facts = replace(look_around(), notebook=False)
    assert facts.versions["torch"] == "2.6.0"
    assert describe(examine(facts)).endswith("All is well.")
    partners["jupyterlab_widgets"] = "1.1.11"
    (fault,) = [finding for finding in examine(replace(look_around(), notebook=False)) if finding.advice]
    assert fault.found == "ipywidgets 8.1.5 with jupyterlab-widgets 1.1.11"


def test_brief_is_one_line_that_names_what_to_mend(monkeypatch, capsys):
    for facts, said in [
        (HEALTHY, "All is well. More: doctor()"),
        (
            replace(HEALTHY, data=False, backend="TkAgg"),
            "2 things to mend: pictures, figures. What to do: doctor()",
        ),
    ]:
        monkeypatch.setattr(doctor, "look_around", lambda facts=facts: facts)
        doctor.doctor(brief=True)
        assert capsys.readouterr().out == f"{said}\n"


def test_two_problems_are_counted():
    assert "2 things to mend" in describe(examine(replace(HEALTHY, data=False, backend="TkAgg")))


def test_torch_that_cannot_start_leaves_the_numpy_lessons():
    findings = examine(replace(HEALTHY, device="", broken={"torch": "OSError: libcudart.so.12: cannot open"}))
    by_name = {finding.name: finding for finding in findings if finding.status != "ok"}
    assert "libcudart.so.12" in by_name["torch"].found
    assert "NumPy" in by_name["device"].advice


def test_an_nvidia_driver_that_torch_cannot_use_is_noted():
    (note,) = [finding for finding in examine(replace(HEALTHY, nvidia=True)) if finding.name == "device"]
    assert note.status == "note"
    assert "NVIDIA" in note.advice


def test_outside_a_notebook_nothing_is_said_of_notebooks():
    names = {finding.name for finding in examine(replace(HEALTHY, notebook=False, backend="", server=""))}
    assert names.isdisjoint({"figures", "JupyterLab's home", "sliders"})


def test_unknown_server_is_a_note_not_a_fault():
    (home,) = [
        finding for finding in examine(replace(HEALTHY, server="")) if finding.name == "JupyterLab's home"
    ]
    assert home.status == "note"


def test_every_fault_has_advice():
    facts = replace(
        HEALTHY, python=(3, 8), versions={}, device="", data=False, backend="agg", server="/usr/bin/python3"
    )
    faults = [finding for finding in examine(facts) if finding.status == "mend"]
    assert len(faults) == 1 + len(HEALTHY.requirements) + 1 + 3
    assert all(finding.advice for finding in faults)


def test_look_around_reads_what_is_really_installed():
    facts = look_around()
    assert facts.versions["numpy"] == version("numpy")
    assert facts.versions["jupyterlab-widgets"] == version("jupyterlab_widgets")
    assert {"ipywidgets", "torchvision"} <= {owner for owner, _ in facts.pairs}
    assert not any("extra" in requirement for requirement in facts.requirements)
    assert not facts.broken


def test_look_around_survives_a_torch_that_cannot_be_imported(monkeypatch):
    def broken_import(name):
        raise OSError(f"{name}: invalid ELF header\nmore lines")

    monkeypatch.setattr(doctor, "import_module", broken_import)
    facts = look_around()
    assert facts.device == ""
    assert facts.broken["torch"] == "OSError: torch: invalid ELF header"
    assert set(facts.broken) == {"torch", "torchvision", "matplotlib"}


def test_look_around_without_packaging_says_that_the_course_is_not_installed(monkeypatch):
    monkeypatch.setattr(doctor, "Requirement", None)
    assert look_around().requirements is None


def test_a_bare_python_gets_advice_and_no_traceback():
    root = Path(doctor.__file__).parents[2]
    command = [sys.executable, "-S", "-E", "-m", "course_utils", "doctor"]  # -S: without installed packages
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60)
    assert result.returncode == 1, result.stderr
    assert "!!  the course" in result.stdout
    assert result.stderr == ""


@pytest.mark.parametrize(("facts", "status"), [(HEALTHY, 0), (replace(HEALTHY, data=False), 1)])
def test_exit_status_says_whether_something_must_be_mended(monkeypatch, capsys, facts, status):
    monkeypatch.setattr(doctor, "look_around", lambda: facts)
    assert main([]) == status
    assert "jupyterlab" in capsys.readouterr().out


def test_importing_the_doctor_imports_no_torch():
    code = "import course_utils.commands.doctor, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
