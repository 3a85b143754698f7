"""The ``backscope`` command, from words to exit code."""

import json
import os
import shlex
import subprocess
import sys

import pytest

import backscope
from backscope.core import experiment as experiments
from backscope.core import gradcheck
from backscope.core.gradcheck import GradientCheck, Verdict
from backscope.presets import preset_names, preset_path
from backscope.tui.cli import main

COMMAND = [sys.executable, "-m", "backscope"]
ROWS = "x,y,class\n" + "".join(f"{i / 10},{(i * 7) % 5},{'ab'[i % 2]}\n" for i in range(40))


def command(*words, **settings):
    settings = {"capture_output": True, "text": True, "timeout": 120, "check": False} | settings
    return subprocess.run([*COMMAND, *words], **settings)


@pytest.fixture
def refused(capsys):
    """Run words that are refused: exit code 2, nothing on standard output; the lines said."""

    def lines(*words):
        assert main(words) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert "\x1b" not in said.err
        assert "Traceback" not in said.err
        return said.err.splitlines()

    return lines


def test_the_version_is_printed(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"backscope {backscope.__version__}\n"


def test_the_module_answers_as_the_command_does():
    assert command("--version").stdout == f"backscope {backscope.__version__}\n"


def test_the_words_of_the_process_are_taken_where_none_are_given(capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["backscope", "--version"])
    assert main() == 0
    assert backscope.__version__ in capsys.readouterr().out


def test_blas_gets_one_thread_unless_the_person_says_otherwise(capsys, monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "4")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    main(["--version"])
    names = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")
    assert [os.environ[name] for name in names] == ["4", "1", "1"]


def threads_of(*words, **environment):
    done = command(
        *("run", "worked-example", "--steps", "2", "--json", *words),
        env={key: value for key, value in os.environ.items() if not key.endswith("_NUM_THREADS")}
        | environment,
    )
    return json.loads(done.stdout)["machine"]["blas_threads"]


def test_a_run_records_its_one_thread_or_those_that_were_asked_for():
    if threads_of() is None:
        pytest.skip("NumPy uses a library that cannot be asked")
    two = min(2, len(os.sched_getaffinity(0)))
    assert threads_of() == 1
    assert threads_of("--threads", "2") == two
    assert threads_of(OMP_NUM_THREADS="2") == two
    assert threads_of("--threads", "1", OMP_NUM_THREADS="2") == 1


# Usage


def test_a_misspelled_option_is_one_line(refused):
    assert refused("run", "healthy", "--sed", "3") == [
        "backscope run: unknown option --sed, did you mean --seed?"
    ]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("run healthy --headless --paused", "--paused needs the dashboard"),
        ("run healthy --csv x.csv", "--csv goes with --headless"),
        ("run healthy --headless --force", "--force goes with --csv"),
        ("run healthy --fail-on error", "--fail-on goes with --headless or --json"),
        ("run healthy --json --fail-on notice", "--fail-on must be error or warning, not notice"),
        ("run healthy --json --plot", "--plot goes with --headless"),
        ("presets show", "name a preset"),
        ("presets sohw healthy", "expected nothing or show NAME"),
        ("presets show healthy vanishing", "expected nothing or show NAME"),
        ("presets vanishing", "did you mean backscope presets show vanishing?"),
        ("presets sohw healthy", "did you mean backscope presets show healthy?"),
    ],
)
def test_options_that_do_not_go_together_are_one_line(refused, words, line):
    (said,) = refused(*words.split())
    assert said.startswith("backscope ")
    assert line in said


def test_control_characters_of_the_command_line_are_not_printed(refused):
    (line,) = refused("\x1b]0;owned\x07\x9b31m[/]\nx")
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in line)
    (line,) = refused("run", "\x1b[2J[@click=app.quit]\x07")
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in line)


# Benchmarks


def test_a_workload_that_there_is_not_is_named_with_the_nearest(refused):
    assert refused("bench", "W2-adan") == [
        "backscope: 'W2-adan' is no workload, did you mean W2-Adam? "
        "Allowed: W1, W2-SGD, W2-Adam, W3, W4"
    ]


