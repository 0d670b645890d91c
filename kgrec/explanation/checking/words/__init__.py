"""Words that say nothing of a product by themselves, and words that say how the others are meant; by language."""
