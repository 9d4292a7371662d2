"""A graph cut where an input comes late: each half has what it needs, and together they give what the whole gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from export.halves import Half, split

OPS: dict[str, Callable[..., np.ndarray]] = {"Add": np.add, "Mul": np.multiply, "Neg": np.negative}


def node(name: str, op: str, *inputs: str, **attributes: Any) -> dict[str, Any]:
    return {"name": name, "op": op, "input": list(inputs), "attr": attributes, "device": "/device:CPU:0"}


def tensor(name: str) -> dict[str, Any]:
    return {"name": f"{name}:0", "dtype": "DT_FLOAT"}


def example() -> tuple[dict[str, Any], bytes]:
    """`early` = -(picture * 2); `late` = -(picture * 2) * 3 + hints * 2, with the product computed twice over."""
    weights = {"two": (2.0, "float16"), "again": (2.0, "float16"), "three": (3.0, "float32")}
    entries = [
        {"name": name, "shape": [], "dtype": "float32"}
        | ({"quantization": {"dtype": "float16", "original_dtype": "float32"}} if kind == "float16" else {})
        for name, (_, kind) in weights.items()
    ]
    nodes = [
        node("late_out", "Add", "scaled", "warm"),
        node("picture", "Placeholder"),
        node("hints", "Placeholder"),
        *(node(name, "Const") for name in weights),
        node("double", "Mul", "picture", "two", _noted=True),
        node("twin", "Mul", "picture", "again:0", "^hints"),
        node("early_out", "Neg", "double"),
        node("negative", "Neg", "twin"),
        node("scaled", "Mul", "negative", "three"),
        node("warm", "Mul", "hints", "again"),
    ]
    graph = {
        "generatedBy": "a",
        "convertedBy": "b",
        "signature": {
            "inputs": {"picture": tensor("picture"), "hints": tensor("hints")},
            "outputs": {"early": tensor("early_out"), "late": tensor("late_out")},
        },
        "modelTopology": {"node": nodes, "versions": {}},
        "weightsManifest": [{"paths": ["1", "2"], "weights": entries}],
    }
    return graph, b"".join(np.array(value, kind).tobytes() for value, kind in weights.values())


def run(half: Half, given: dict[str, float]) -> dict[str, float]:
    """The half's outputs by name, from its own inputs and weights alone."""
    nodes = {each["name"]: each for each in half.graph["modelTopology"]["node"]}
    values = {_name(tensor): given[key] for key, tensor in half.graph["signature"]["inputs"].items()}
    start = 0
    for entry in half.graph["weightsManifest"][0]["weights"]:
        kind = np.dtype(entry.get("quantization", entry)["dtype"])
        values[entry["name"]] = np.frombuffer(half.weights, kind, 1, start)[0]
        start += kind.itemsize
    assert start == len(half.weights)

    def value(name: str) -> float:
        return values[name] if name in values else OPS[nodes[name]["op"]](*map(value, nodes[name]["input"]))

    return {key: value(_name(tensor)) for key, tensor in half.graph["signature"]["outputs"].items()}


def _name(tensor: dict[str, Any]) -> str:
    return tensor["name"].removesuffix(":0")


def names(half: Half) -> set[str]:
    return {each["name"] for each in half.graph["modelTopology"]["node"]}


def test_the_halves_give_together_what_the_whole_gives() -> None:
    see, guide = split(*example(), late="hints")
    seen = run(see, {"picture": 5.0})
    assert seen["early"] == -10
    assert run(guide, {**seen, "picture": 5.0, "hints": 7.0}) == {"late": -30 + 14}


def test_all_that_needs_no_hints_is_in_the_first_half_and_only_once() -> None:
    see, guide = split(*example(), late="hints")
    assert names(see) == {"picture", "two", "three", "double", "early_out", "scaled"}
    assert names(guide) == {"hints", "two", "scaled", "warm", "late_out"}
    assert [each["op"] for each in guide.graph["modelTopology"]["node"] if each["name"] == "scaled"] == ["Placeholder"]
    assert (len(see.weights), len(guide.weights)) == (2 + 4, 2)
    assert see.graph["weightsManifest"][0]["paths"] == ["see.bin"]
    assert all(each["attr"] == {} for each in see.graph["modelTopology"]["node"])


def test_an_input_that_both_need_is_given_to_both() -> None:
    graph, weights = example()
    graph["modelTopology"]["node"][0]["input"][0] = "picture"
    see, guide = split(graph, weights, late="hints")
    assert set(guide.graph["signature"]["inputs"]) == {"picture", "hints"}
    assert set(see.graph["signature"]["outputs"]) == {"early"}
    assert run(guide, {"picture": 5.0, "hints": 7.0}) == {"late": 5 + 14}


def test_a_network_that_takes_hints_at_once_is_all_in_the_second_half() -> None:
    graph, weights = example()
    for each in graph["modelTopology"]["node"]:
        each["input"] = ["hints" if name == "picture" else name for name in each["input"]]
    see, guide = split(graph, weights, late="hints")
    assert (names(see), see.weights) == (set(), b"")
    assert run(guide, {"hints": 7.0}) == {"early": -14, "late": -42 + 14}


def test_a_further_output_of_a_node_is_refused() -> None:
    graph, weights = example()
    graph["modelTopology"]["node"][-1]["input"] = ["hints:1"]
    with pytest.raises(ValueError, match=r"warm takes hints:1\. Expected first outputs of nodes only"):
        split(graph, weights, late="hints")
