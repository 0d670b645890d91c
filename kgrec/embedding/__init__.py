"""Product documents and text encoders."""

from kgrec.embedding.documents import product_document, product_documents
from kgrec.embedding.hashing import HashingEncoder
from kgrec.embedding.sentence import ABOUT_FILE, DEFAULT_MODEL, SentenceEncoder

__all__ = ["ABOUT_FILE", "DEFAULT_MODEL", "HashingEncoder", "SentenceEncoder", "product_document", "product_documents"]
