"""Every error the library raises on purpose.

::

    KgrecError
    ├── DataError (ValueError)          what came in cannot be used
    │   ├── CatalogueError              a product file or table
    │   ├── EventsError                 an event file or table
    │   ├── FactsError                  a file of facts
    │   ├── HistoryError                a history or query
    │   ├── CorrectionsError            a file of corrections
    │   ├── JournalError                a journal of replies is in use, damaged or cannot be written
    │   ├── ReviewsError                a review file or table, or reviews that teach nothing
    │   └── SchemaError                 an attribute schema
    ├── SettingsError (ValueError)      a setting has an impossible value
    ├── UnknownProductError (KeyError)  an id that is not in the catalogue
    ├── EncoderUnavailableError         no text encoder can be loaded
    ├── LanguageModelError              a language model gave no usable reply
    │   ├── RateLimitError              it asks to be asked less often
    │   ├── ServerFailedError           it failed, was cut off or took too long; another attempt may help
    │   └── RequestRefusedError         it refuses the request or the key; another attempt will not help
    ├── BudgetSpentError                tokens, money or items are used up
    ├── RerankError                     a re-ranker gave no usable scores
    │   └── UntrainedRerankerError      its scoring layer was never trained
    ├── LowRecallError                  a vector index finds too few of the true neighbours
    ├── MissingExtraError (ImportError) an optional dependency is not installed
    └── SnapshotError                   a saved shop cannot be used
        ├── SnapshotDamagedError        a file is missing or its checksum differs
        └── SnapshotVersionError        the folder was written by a newer format

Messages say what was given, what was expected and what to do.
"""

from __future__ import annotations

__all__ = [
    "PROGRAM_ERRORS",
    "BudgetSpentError",
    "CatalogueError",
    "CorrectionsError",
    "DataError",
    "EncoderUnavailableError",
    "EventsError",
    "FactsError",
    "HistoryError",
    "JournalError",
    "KgrecError",
    "LanguageModelError",
    "LowRecallError",
    "MissingExtraError",
    "RateLimitError",
    "RequestRefusedError",
    "RerankError",
    "ReviewsError",
    "SchemaError",
    "ServerFailedError",
    "SettingsError",
    "SnapshotDamagedError",
    "SnapshotError",
    "SnapshotVersionError",
    "UnknownProductError",
    "UntrainedRerankerError",
]


PROGRAM_ERRORS = (TypeError, NameError, AttributeError, ImportError)
"""What a mistake in a program raises: in something that a user plugs in, no other product or question fares better."""


class KgrecError(Exception):
    """Root of every deliberate error of the library."""


class DataError(KgrecError, ValueError):
    """What came in cannot be used."""


class CatalogueError(DataError):
    """A product file or table has no usable row, or its layout is not understood."""


class EventsError(DataError):
    """An event file or table has no usable row, or its layout is not understood."""


class FactsError(DataError):
    """A file of facts is not understood."""


class HistoryError(DataError):
    """A history or query is malformed (not a matter of unknown ids: those are answered)."""


class ReviewsError(DataError):
    """A review file or table has no usable row, its layout is not understood, or reviews teach nothing."""


class SchemaError(DataError):
    """An attribute schema is malformed, or names a type that does not exist."""


class CorrectionsError(DataError):
    """A file of corrections is malformed, or its entries contradict each other; the message names file and line."""


class JournalError(DataError):
    """A journal of a language model's replies is in use by another process, damaged, or cannot be written."""


class SettingsError(KgrecError, ValueError):
    """A setting is unknown or has an impossible value."""


class UnknownProductError(KgrecError, KeyError):
    """An id that is not in the catalogue was used where a product is required."""

    def __init__(self, product_id: object, *, hint: str = "") -> None:
        """Name the id, and optionally a close match as a hint."""
        self.product_id = product_id
        text = f"no product {product_id!r} in the catalogue; check `id in shop.catalogue`"
        super().__init__(f"{text} ({hint})" if hint else text)

    def __str__(self) -> str:
        """Return the plain message (KeyError would quote it)."""
        return str(self.args[0])


class EncoderUnavailableError(KgrecError):
    """No text encoder could be loaded."""


class LanguageModelError(KgrecError):
    """A language model gave no usable reply.

    ``tokens`` is what the failed attempt took, input and output, where the server states it; else None. ``status`` is
    the HTTP status, where there is one.
    """

    tokens: tuple[int, int] | None = None
    status: int | None = None


class RateLimitError(LanguageModelError):
    """A language model asks to be asked less often.

    ``retry_after`` is the number of seconds it asks to wait, or None where it does not say.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        """Keep the wait."""
        super().__init__(message)
        self.retry_after = retry_after


class ServerFailedError(LanguageModelError):
    """A language model's server failed, was cut off or took too long; another attempt may help.

    ``retry_after`` as for :class:`RateLimitError`.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        """Keep the wait."""
        super().__init__(message)
        self.retry_after = retry_after


class RequestRefusedError(LanguageModelError):
    """A language model's server refuses the request or the key; another attempt will not help."""


class BudgetSpentError(KgrecError):
    """The tokens, the money or the items that a run may use are used up; run again to go on."""


class RerankError(KgrecError):
    """A re-ranker gave no usable scores: it failed, took too long, or its scores are too few, doubled or not finite."""


class UntrainedRerankerError(RerankError):
    """A re-ranker's scoring layer was never trained: its scores would be noise."""


class LowRecallError(KgrecError):
    """The vector index that was asked for finds fewer of the true neighbours than was asked for."""


class MissingExtraError(KgrecError, ImportError):
    """An optional dependency is needed and not installed."""

    def __init__(self, package: str, *, extra: str, purpose: str) -> None:
        """Name the package, the extra that brings it and what it is for."""
        super().__init__(f"{purpose} needs {package!r}, which is not installed: run pip install 'kgrec[{extra}]'")


class SnapshotError(KgrecError):
    """A saved shop cannot be written or read."""


class SnapshotDamagedError(SnapshotError):
    """A file of the snapshot is missing or does not match its checksum."""


class SnapshotVersionError(SnapshotError):
    """The snapshot was written by a newer format than this version reads."""
