"""A TF.js graph in two halves, so that whoever moves a hint does not run the whole network again.

    see, guide = split(graph, weights, late="hints")

`see` is all that can be computed before the late input is there: once a picture. `guide` is the rest: once a list of
hints. What goes from one to the other keeps its name: it is an output here and an input there.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from graphlib import TopologicalSorter
from typing import Any, NamedTuple

Node = dict[str, Any]

_BYTES = {"float16": 2, "float32": 4, "int32": 4, "bool": 1}  # of a value, as the converter stores it


class Half(NamedTuple):
    """A graph model as TF.js takes it, and the file of weights that it names."""

    graph: dict[str, Any]
    weights: bytes


class _Weight(NamedTuple):
    entry: dict[str, Any]  # of the manifest of weights
    data: bytes


def split(graph: dict[str, Any], weights: bytes, late: str) -> tuple[Half, Half]:
    """The JSON of a graph model, and all of its weights -> `see`, with see.bin, and `guide`, with guide.bin.

    Their signatures say what each takes and gives: an output that does not depend on `late` is one of `see`'s. What the
    graph computes twice is computed once.
    Raises ValueError where a node hands on another than its first output, as none of our networks' does.
    """
    stored = _stored(graph["weightsManifest"], weights)
    every = {node["name"]: _slim(node) for node in graph["modelTopology"]["node"]}
    kept = _first_of_equals(every, stored)
    nodes = {name: {**node, "input": [kept[i] for i in node["input"]]} for name, node in every.items()}
    ends = {key: kept[_node(tensor)] for key, tensor in graph["signature"]["outputs"].items()}

    later = _after(nodes, late)
    free = {name for name, node in nodes.items() if node["op"] in ("Const", "Placeholder")}  # there for both halves
    guide = _behind((name for name in ends.values() if name in later), nodes, through=later)
    handed = guide - later - free
    see = _behind({name for name in ends.values() if name not in later} | handed, nodes, through=nodes)

    def half(name: str, chosen: set[str], takes: set[str], gives: set[str]) -> Half:
        """Of the `chosen` nodes those that it `takes` are not computed but given."""
        given = [{"name": node, "op": "Placeholder", "input": [], "attr": {}} for node in sorted(takes)]
        used = [weight for node, weight in stored.items() if node in chosen]
        inputs = {key: tensor for key, tensor in graph["signature"]["inputs"].items() if _node(tensor) in chosen}
        outputs = {
            key: {**tensor, "name": f"{ends[key]}:0"}
            for key, tensor in graph["signature"]["outputs"].items()
            if ends[key] in chosen - takes
        }
        topology = {
            "format": "graph-model",
            "generatedBy": graph["generatedBy"],
            "convertedBy": graph["convertedBy"],
            "signature": {"inputs": inputs | _crossing(takes), "outputs": outputs | _crossing(gives)},
            "modelTopology": {
                "node": given + [node for node in nodes.values() if node["name"] in chosen - takes],
                "versions": graph["modelTopology"]["versions"],
            },
            "weightsManifest": [{"paths": [f"{name}.bin"], "weights": [weight.entry for weight in used]}],
        }
        return Half(topology, b"".join(weight.data for weight in used))

    return half("see", see, set(), handed), half("guide", guide, handed, set())


def _stored(groups: list[dict[str, Any]], data: bytes) -> dict[str, _Weight]:
    stored, start = {}, 0
    for entry in (entry for group in groups for entry in group["weights"]):
        end = start + math.prod(entry["shape"]) * _BYTES[entry.get("quantization", entry)["dtype"]]
        stored[entry["name"]] = _Weight(entry, data[start:end])
        start = end
    return stored


def _node(tensor: dict[str, Any]) -> str:
    return tensor["name"].removesuffix(":0")


def _crossing(names: set[str]) -> dict[str, Any]:
    return {name: {"name": f"{name}:0"} for name in sorted(names)}


def _slim(node: Node) -> Node:
    """Without control inputs, which order what has no effect here, and without TensorFlow's notes to itself."""
    inputs = [name.removesuffix(":0") for name in node.get("input", []) if not name.startswith("^")]
    if any(":" in name for name in inputs):
        raise ValueError(f"{node['name']} takes {', '.join(inputs)}. Expected first outputs of nodes only.")
    attributes = {key: value for key, value in node.get("attr", {}).items() if not key.startswith("_")}
    return {"name": node["name"], "op": node["op"], "input": inputs, "attr": attributes}


def _first_of_equals(nodes: dict[str, Node], stored: dict[str, _Weight]) -> dict[str, str]:
    """Each node's name -> the name of the first one that computes the same from the same."""
    kept: dict[str, str] = {}
    first: dict[object, str] = {}
    for name in TopologicalSorter({name: node["input"] for name, node in nodes.items()}).static_order():
        node = nodes[name]
        value: object = name if node["op"] == "Placeholder" else None
        if name in stored:
            value = stored[name].entry["dtype"], tuple(stored[name].entry["shape"]), stored[name].data
        same = node["op"], json.dumps(node["attr"], sort_keys=True), tuple(kept[i] for i in node["input"]), value
        kept[name] = first.setdefault(same, name)
    return kept


def _after(nodes: dict[str, Node], first: str) -> set[str]:
    """The nodes that depend on one, that included."""
    found = {first}
    while more := {name for name, node in nodes.items() if name not in found and found & set(node["input"])}:
        found |= more
    return found


def _behind(last: Iterable[str], nodes: dict[str, Node], through: Iterable[str]) -> set[str]:
    """What the nodes `last` depend on, themselves included, going back `through` certain ones only."""
    found: set[str] = set()
    new = set(last)
    while new:
        found |= new
        new = {name for node in new & set(through) for name in nodes[node]["input"]} - found
    return found
