"""Re-ranking: candidates → scores, by sequence models, cross-encoders, language models and a blend of them."""
