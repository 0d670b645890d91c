"""Snapshots: checksummed, versioned folders of npy, Parquet, safetensors and JSON files, written all or not at all."""

from kgrec.snapshot.manifest import FORMAT_VERSION
from kgrec.snapshot.reading import Snapshot, read_snapshot
from kgrec.snapshot.writing import write_snapshot

__all__ = ["FORMAT_VERSION", "Snapshot", "read_snapshot", "write_snapshot"]
