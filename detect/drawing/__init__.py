"""Drawing on pictures with NumPy alone: lines, shades, letters."""
