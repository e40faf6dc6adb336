"""One meaning for each colour, in plots and in diffs: red is wrong, blue is right, grey and black are neither.

Their lightness is far apart, so that they can be told on a printer without colours.
"""

WRONG = "#9c1c1c"
RIGHT = "#5b9bd5"
NEITHER = ("#000000", "#8c8c8c")
GRID = "#d5d5d5"