# Without a terminal


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["run", "vanishing"], "backscope run: needs a terminal; use --headless (or --json)"),
        (
            [],
            "backscope: the gallery needs a terminal; "
            "use backscope presets and backscope run NAME --headless",
        ),
    ],
)
def test_without_a_terminal_one_line_says_what_to_use(refused, words, line):
    assert refused(*words) == [line]


def test_without_a_terminal_a_wrong_name_is_still_named(refused):
    (line,) = refused("run", "vanishin")
    assert "did you mean vanishing?" in line


def test_a_standard_input_that_is_closed_is_no_terminal():
    words = " ".join([*COMMAND, "run", "vanishing"])
    done = subprocess.run(["/bin/sh", "-c", f"{words} <&-"], capture_output=True, check=False)
    assert done.returncode == 2
    assert b"needs a terminal" in done.stderr


# Presets


def test_all_presets_are_listed(capsys):
    assert main(["presets"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(preset_names())


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_is_shown_verbatim(capsys, name):
    assert main(["presets", "show", name]) == 0
    assert capsys.readouterr().out == preset_path(name).read_text(encoding="utf-8")


def test_an_unknown_preset_is_named_with_the_nearest(refused):
    (line,) = refused("presets", "show", "vanishin")
    assert line.startswith("backscope: 'vanishin' is no preset, did you mean vanishing?")


# Gradient checks


def test_the_gradients_of_the_worked_example_are_right(capsys):
    assert main(["gradcheck", "worked-example"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[-1] == "4 parameter arrays: 4 ok"
    assert [line.split()[:2] for line in said[1:5]] == [
        ["1", "W"],
        ["1", "b"],
        ["2", "W"],
        ["2", "b"],
    ]


@pytest.mark.parametrize(("verdict", "code"), [("OK", 0), ("UNRESOLVED", 0), ("FAIL", 1)])
def test_only_a_gradient_that_is_wrong_fails_the_check(capsys, monkeypatch, verdict, code):
    rows = [
        GradientCheck(1, "W", 1.0, 1.0, 1e-9, Verdict.OK),
        GradientCheck(1, "b", 1.0, 2.0, 0.5, Verdict[verdict]),
    ]
    monkeypatch.setattr(gradcheck, "check_gradients", lambda experiment: rows)
    assert main(["gradcheck", "worked-example"]) == code
    assert str(Verdict[verdict]) in capsys.readouterr().out


# Theory


def test_theory_is_printed_and_told_as_json(capsys):
    words = ["theory", "spirals", "--seed", "3", "--set", "network.depth=4"]
    assert main(words) == 0
    assert "sqrt(chi)" in capsys.readouterr().out
    assert main([*words, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert len(said["layers"]) == 5
    assert said["seeds"] == [3, 4, 5, 6, 7]


def test_theory_of_what_does_not_exist_is_refused(refused):
    (line,) = refused("theory", "vanishng")
    assert "did you mean vanishing?" in line


# Running


def reported(capsys, *words):
    assert main(["run", *words, "--json"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    return json.loads(said.out)


def test_options_change_the_experiment(capsys):
    said = reported(
        capsys,
        *("healthy", "--seed", "9", "--steps", "3"),
        *("--set", "network.depth=2", "--set", "network.width=8"),
        *("--set", "training.optimizer=adam"),
    )
    assert (said["seed"], said["steps"]) == (9, 3)
    assert [layer["width"] for layer in said["layers"]] == [8, 8, 10]
    assert said["settings"]["training"]["optimizer"] == "adam"


def test_the_last_of_two_settings_holds(capsys):
    said = reported(
        capsys, "healthy", "--steps", "9", "--set", "training.steps=4", "--set", "training.steps=2"
    )
    assert said["steps"] == 2


def test_a_run_reproduces_itself_from_its_command(capsys):
    first = reported(
        capsys, "dying-relu", "--seed", "3", "--steps", "20", "--set", "network.gain=1.5"
    )
    words = shlex.split(first["command"])
    assert words[:2] == ["backscope", "run"]
    second = reported(capsys, *words[2:])
    changing = ("seconds", "steps_per_second")
    assert {k: v for k, v in first.items() if k not in changing} == {
        k: v for k, v in second.items() if k not in changing
    }


def test_a_table_of_ones_own_is_trained_on(capsys, tmp_path, monkeypatch):
    (tmp_path / "mine.csv").write_text(ROWS)
    monkeypatch.chdir(tmp_path)
    said = reported(capsys, "healthy", "--data", "mine.csv", "--target", "class", "--steps", "3")
    assert said["settings"]["data"]["source"] == "csv"
    assert said["steps"] == 3


def test_a_history_goes_to_a_file_that_is_not_overwritten(capsys, tmp_path, refused):
    path = str(tmp_path / "run.csv")
    words = ("run", "worked-example", "--headless", "--steps", "2", "--csv", path)
    assert main(words) == 0
    capsys.readouterr()
    assert refused(*words) == [f"backscope: {path}: exists; --force overwrites it"]
    assert main([*words, "--force"]) == 0
    capsys.readouterr()
    assert refused(*words[:-1], str(tmp_path)) == [f"backscope: {tmp_path}: is a directory"]


# Bad input


def test_all_problems_of_a_file_are_told_at_once(refused, tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text('[network]\ndpeth = 3\n[training]\nlearning_rate = nan\noptimizer = "sdg"\n')
    lines = refused("run", str(path), "--headless")
    assert len(lines) == 3
    assert all(line.startswith(f"backscope: {path}: ") for line in lines)
    assert "did you mean depth?" in "\n".join(lines)
    assert "did you mean sgd?" in "\n".join(lines)


def test_all_settings_that_cannot_be_used_are_told_at_once(refused):
    words = ("network.depth", "=3", "network.width=4", "training.loss=sme", "network.dpeth=3")
    settings = [word for setting in words for word in ("--set", setting)]
    lines = refused("run", "healthy", "--headless", *settings)
    assert len(lines) == 4
    assert "did you mean mse?" in "\n".join(lines)
    assert "did you mean depth?" in "\n".join(lines)


@pytest.mark.parametrize(
    "content",
    [
        b"[training\n",
        b"title = '\xff'\n",
        b"#" * 70_000,
        b"x = " + b"[" * 5_000,
        b"seed = " + b"9" * 5_000,
        b"[training]\nlearning_rate = inf\n",
        b"[training]\nlearning_rate = '0.1'\n",
        b"[network]\nwidth = -3\ndepth = 2\n",
    ],
    ids=["syntax", "utf-8", "size", "nesting", "digits", "infinity", "type", "range"],
)
def test_a_file_that_cannot_be_used_is_one_line(refused, tmp_path, content):
    path = tmp_path / "bad.toml"
    path.write_bytes(content)
    (line,) = refused("run", str(path), "--headless")
    assert line.startswith("backscope: ")
    assert "bad.toml" in line
    assert len(line) < 300


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no such file"),
        ("", "empty"),
        ("x,class\n1,a\nfoo,b\n3,a\n", "foo"),
        ("x,class\n1,a\nnan,b\n3,a\n", "nan"),
        ("x,class\n1,a\n2,a\n3,a\n", "class"),
    ],
    ids=["missing", "empty", "text", "NaN", "one class"],
)
def test_data_that_cannot_be_used_are_one_line(refused, tmp_path, monkeypatch, content, said):
    monkeypatch.chdir(tmp_path)
    if content is not None:
        (tmp_path / "mine.csv").write_text(content)
    (line,) = refused(
        "run", "healthy", "--headless", "--data", "mine.csv", "--target", "class", "--steps", "2"
    )
    assert line.startswith("backscope: ")
    assert "mine.csv" in line
    assert said in line


# What goes wrong elsewhere


def failing(monkeypatch, error):
    def fail(*_):
        raise error

    monkeypatch.setattr(experiments, "load_experiment", fail)


def test_an_unexpected_error_is_one_line_and_how_to_see_more(capsys, monkeypatch):
    monkeypatch.delenv("BACKSCOPE_TRACEBACK", raising=False)
    failing(monkeypatch, RuntimeError("no\nluck\x1b[31m"))
    assert main(["run", "healthy", "--headless"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("backscope: unexpected RuntimeError: no")
    assert "BACKSCOPE_TRACEBACK=1" in line
    assert "\x1b" not in line


def test_the_traceback_of_an_unexpected_error_is_there_for_the_asking(monkeypatch):
    monkeypatch.setenv("BACKSCOPE_TRACEBACK", "1")
    failing(monkeypatch, RuntimeError("no luck"))
    with pytest.raises(RuntimeError, match="no luck"):
        main(["run", "healthy", "--headless"])


def test_too_little_memory_is_said_plainly(capsys, monkeypatch):
    failing(monkeypatch, MemoryError("Unable to allocate 8 EiB"))
    assert main(["run", "healthy", "--headless"]) == 1
    assert capsys.readouterr().err == "backscope: not enough memory: Unable to allocate 8 EiB\n"


def test_an_interrupt_before_the_training_ends_quietly(capsys, monkeypatch):
    failing(monkeypatch, KeyboardInterrupt())
    assert main(["run", "healthy", "--headless"]) == 130
    assert capsys.readouterr().err == ""


def test_a_reader_that_has_gone_is_no_error():
    for words in (["presets", "show", "vanishing"], ["run", "worked-example", "--json"]):
        reading, writing = os.pipe()
        os.close(reading)
        done = command(*words, capture_output=False, stdout=writing, stderr=subprocess.PIPE)
        os.close(writing)
        assert done.returncode == 141
        assert done.stderr == ""


def test_complaints_that_nobody_reads_keep_their_exit_code():
    reading, writing = os.pipe()
    os.close(reading)
    done = command("rnu", capture_output=False, stdout=subprocess.DEVNULL, stderr=writing)
    os.close(writing)
    assert done.returncode == 2


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_one_line():
    with open("/dev/full", "w") as full:
        done = command("presets", capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 1
    assert done.stderr == ("backscope: the output cannot be written: No space left on device\n")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_under_a_history_or_a_log_costs_that_file_alone():
    words = ("run", "worked-example", "--headless", "--steps", "3")
    done = command(*words, "--csv", "/dev/full", "--force")
    assert done.returncode == 1
    assert "finished after 3 of 3 steps" in done.stdout
    assert done.stderr.splitlines()[-1] == (
        "backscope: /dev/full: cannot be written: No space left on device"
    )
    with open("/dev/full", "w") as full:
        done = command(*words, capture_output=False, stdout=subprocess.PIPE, stderr=full)
    assert done.returncode == 0
    assert "finished after 3 of 3 steps" in done.stdout


def test_a_history_is_written_though_nobody_reads_the_summary(tmp_path):
    path = tmp_path / "run.csv"
    reading, writing = os.pipe()
    os.close(reading)
    words = ("run", "worked-example", "--headless", "--steps", "3", "--csv", str(path))
    done = command(*words, capture_output=False, stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    assert done.returncode == 141
    assert len(path.read_text().splitlines()) == 4


def test_a_standard_output_that_is_closed_loses_the_words_and_nothing_else():
    words = " ".join([*COMMAND, "presets"])
    done = subprocess.run(["/bin/sh", "-c", f"{words} >&-"], capture_output=True, check=False)
    assert done.returncode == 0
    assert done.stderr == b""


def test_characters_that_the_terminal_lacks_are_replaced(tmp_path):
    path = tmp_path / "été.toml"
    path.write_text('title = "λ → ∞"\n[training]\nsteps = 2\n', encoding="utf-8")
    done = command("run", str(path), "--headless", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert done.stdout.startswith("? ? ?\n")
