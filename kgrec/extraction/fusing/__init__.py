"""Facts of several extractors → one answer each, weighed by how far each source is believed."""

from kgrec.extraction.fusing.channels import Channel
from kgrec.extraction.fusing.fuser import Conflict, FactFuser, FusingSettings, Fusion, Option
from kgrec.extraction.fusing.held_out import Answering, Lead, learn_lead

__all__ = ["Answering", "Channel", "Conflict", "FactFuser", "FusingSettings", "Fusion", "Lead", "Option", "learn_lead"]
