"""How fast the embedded model server is, measured with k6 on the machine at hand.

    python -m serving.bench --model build/models/photo --out docs/benchmarks/serving.md

`main.py` is the command, `load.js` what k6 does, `report.py` what is written down. `bare.py` measures the model
without a server, and `direct.py` the server with clients that cost next to nothing.
"""
