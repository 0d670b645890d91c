"""What reviews say: good or bad, and of what."""
