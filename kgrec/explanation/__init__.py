"""Contributions → evidence → texts: why a product was recommended, in numbers first and in words second."""

from kgrec.explanation.audience import Audience
from kgrec.explanation.explainer import TemplateExplainer
from kgrec.explanation.reranked import explain_reranked, leave_one_out
from kgrec.explanation.sensitive import Sensitive
from kgrec.explanation.sentences import grammar_of
from kgrec.explanation.settings import ExplanationSettings
from kgrec.explanation.variants import Page

__all__ = [
    "Audience",
    "ExplanationSettings",
    "Page",
    "Sensitive",
    "TemplateExplainer",
    "explain_reranked",
    "grammar_of",
    "leave_one_out",
]
