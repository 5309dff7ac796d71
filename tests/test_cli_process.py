"""The command line in a process of its own: its status, its streams, what it loads."""

import subprocess
import sys
from pathlib import Path

import pytest


def run_process(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "textspace", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "animals.txt"
    path.write_text("the cat sat on the mat\na dog sat near the house\n" * 40, encoding="utf-8")
    return path


def test_a_process_ends_with_its_status_and_without_a_traceback(corpus: Path) -> None:
    assert run_process("--version").returncode == 0
    failed = run_process("vectors", "nearest", "missing.textspace", "cat")
    assert failed.returncode == 1
    assert "Traceback" not in failed.stderr
    trained = run_process("vectors", "train", corpus, "--dim", 8, "--epochs", 2, "--min-count", 1)
    assert trained.returncode == 0
    assert trained.stderr == ""


def test_the_command_line_starts_without_what_it_may_not_need() -> None:
    program = "import sys, textspace.cli; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert "textspace.cli.app" in loaded
    assert not {"rich", "numpy", "scipy", "sklearn", "safetensors", "pandas"} & set(loaded)


def test_training_in_a_pipe_does_not_load_rich(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    program = (
        "import atexit, sys, textspace.cli; atexit.register(lambda: print(*sys.modules)); "
        f"sys.argv = ['textspace', 'vectors', 'train', {str(corpus)!r}, '--dim', '8']; textspace.cli.main()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "saved: animals.textspace" in done.stdout
    assert "textspace.vectors" in done.stdout.split()
    assert not {"rich", "scipy", "sklearn", "pandas"} & set(done.stdout.split())


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_what_the_encoding_of_the_output_lacks_is_escaped(
    encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, text = tmp_path / "model.textspace", tmp_path / "text.txt"
    text.write_text("__label__日本 寿司\n__label__b c\n", encoding="utf-8")
    assert run_process("classifier", "train", text, "-o", model, "--epochs", 1).returncode == 0
    monkeypatch.setenv("PYTHONIOENCODING", encoding)
    monkeypatch.setenv("PYTHONUTF8", "0")
    for arguments in (["evaluate", model, text], ["explain", model, "寿司 c"], ["explain", model, "--label", "日本"]):
        done = run_process("classifier", *arguments)
        assert (done.returncode, done.stderr) == (0, "")
    failed = run_process("classifier", "explain", model, "--label", "日")
    assert failed.returncode == 1
    assert "textspace: `label` must be" in failed.stderr
    assert "Traceback" not in failed.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell closes the streams")
def test_closed_streams_are_no_defect(corpus: Path) -> None:
    program = f"{sys.executable} -m textspace vectors train '{corpus}' -o closed.textspace >&- 2>&- <&-"
    assert subprocess.run(["sh", "-c", program], check=False, timeout=120).returncode == 0
    program = f"{sys.executable} -m textspace vectors train - -o closed.textspace <&-"
    failed = subprocess.run(["sh", "-c", program], check=False, timeout=120, capture_output=True, text=True)
    assert failed.returncode == 1
    assert "Traceback" not in failed.stderr
