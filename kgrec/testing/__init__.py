"""What tests stand on: shops with known answers, and contract tests that any implementation inherits.

A contract is a class with plain asserts; inherit it in a test module and override ``make``::

    from kgrec.testing import EncoderContract

    class TestMyEncoder(EncoderContract):
        def make(self):
            return MyEncoder()

A test runner that collects ``Test…`` classes runs it; nothing here imports one.
"""

from kgrec.testing.contracts import (
    EncoderContract,
    ExplainerContract,
    ExtractorContract,
    IndexContract,
    ScorerContract,
)
from kgrec.testing.synthetic import (
    ClusteredArrays,
    ClusteredShop,
    checkerboard,
    clustered_arrays,
    clustered_shop,
)

__all__ = [
    "ClusteredArrays",
    "ClusteredShop",
    "EncoderContract",
    "ExplainerContract",
    "ExtractorContract",
    "IndexContract",
    "ScorerContract",
    "checkerboard",
    "clustered_arrays",
    "clustered_shop",
]
