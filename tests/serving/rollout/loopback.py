"""A whole installation on this machine: two model servers, two gateways, a Prometheus that scrapes them, k6's load.

    with Loopback(folder, base_path) as loopback:
        loopback.load.begin()
        command = loopback.command("run", "--until-done", "--version=2")
        checks = loopback.load.end()

Everything is a process of its own and real; only a cluster is missing, whose part files play.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, Any

import httpx

from serving.bench import k6
from tests.conftest import ROOT
from tests.programs import find_program
from tests.serving.gateway.processes import free_port

_SECONDS = 120.0  # for a process to answer, on a machine that does much else
CONFIG = """model_config_list {{ config {{
  name: "photo" base_path: "{base}" model_platform: "tensorflow"
  model_version_policy {{ specific {{ versions: 1 }} }}
  version_labels {{ key: "stable" value: 1 }} version_labels {{ key: "canary" value: 1 }}
}} }}
"""


def until(condition: Callable[[], Any], what: str, seconds: float = _SECONDS) -> None:
    """Waits until something is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"After {seconds:g} s: {what}")
        time.sleep(0.05)


def write_folder(folder: Path, base: Path) -> Path:
    """What `handtint rollout --folder` takes, with version 1 as the stable one."""
    folder.mkdir(parents=True)
    (folder / "models.config").write_text(CONFIG.format(base=base))
    (folder / "split").write_text("stable=100\ncanary=0\n")
    return folder


