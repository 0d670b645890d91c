"""Contributions → evidence → sentences: why a product was recommended, in numbers first and in words second."""

from kgrec.explanation.audience import Audience
from kgrec.explanation.explainer import TemplateExplainer
from kgrec.explanation.sentences import grammar_of
from kgrec.explanation.settings import ExplanationSettings

__all__ = ["Audience", "ExplanationSettings", "TemplateExplainer", "grammar_of"]
