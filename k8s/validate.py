"""Render every kustomization of this folder, and every sensible combination of components, and validate what comes out.

    python k8s/validate.py            # everything, a minute
    python k8s/validate.py --pairs    # every two components together instead of all combinations, some seconds

No cluster is asked. What must hold is in `checks`; which components go together, in combinations.py. A new overlay or
component is found by itself. `k8s/*.yaml` is taken as it is.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import yaml
from checks import problems
from checks.documents import Manifest
from checks.schema import KUBERNETES
from combinations import combinations
from kubectl import BUILD, KubectlError, kubectl

FOLDER = Path(__file__).resolve().parent
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where libyaml is there


def render(kustomization: Path) -> list[Manifest]:
    """The documents that `kubectl kustomize` makes of a folder.

    Raises:
        KubectlError: kubectl refuses the folder; the message is its own.
    """
    command = [str(kubectl()), "kustomize", str(kustomization)]
    done = subprocess.run(command, capture_output=True, text=True)  # noqa: S603 - no shell
    if done.returncode:
        raise KubectlError(f"kubectl kustomize ended with {done.returncode}: {done.stderr.strip()}")
    return list(yaml.load_all(done.stdout, _Loader))


def render_with(resources: Sequence[Path], components: Sequence[Path] = ()) -> list[Manifest]:
    """Kustomizations together, as an overlay with these components has them."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        overlay = {  # relative, since kustomize takes no absolute path
            "resources": [os.path.relpath(path, folder) for path in resources],
            "components": [os.path.relpath(path, folder) for path in components],
        }
        Path(folder, "kustomization.yaml").write_text(yaml.safe_dump(overlay))
        return render(Path(folder))


def read(file: Path) -> list[Manifest]:
    """The documents of a file that is applied as it is."""
    return list(yaml.load_all(file.read_text(), _Loader))


def renderings(pairs: bool) -> Iterator[tuple[str, Callable[[], list[Manifest]]]]:
    """Each thing to validate: its name, and what renders it."""
    base, training, rollout = (FOLDER / name for name in ("base", "training", "rollout"))
    for folder in [base, training, *sorted(FOLDER.glob("overlays/*/"))]:
        yield str(folder.relative_to(FOLDER)), partial(render, folder)
    yield "base + rollout", partial(render_with, [base, rollout])
    for folder in sorted(training.glob("components/*/")):
        yield f"training + {folder.name}", partial(render_with, [training], [folder])
    for file in sorted(FOLDER.glob("*.yaml")):
        yield file.name, partial(read, file)
    for chosen in combinations(FOLDER / "components", pairs):
        folders = [FOLDER / "components" / name for name in chosen]
        yield f"base + {' + '.join(chosen)}", partial(render_with, [base], folders)


def judge(produce: Callable[[], list[Manifest]]) -> tuple[int, list[str]]:
    """How many documents a rendering has, and what is wrong with it."""
    try:
        manifests = produce()
    except KubectlError as error:
        return 0, [str(error)]
    return len(manifests), problems(manifests)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table of all renderings and what is wrong with each; 0 when nothing is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", action="store_true", help="every two components together, not all combinations")
    chosen = list(renderings(parser.parse_args(arguments).pairs))
    kubectl()  # once, before many want it
    total = 0
    print(f"{'rendering':<100} {'documents':>9}  Kubernetes {KUBERNETES}, strict")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for (name, _), (count, wrong) in zip(chosen, pool.map(judge, [each for _, each in chosen]), strict=True):
            print(f"{name:<100} {count:>9}  {f'{len(wrong)} wrong' if wrong else 'ok'}")
            for sentence in wrong:
                print(f"    {sentence}")
            total += len(wrong)
    print(f"{len(chosen)} renderings, {total} wrong")
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
