"""The gateway over real HTTP, in front of real model servers."""
