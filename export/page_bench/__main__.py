"""`python -m export.page_bench`."""

from export.page_bench.main import main

main()
