"""What is said of runs: scores, tables, plots, sheets, timings."""
