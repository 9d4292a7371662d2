"""Where pictures lie -> batches, and what can be said of them before training."""
