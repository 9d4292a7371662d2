"""What says how to use the gateway: `/openapi.json` for programs, `/docs/` for people, `/server.json` for our own page.

    add_documents(app, settings)

The page is Swagger UI out of the package swagger_ui_bundle, given out from here: it loads nothing from elsewhere.
"""

from __future__ import annotations

from flask import Flask, Response, jsonify, redirect, send_from_directory
from swagger_ui_bundle import swagger_ui_path
from werkzeug.exceptions import NotFound

from serving.gateway.openapi import describe
from serving.gateway.settings import Settings

_TYPES = {"css": "text/css", "js": "text/javascript", "png": "image/png"}
_FILES = ("swagger-ui.css", "swagger-ui-bundle.js", "favicon-16x16.png", "favicon-32x32.png")
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Handtint: the gateway</title>
<link rel="icon" href="favicon-32x32.png">
<link rel="stylesheet" href="swagger-ui.css">
<main id="page"></main>
<script src="swagger-ui-bundle.js"></script>
<script src="page.js"></script>
</html>
"""
_SCRIPT = """SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#page",
  deepLinking: true,
  validatorUrl: null,
});
"""
_HEADERS = {
    # data: is for the icons in Swagger UI's own style sheet
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


def add_documents(app: Flask, settings: Settings) -> None:
    """Gives out the document, with these settings' limits in it, and the page."""
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the page shows all in the document's order
    document = describe(settings)
    # This Swagger UI, the newest that PyPI has in this package, knows 3.1 only by another name; it shows all of it.
    for_page = {**document, "openapi": "3.0.3"}

    @app.get("/openapi.json")
    def openapi() -> Response:
        return jsonify(document)

    @app.get("/server.json")
    def server() -> Response:
        """Tells the page (web/) that this server colours, too; a host of files has an empty object of that name."""
        offer = {"colourise": "v1/colourise", "key": settings.authentication, "formats": list(settings.formats)}
        response = jsonify(offer)
        response.headers["Cache-Control"] = "no-cache"
        return response

    @app.get("/docs")
    def docs_without_slash() -> Response:
        return redirect("docs/")  # type: ignore[return-value]  # werkzeug's Response is the base of Flask's

    @app.get("/docs/", defaults={"name": "index.html"})
    @app.get("/docs/<name>")
    def docs(name: str) -> Response:
        if name == "index.html":
            response = Response(_PAGE, mimetype="text/html")
        elif name == "openapi.json":
            response = jsonify(for_page)
        elif name == "page.js":
            response = Response(_SCRIPT, mimetype="text/javascript")
        elif name in _FILES:
            response = send_from_directory(swagger_ui_path, name, mimetype=_TYPES[name.rpartition(".")[2]])
        else:
            raise NotFound
        response.headers.update(_HEADERS)
        return response
