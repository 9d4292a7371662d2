"""Pictures -> weights. Imports nothing heavy by itself: `trainer.colour` and `trainer.hints` need only numpy."""
