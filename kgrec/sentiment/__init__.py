"""What reviews say: good or bad, and of what."""

from kgrec.sentiment.aspects import AspectSettings, AspectSummary, SupportingSentence, aspect_facts, aspects
from kgrec.sentiment.lexicon import LexiconSentiment
from kgrec.sentiment.model import SentimentModel, SentimentSettings, Spoke, Verdict

__all__ = [
    "AspectSettings",
    "AspectSummary",
    "LexiconSentiment",
    "SentimentModel",
    "SentimentSettings",
    "Spoke",
    "SupportingSentence",
    "Verdict",
    "aspect_facts",
    "aspects",
]
