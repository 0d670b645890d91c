"""What is looked for: the attributes of each category and what their values may be."""

from kgrec.extraction.schema.attributes import Attribute, AttributeSchema, CategorySchema, ValueType

__all__ = ["Attribute", "AttributeSchema", "CategorySchema", "ValueType"]
