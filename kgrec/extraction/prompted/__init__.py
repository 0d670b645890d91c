"""Facts from a language model."""
