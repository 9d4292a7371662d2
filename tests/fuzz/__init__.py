"""Long runs of made-up input against the gateway as a process; commands, not tests.

    python -m tests.fuzz.pictures --count 10000     # damaged pictures
    python -m tests.fuzz.requests --count 10000     # requests made up from /openapi.json

Both end with 1 if the gateway answered with a status of 500 or more, or is no longer there.
"""
