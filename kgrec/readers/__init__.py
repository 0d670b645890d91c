"""Files and tables in, nouns out: every row is checked, and what cannot be used is set aside with its line."""

from kgrec.readers.catalogue import read_catalogue
from kgrec.readers.events import read_events
from kgrec.readers.facts import read_facts, write_facts
from kgrec.readers.reviews import read_reviews

__all__ = ["read_catalogue", "read_events", "read_facts", "read_reviews", "write_facts"]
