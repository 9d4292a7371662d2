"""Callbacks, one a file. Each gets the run's `Clock`, which knows the step and how much of the budget is used."""
