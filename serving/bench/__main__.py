"""`python -m serving.bench`."""

from serving.bench.main import main

main()
