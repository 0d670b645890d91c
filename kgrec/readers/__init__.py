"""Files and tables in, nouns out: every row is checked, and what cannot be used is set aside with its line."""

from kgrec.readers.catalogue import read_catalogue
from kgrec.readers.events import read_events

__all__ = ["read_catalogue", "read_events"]
