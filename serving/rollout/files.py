"""A roll-out on one machine: three files in a folder, which the model server and the gateway look at.

    store = FileStore(Path("rollout"))

The model server's --model_config_file is models.config there, the gateway's --split-file is split. Each is replaced as
a whole, so nobody reads half of one. The state is written first: who is killed between two files has them put right by
the next command, out of the state.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from serving.rollout.errors import Conflict, RolloutError
from serving.rollout.serving_of import CONFIG, STATE
from serving.rollout.store import NAMES, Stored


class FileStore:
    """A `Store`; commands of one machine may share it."""

    delay = 5.0
    selector = ""

    def __init__(self, folder: Path):
        self._folder = folder

    def read(self) -> Stored:
        """See `Store`."""
        texts = {}
        for name in NAMES:
            try:
                texts[name] = (self._folder / name).read_text("utf-8")
            except FileNotFoundError:
                if name == CONFIG:
                    raise RolloutError(
                        f"{self._folder} holds no {CONFIG}.",
                        "Give the folder whose models.config the model server reads: --folder.",
                    ) from None
            except (OSError, UnicodeDecodeError) as error:
                raise RolloutError(f"{self._folder / name} cannot be read: {error}.", "Correct that.") from error
        return Stored(texts, _token(texts))

    def write(self, texts: Mapping[str, str], before: Stored) -> None:
        """See `Store`."""
        try:
            with self._alone():
                if self.read().token != before.token:
                    raise Conflict
                for name in NAMES:
                    if texts[name] != before.texts.get(name):
                        self._replace(name, texts[name])
        except OSError as error:
            raise RolloutError(f"{self._folder} cannot be written: {error}.", "Give one that can be.") from error

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """The kernel lets the lock go when its holder is killed."""
        with (self._folder / ".rollout.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _replace(self, name: str, text: str) -> None:
        new = self._folder / f".{name}.new"  # nobody else writes, and who was killed leaves no more than this
        with new.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(new, 0o644)  # servers may run as another user, whatever the umask here
        os.replace(new, self._folder / name)


def _token(texts: Mapping[str, str]) -> str:
    """Of the state, which no two writes leave the same; of the configuration as long as there is none."""
    return hashlib.sha256(texts.get(STATE, texts.get(CONFIG, "")).encode()).hexdigest()
