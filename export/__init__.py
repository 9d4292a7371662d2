"""Weights -> artifacts: a SavedModel version folder, and the TF.js folder made from it."""
