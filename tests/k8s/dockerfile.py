"""A Dockerfile's own commands, run without an engine: in a fresh folder that stands for the image's root.

    image = Image.build(ROOT / "k8s/images/gateway/Dockerfile", folder)
    process = image.start("--server=grpc://127.0.0.1:8500", replace={"8080": "51234"})
    image.is_healthy(replace={"8080": "51234"})

RUN, COPY, WORKDIR, ENV, ENTRYPOINT, CMD and HEALTHCHECK are taken as they are, the image's absolute paths put below
the folder. A later stage begins with an empty folder and what it copies from an earlier one, at the same place, as in
an image: whatever it forgets is not there. What a base image brings is the machine's own: python, node, nginx.
"""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from dockerfile_parse import DockerfileParser

from tests.conftest import ROOT

# Folders that Dockerfiles make or fill. What else is absolute, such as /dev/null, is the machine's.
_OWN = re.compile(r"(?<![\w/.])/(?=(?:opt|src|etc/nginx|usr/share/nginx)(?:/|\b))")


@dataclass
class Image:
    """What was built; `root` stands for /."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)
    work: str = "/"
    user: str = "root"
    entry: list[str] = field(default_factory=list)
    arguments: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)
    stop: str = "SIGTERM"
    bases: list[str] = field(default_factory=list)

    @classmethod
    def build(cls, dockerfile: Path, folder: Path) -> Image:
        """Runs it all.

        Raises:
            subprocess.CalledProcessError: one of its commands failed; what it said is in `output`.
        """
        image = cls(folder / "root")
        tools = _tools(folder / "tools")
        stages: dict[str, Path] = {}
        for instruction, value in instructions(dockerfile):
            if instruction == "FROM":
                name, _, alias = value.partition(" AS ")
                if image.root.exists():
                    image.root.rename(stages[image._alias])
                image.root.mkdir(parents=True)
                image = cls(image.root, bases=[*image.bases, name])
                image._alias = alias
                stages[alias] = folder / f"stage-{alias}"
                image.environment = {"PATH": f"{tools}:{os.environ['PATH']}"}
            elif instruction == "RUN":
                environment = _machine() | image.environment
                subprocess.run(
                    ["bash", "-eu", "-c", image.map(value)],
                    cwd=image._folder(image.work),
                    env=environment,
                    check=True,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                )
            elif instruction == "COPY":
                image._copy(value, stages)
            elif instruction == "WORKDIR":
                image.work = value
            elif instruction == "ENV":
                for name, word in (pair.split("=", 1) for pair in shlex.split(value)):
                    image.environment[name] = image.map(re.sub(r"\$PATH\b", image.environment["PATH"], word))
            elif instruction == "STOPSIGNAL":
                image.stop = value
            elif instruction == "USER":
                image.user = value
            elif instruction == "ENTRYPOINT":
                image.entry = json.loads(value)
            elif instruction == "CMD":
                image.arguments = json.loads(value)
            elif instruction == "HEALTHCHECK" and value != "NONE":
                image.health = json.loads(value[value.index("[") :])
            elif instruction not in ("EXPOSE", "HEALTHCHECK"):
                raise ValueError(f"{dockerfile}: this test does not know {instruction}")
        return image

    def start(self, *arguments: str, replace: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """The container's process, with nothing in its environment that the image did not put there."""
        command = self._replaced([*self.entry, *(arguments or self.arguments)], replace)
        return subprocess.Popen(
            command,
            cwd=self._folder(self.work if self.work != "/tmp" else "/tmp"),
            env=self._clean(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def is_healthy(self, replace: Mapping[str, str] | None = None) -> bool:
        """What HEALTHCHECK says."""
        command = self._replaced(self.health, replace)
        return subprocess.run(command, env=self._clean(), capture_output=True).returncode == 0

    def map(self, text: str) -> str:
        """Text with the image's own absolute paths below `root`."""
        return _OWN.sub(f"{self.root}/", text)

    def _replaced(self, command: list[str], replace: Mapping[str, str] | None) -> list[str]:
        words = [self.map(word) for word in command]
        for old, new in (replace or {}).items():
            words = [word.replace(old, new) for word in words]
        found = shutil.which(words[0], path=self.environment["PATH"])
        if found is None:
            raise FileNotFoundError(f"{words[0]} is not in the image")
        return [found, *words[1:]]

    def _clean(self) -> dict[str, str]:
        return {"HOME": "/tmp", **self.environment}

    def _folder(self, path: str) -> Path:
        folder = self.root / path.lstrip("/")
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _copy(self, value: str, stages: Mapping[str, Path]) -> None:
        words = value.split()
        source_root = ROOT
        moved = words[0].startswith("--from=")
        if moved:
            source_root = stages[words.pop(0).removeprefix("--from=")]
        *sources, target = words
        into = self.root / (target if target.startswith("/") else f"{self.work}/{target}").lstrip("/")
        for source in sources:
            found = source_root / source.lstrip("/")
            to = into / found.name if found.is_file() and (target.endswith("/") or len(sources) > 1) else into
            to.parent.mkdir(parents=True, exist_ok=True)
            if moved and not to.exists():
                found.rename(to)  # a copy would do as well, of a gigabyte
            elif found.is_dir():
                shutil.copytree(found, to, ignore=_ignored, dirs_exist_ok=True)
            else:
                shutil.copy(found, to)

    _alias = ""


def instructions(dockerfile: Path) -> list[tuple[str, str]]:
    """Each instruction and its value, in order, without comments."""
    structure = DockerfileParser(fileobj=BytesIO(dockerfile.read_bytes())).structure
    return [(entry["instruction"], entry["value"]) for entry in structure if entry["instruction"] != "COMMENT"]


def _ignored(folder: str, names: list[str]) -> set[str]:
    """What .dockerignore keeps from an engine."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    patterns = [line for line in lines if re.match(r"\w|\*\*/", line)]
    ignored = set()
    for name in names:
        path = str((Path(folder) / name).relative_to(ROOT))
        if any(fnmatch.fnmatch(path, pattern) for pattern in patterns):
            ignored.add(name)
    return ignored


def _machine() -> dict[str, str]:
    """The environment without what belongs to this very process: where packages come from stays."""
    own = ("PYTHON", "VIRTUAL_ENV", "HANDTINT", "PYTEST")
    return {name: value for name, value in os.environ.items() if not name.startswith(own)}


def _tools(folder: Path) -> Path:
    """A folder for the PATH with what a base image brings and the machine calls otherwise."""
    from tests.programs import find_program

    folder.mkdir(parents=True)
    interpreter = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    for name, program in {"python": interpreter, "nginx": find_program("nginx")}.items():
        (folder / name).write_text(f'#!/bin/sh\nexec "{program}" "$@"\n')
        (folder / name).chmod(0o755)
    return folder
