"""A text about a product → every claim in it, and whether what is known bears it out."""

from kgrec.explanation.checking.verdict import Claim, Verdict
from kgrec.explanation.checking.verifier import Verifier, verify

__all__ = ["Claim", "Verdict", "Verifier", "verify"]
