"""Artifacts -> answers: the embedded model server, the gateway, the client and the command line."""
