"""Model versions go out and come back, with nobody noticing but of a bad one: docs/rollout.md.

    handtint rollout start --version 2 --canary 10,50,100
    handtint rollout run --until-done

| module | what it is |
| --- | --- |
| `state` | where a roll-out stands; all that is remembered |
| `machine` | from one state to the next: pure, no clock, no network |
| `serving_of` | what a state means for model servers and gateways, as texts |
| `store`, `files`, `cluster` | those texts, kept in a folder or in a ConfigMap; two writers cannot both win |
| `servers`, `prometheus` | what can be seen from outside |
| `checks`, `golden`, `watch` | whether a version may have traffic, and more of it |
| `rollout` | one step: read, look, decide, write |
| `commands` | `handtint rollout` |

No module here imports TensorFlow: the Job in a cluster is small.
"""
