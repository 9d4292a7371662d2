"""Workers on this machine's loopback: two learn what one with twice the batch does, and end and go on together."""

from __future__ import annotations

import csv
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest

from tests.conftest import ROOT, draw_scenes
from trainer import distribution

STEPS, EPOCH = 10, 4
# Batch norm in both networks, spectral norm in one. Rates don't depend on the budget, so that a run of another length
# takes the same steps. Without dropout, whose numbers depend on the batch's shape.
SETTINGS = {
    "size": 32, "validation": 5, "steps_per_epoch": EPOCH, "generator": "unet", "filters": "[8, 16, 16, 16]",
    "generator_spectral_norm": True, "spectral_norm": False, "discriminator_filters": 8,
    "discriminator_strides": "[2, 2]", "dropout": 0.0, "distribution_weight": 0.0, "adversarial": "vanilla",
    "adversarial_weight": 0.1, "adversarial_at": 0.0, "schedule": "constant", "thaw_at": 0.0, "ema": 0.5,
}  # fmt: skip


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    yield
    distribution._tf_config.cache_clear()


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_scenes(tmp_path_factory.mktemp("scenes"), 40)


def tf_config(index: int, addresses: list[str]) -> str:
    return json.dumps({"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}})


def start(workers: int, *arguments: object, data: tuple[Path, ...] = ()) -> list[subprocess.Popen]:
    """The same command in each of the workers, but for their `data` if it is given. One worker has no TF_CONFIG."""
    sockets = [socket.socket() for _ in range(workers)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    addresses = [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]
    for each in sockets:
        each.close()
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    return [
        subprocess.Popen(
            [sys.executable, "-m", "trainer", *map(str, arguments), *([f"--data={data[index]}"] if data else [])],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
            env=environment | ({"TF_CONFIG": tf_config(index, addresses)} if workers > 1 else {}),
        )
        for index in range(workers)
    ]


def begin(workers: int, scenes: Path, run: Path, batch: int, steps: int) -> list[subprocess.Popen]:
    settings = [f"--set={name}={value}" for name, value in {**SETTINGS, "batch": batch}.items()]
    return start(workers, "fit", "--preset", "photo", "--data", scenes, "--run", run, "--steps", steps, *settings)


def finish(processes: list[subprocess.Popen], code: int = 0) -> list[str]:
    outputs = [process.communicate(timeout=300)[0] for process in processes]
    assert [process.returncode for process in processes] == [code] * len(processes), outputs
    return outputs


def wait_for_checkpoint(run: Path, processes: list[subprocess.Popen]) -> None:
    end = time.monotonic() + 240
    while not list(run.glob("checkpoints/step-*")):
        assert time.monotonic() < end, "no checkpoint"
        assert all(process.poll() is None for process in processes), finish(processes)
        time.sleep(0.05)


def losses(run: Path) -> dict[str, np.ndarray]:
    with (run / "losses.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name] or "nan") for row in rows]) for name in rows[0]}


def newest(run: Path) -> Path:
    return sorted(run.glob("checkpoints/step-*"))[-1]


def sizes(run: Path) -> dict[str, float]:
    """The Euclidean norm of all weights, and of each optimiser's averages of its gradients."""
    squares: dict[str, float] = {}
    with h5py.File(newest(run) / "gan.weights.h5") as file:

        def add(name: str, item: h5py.Dataset | h5py.Group) -> None:
            if isinstance(item, h5py.Dataset):
                group = name.split("/")[0]
                squares[group] = squares.get(group, 0.0) + float(np.square(item[()], dtype=np.float64).sum())

        file.visititems(add)
    return {name: value**0.5 for name, value in squares.items()}


@pytest.fixture(scope="module")
def two_workers(scenes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("runs") / "two"
    for output in finish(begin(2, scenes, run, batch=4, steps=STEPS)):
        assert f"Done: {STEPS} steps" in output
    return run


@pytest.mark.slow
def test_two_workers_learn_what_one_with_twice_the_batch_does(scenes: Path, two_workers: Path, tmp_path: Path) -> None:
    one = tmp_path / "one"
    finish(begin(1, scenes, one, batch=8, steps=STEPS))
    alone, together = losses(one), losses(two_workers)
    np.testing.assert_array_equal(together["step"], np.arange(1, STEPS + 1))
    for name, values in alone.items():
        # Sums in another order: float32's 1e-7, which Adam, dividing tiny gradients by their own size, lets grow.
        # It was 6e-7; batch norm over half the batch makes it 7e-4, and gradients of twice the size 1e-4.
        np.testing.assert_allclose(together[name], values, rtol=2e-5, atol=1e-6, err_msg=name)
    alone_sizes, together_sizes = sizes(one), sizes(two_workers)
    assert {"generator", "average", "discriminator", "generator_optimizer", "discriminator_optimizer"} <= set(
        alone_sizes
    )
    for name, size in alone_sizes.items():
        # Adam's steps hide a gradient of twice the size, its averages don't
        assert together_sizes[name] == pytest.approx(size, rel=1e-3), name


@pytest.mark.slow
@pytest.mark.parametrize("victim", [0, 1], ids=["chief", "other"])
def test_when_a_worker_is_killed_the_other_ends_and_both_go_on(
    victim: int, scenes: Path, two_workers: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    processes = begin(2, scenes, run, batch=4, steps=100_000)
    wait_for_checkpoint(run, processes)
    processes[victim].send_signal(signal.SIGKILL)
    survivor = processes[1 - victim]
    output, _ = survivor.communicate(timeout=60)  # heartbeats are missed after ten seconds
    processes[victim].communicate()
    assert survivor.returncode == 1, output
    assert f"trainer: Worker {1 - victim} of 2 has lost another one" in output
    assert "Traceback" not in output

    done = json.loads((newest(run) / "state.json").read_text())["step"]
    (run / "losses.csv").unlink()  # so that it shows where they go on from
    finish(start(2, "fit", "--resume", run, "--steps", done + EPOCH))
    again, undisturbed = losses(run), losses(two_workers)
    np.testing.assert_array_equal(again["step"], np.arange(done + 1, done + EPOCH + 1))
    common = [step for step in range(done + 1, done + EPOCH + 1) if step <= STEPS]
    expected = undisturbed["generator_loss"][[step - 1 for step in common]]
    # the tolerance of the test above
    np.testing.assert_allclose(again["generator_loss"][: len(common)], expected, rtol=2e-5)


@pytest.mark.slow
def test_when_one_worker_is_asked_to_stop_all_do_after_the_same_step(scenes: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    processes = begin(2, scenes, run, batch=4, steps=100_000)
    wait_for_checkpoint(run, processes)
    processes[1].send_signal(signal.SIGTERM)
    for output in finish(processes, code=130):
        assert "Stopped and saved" in output
    assert losses(run)["step"][-1] == json.loads((newest(run) / "state.json").read_text())["step"]


@pytest.mark.slow
def test_workers_with_different_data_are_told(scenes: Path, tmp_path: Path) -> None:
    run, fewer = tmp_path / "run", tmp_path / "fewer"
    fewer.mkdir()
    for picture in sorted(scenes.iterdir())[:30]:
        (fewer / picture.name).write_bytes(picture.read_bytes())
    settings = [f"--set={name}={value}" for name, value in {**SETTINGS, "batch": 4}.items()]
    processes = start(2, "fit", "--run", run, "--steps", STEPS, *settings, data=(scenes, fewer))
    for output in finish(processes, code=1):
        assert "trainer: The workers differ in the number of pictures: " in output


def test_without_tf_config_there_is_one_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TF_CONFIG", raising=False)
    assert (distribution.workers(), distribution.index(), distribution.is_chief()) == (1, 0, True)
    assert distribution.gather(2.5) == [2.5]
    assert distribution.anyone(True)
    assert not distribution.anyone(False)


def test_tf_config_says_who_one_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_CONFIG", tf_config(2, ["a:1", "b:1", "c:1"]))
    assert (distribution.workers(), distribution.index(), distribution.is_chief()) == (3, 2, False)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"cluster": ', "EOF"),
        ('{"cluster": {"worker": ["a:1", "b:1"]}}', "task: Field required"),
        (tf_config(2, ["a:1", "b:1"]), "task.index is 2, but there are 2 workers"),
        (tf_config(0, ["a:1"]).replace('"type": "worker"', '"type": "ps"'), "task.type: Input should be 'worker'"),
    ],
)
def test_a_broken_tf_config_is_explained(text: str, problem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(ValueError, match="TF_CONFIG can't be understood") as raised:
        distribution.workers()
    assert problem in str(raised.value)
    assert text in str(raised.value).replace("\\'", "'")


def test_minutes_are_refused_for_many_workers(scenes: Path, tmp_path: Path) -> None:
    processes = start(2, "fit", "--data", scenes, "--run", tmp_path / "run", "--minutes", 1)
    for output in finish(processes, code=1):
        assert "trainer: A budget of 1 minutes ends at another step on each of 2 workers" in output


def test_jax_is_refused_for_many_workers(scenes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    processes = start(2, "fit", "--data", scenes, "--run", tmp_path / "run", "--steps", 1, "--set=batch=4")
    for output in finish(processes, code=1):
        assert "KERAS_BACKEND is jax: only tensorflow trains on several" in output
