"""What goes wrong, against real processes: each row of docs/faults.md is run here or by a test that it names."""
