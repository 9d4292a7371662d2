"""How well models colour: any number of them, from weights, SavedModels and runs, on the same held-out pictures."""
