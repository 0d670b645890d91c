"""What reviews say: good or bad, and of what."""

from kgrec.sentiment.lexicon import LexiconSentiment
from kgrec.sentiment.model import SentimentModel, SentimentSettings, Spoke, Verdict

__all__ = ["LexiconSentiment", "SentimentModel", "SentimentSettings", "Spoke", "Verdict"]