class Process:
    """A Python module of ours as a process; `line` is what it says when it answers."""

    def __init__(self, log: Path, module: str, *flags: str):
        self._log = log.open("a")
        command = [sys.executable, "-m", module, *flags]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=self._log, text=True)
        self._path = log

    def line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self._path.read_text()[-3000:]
        return line

    def end(self) -> None:
        """As a pod is ended."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self.close()

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()
        self._log.close()


class ModelServer:
    """One at a port that it keeps when it is started again, as a pod keeps its place behind a name."""

    def __init__(self, folder: Path, config: Path, *flags: str):
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self._log = folder / f"server-{self.port}.log"
        self._flags = (
            *("--host=127.0.0.1", f"--port={self.port}", f"--model_config_file={config}"),
            *("--model_config_file_poll_wait_seconds=0.2", "--file_system_poll_wait_seconds=0.2"),
            *("--allow_version_labels_for_unavailable_models", "--enable_grpc_healthcheck_service"),
            *("--max_num_load_retries=0", "--enable_serialization_as_tensor_content", *flags),
        )
        self.begin()

    def begin(self) -> None:
        self.process = Process(self._log, "serving.model_server.main", *self._flags)

    def wait(self) -> None:
        self.process.line()

    def close(self) -> None:
        self.process.close()


class Gateway:
    """One whose split is a file; `url` is where it answers, `metrics` what Prometheus scrapes."""

    def __init__(self, folder: Path, servers: list[ModelServer], split: Path):
        server = f"--server=grpc://{','.join(each.address for each in servers)}"
        flags = ("--port=0", "--metrics-port=0", "--no-authentication", "--rate=none", f"--split-file={split}")
        self.process = Process(folder / "gateway.log", "serving.gateway.main", server, *flags)

    def wait(self) -> None:
        (self.url,) = re.findall(r"http://\S+", self.process.line())
        (metrics,) = re.findall(r"http://(\S+)/metrics", self.process.line())
        self.metrics = metrics

    def close(self) -> None:
        self.process.close()


class Scraper:
    """A Prometheus that asks every second."""

    def __init__(self, folder: Path, targets: list[str]):
        config = folder / "prometheus.yml"
        config.write_text(
            "global: {scrape_interval: 1s, scrape_timeout: 1s}\n"
            f"scrape_configs: [{{job_name: gateway, static_configs: [{{targets: {json.dumps(targets)}}}]}}]\n"
        )
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        flags = (f"--config.file={config}", f"--storage.tsdb.path={folder / 'tsdb'}")
        command = [str(find_program("prometheus")), *flags, f"--web.listen-address=127.0.0.1:{port}"]
        self._log = (folder / "prometheus.log").open("w")
        self.process = subprocess.Popen(command, stdout=self._log, stderr=subprocess.STDOUT)

    def wait(self) -> None:
        until(lambda: _answers(f"{self.url}/-/ready"), "Prometheus is not ready")

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(30)
        self._log.close()


class Load:
    """k6 between `begin` and `end`."""

    def __init__(self, folder: Path, gateways: list[str], pictures: list[Path], clients: int, pause: float):
        self._folder, self._summary = folder, folder / "load-summary.json"
        self._more = True
        load = self

        class Control(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200 if load._more else 410)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Nobody reads it."""

        self._control = ThreadingHTTPServer(("127.0.0.1", 0), Control)
        threading.Thread(target=self._control.serve_forever, daemon=True).start()
        self._config = {
            "gateways": gateways,
            "pictures": [str(path) for path in pictures],
            "control": f"http://127.0.0.1:{self._control.server_address[1]}/",
            "clients": clients,
            "pause": pause,
            "summary": str(self._summary),
        }
        self.process: subprocess.Popen[bytes] | None = None
        self._log: IO[str] | None = None

    def begin(self) -> None:
        self._more = True
        config = self._folder / "load.json"
        config.write_text(json.dumps(self._config))
        script = str(Path(__file__).with_name("load.js"))
        self._close_log()
        self._log = (self._folder / "k6.log").open("w+")
        command = [k6.executable(), "run", "--quiet", "--no-usage-report", "-e", f"CONFIG={config}", script]
        self.process = subprocess.Popen(command, stdout=self._log, stderr=subprocess.STDOUT)

    def end(self) -> dict[str, float]:
        """Requests that `passes` and that `fails`."""
        assert self.process is not None
        self._more = False
        self.process.wait(120)
        checks = json.loads(self._summary.read_text())["metrics"]["checks"]["values"]
        assert checks["fails"] == 0, self.log()
        return dict(checks)

    def _close_log(self) -> None:
        if self._log is not None:
            self._log.close()

    def log(self) -> str:
        assert self._log is not None
        self._log.seek(0)
        return self._log.read()[-4000:]

    def close(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        self._close_log()
        self._control.shutdown()
        self._control.server_close()


class Loopback:
    """All of it, answering, until `close`.

    Args:
        folder: for logs and files.
        base: the model's base path, with version 1.
        pictures: that the load sends.
        clients: that send at the same time, `pause` seconds apart.
        flags: further ones for the model servers.
    """

    def __init__(
        self, folder: Path, base: Path, pictures: list[Path], clients: int = 3, pause: float = 0.05, flags: Any = ()
    ):
        self._stack = ExitStack()
        self.folder = write_folder(folder / "rollout", base)

        def kept(part: Any) -> Any:
            self._stack.callback(part.close)
            return part

        try:
            self.servers = [kept(ModelServer(folder, self.folder / "models.config", *flags)) for _ in range(2)]
            self.gateways = [kept(Gateway(folder, self.servers, self.folder / "split")) for _ in range(2)]
            for part in (*self.servers, *self.gateways):
                part.wait()
            # as a readiness probe would: a gateway that was there first takes a moment to find its servers
            until(lambda: all(_answers(f"{each.url}/readyz") for each in self.gateways), "a gateway is not ready")
            self.prometheus = kept(Scraper(folder, [gateway.metrics for gateway in self.gateways]))
            self.prometheus.wait()
            self.load = kept(Load(folder, [gateway.url for gateway in self.gateways], pictures, clients, pause))
        except BaseException:
            self._stack.close()
            raise

    def __enter__(self) -> Loopback:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def command(self, *arguments: str) -> subprocess.Popen[str]:
        """`handtint rollout` with these arguments, begun."""
        places = {
            "FOLDER": str(self.folder),
            "SERVER": f"grpc://{','.join(server.address for server in self.servers)}",
            "PROMETHEUS": self.prometheus.url,
        }
        environment = {**os.environ, **{f"HANDTINT_ROLLOUT_{name}": value for name, value in places.items()}}
        command = [sys.executable, "-m", "serving.cli", "rollout", *arguments]
        return subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def done(self, *arguments: str) -> tuple[int, str]:
        """The same, to its end: exit status and what it said."""
        process = self.command(*arguments)
        said = process.communicate(timeout=600)[0]
        return process.returncode, said

    def state(self) -> dict[str, Any]:
        """rollout.json; before the first roll-out an empty history."""
        path = self.folder / "rollout.json"
        document: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {"history": []}
        return document


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.TransportError:
        return False
