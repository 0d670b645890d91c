"""Language models: adapters to them, and calls that are limited, repeated, counted and paid for."""

from kgrec.llm.budgets import Budget, Price, Spending
from kgrec.llm.callable import CallableModel
from kgrec.llm.calls import Calls, CallSettings
from kgrec.llm.endpoint import EndpointModel, EndpointSettings
from kgrec.llm.local import LocalModel, LocalSettings
from kgrec.llm.streaming import Outcome

__all__ = [
    "Budget",
    "CallSettings",
    "CallableModel",
    "Calls",
    "EndpointModel",
    "EndpointSettings",
    "LocalModel",
    "LocalSettings",
    "Outcome",
    "Price",
    "Spending",
]
