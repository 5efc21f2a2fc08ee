"""How far samples can be trusted, and what may disturb them."""
