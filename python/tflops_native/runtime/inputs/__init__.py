"""Input data for a measurement: drawn at random, zeros, or the user's own."""
