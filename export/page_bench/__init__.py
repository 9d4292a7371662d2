"""What the page takes, beside networks of other colourisers' shape and size: docs/benchmarks/web.md."""
