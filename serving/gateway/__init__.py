"""The public door: a picture in, the picture in colour out.

    handtint-gateway --server=grpc://127.0.0.1:8500 --port=8080

`app.py` answers requests, `options.py` reads what they ask for, `problems.py` says what went wrong, `site.py`
gives the static page out, `web_server.py` is the HTTP server below and `main.py` the command above.
"""
