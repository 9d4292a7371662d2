"""The commands of `python -m trainer`, one a file: each has a click command named `command`."""
