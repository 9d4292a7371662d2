"""The embedded model server, seen by its clients: real SavedModels, a real gRPC channel, real HTTP."""
