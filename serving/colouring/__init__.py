"""Small maps -> a coloured picture, and what users may wish: hints, palettes, alternatives, panels.

`task.py` says what each task does of its own; nothing here asks a model, so every door paints the same colours.
"""
