"""What tests stand on: shops with known answers, a model's server, and contract tests that implementations inherit.

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
from kgrec.testing.encoders import tiny_encoder
from kgrec.testing.endpoint import Answer, LoopbackEndpoint, replaying
from kgrec.testing.language_models import LanguageModelContract
from kgrec.testing.rerankers import PlainShelf, RerankerContract, rerank_shop
from kgrec.testing.synthetic import (
    ClusteredArrays,
    ClusteredShop,
    checkerboard,
    clustered_arrays,
    clustered_shop,
)

__all__ = [
    "Answer",
    "ClusteredArrays",
    "ClusteredShop",
    "EncoderContract",
    "ExplainerContract",
    "ExtractorContract",
    "IndexContract",
    "LanguageModelContract",
    "LoopbackEndpoint",
    "PlainShelf",
    "RerankerContract",
    "ScorerContract",
    "checkerboard",
    "clustered_arrays",
    "clustered_shop",
    "replaying",
    "rerank_shop",
    "tiny_encoder",
]
