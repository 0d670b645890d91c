"""Baselines that need nothing but behaviour: popularity and item-kNN. A model that does not beat them is not one."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from kgrec.data import Histories
from kgrec.errors import DataError, SettingsError
from kgrec.evaluation.metrics import popularity

__all__ = ["ItemKnnScorer", "PopularityScorer"]

_ROWS = 2048


class PopularityScorer:
    """The same for everybody: how many users have a product.

    Args:
        counts: number (n,), users a product.
    """

    def __init__(self, counts: NDArray[np.number]) -> None:
        """Keep the counts as float32."""
        self.counts = np.asarray(counts, np.float32)

    @classmethod
    def fit(cls, histories: Histories, n_products: int) -> PopularityScorer:
        """Count the users of each of ``n_products`` products.

        Raises:
            DataError: a history names a product beyond ``n_products``.
        """
        return cls(popularity(histories, n_products))

    def score(self, histories: Histories) -> NDArray[np.float32]:
        """Return float32 (len(histories), n), all rows alike, read-only."""
        return np.broadcast_to(self.counts, (len(histories), len(self.counts)))


class ItemKnnScorer:
    """Item-based nearest neighbours: the score of a product is its likeness to the history, summed.

    (Sarwar et al., WWW 2001; Deshpande and Karypis, TOIS 2004.)

    Args:
        similarity: CSR float32 (n, n); row i holds the neighbours of product i.
    """

    def __init__(self, similarity: sparse.csr_array) -> None:
        """Keep the neighbours."""
        self.similarity = similarity

    @classmethod
    def fit(
        cls,
        histories: Histories,
        n_products: int,
        *,
        weighting: Literal["tfidf", "bm25"] = "tfidf",
        documents: Literal["products", "users"] = "products",
        k: int = 100,
        k1: float = 1.2,
        b: float = 0.75,
    ) -> ItemKnnScorer:
        """Find the k nearest products of each by the inner product of their weighted user vectors.

        A term that stands in many of n documents says less: its idf is ``log(1 + n / documents)``. ``"tfidf"`` weighs
        ``√tf · idf`` and brings each document to unit length; ``"bm25"`` damps tf and corrects it for the length of
        the document (Robertson and Zaragoza, 2009). Memory is bounded by a block of rows and n · k neighbours.

        Args:
            histories: event weights are summed to the term frequency.
            n_products: n.
            weighting: ``"tfidf"`` or ``"bm25"``.
            documents: ``"products"``: a product is a document of its users, so TF-IDF gives a cosine and users of many
                products count less. ``"users"``: a user is a document of products, so popular products count less.
            k: neighbours a product, at least 1.
            k1: saturation of BM25, above 0.
            b: length correction of BM25, 0 … 1.

        Raises:
            SettingsError: a setting is out of range.
            DataError: a history names a product beyond ``n_products``.
        """
        if weighting not in ("tfidf", "bm25") or documents not in ("products", "users"):
            raise SettingsError(
                "weighting must be 'tfidf' or 'bm25' and documents 'products' or 'users'; "
                f"got {weighting!r} and {documents!r}"
            )
        if k < 1 or k1 <= 0 or not 0 <= b <= 1:
            raise SettingsError(f"k >= 1, k1 > 0 and 0 <= b <= 1 are needed; got k={k}, k1={k1}, b={b}")
        counts = _matrix(histories, n_products)
        if documents == "products":
            counts = counts.T.tocsr()
        weighted = _tfidf(counts) if weighting == "tfidf" else _bm25(counts, k1, b)
        return cls(_neighbours(weighted if documents == "products" else weighted.T.tocsr(), k))

    def score(self, histories: Histories) -> NDArray[np.float32]:
        """Return float32 (len(histories), n): Σ over the history of event weight · similarity."""
        scores = _matrix(histories, self.similarity.shape[0]) @ self.similarity
        return np.asarray(scores.toarray(), np.float32)


def _matrix(histories: Histories, n_products: int) -> sparse.csr_array:
    """Return event weights as CSR float32 (users, n_products), repeats summed."""
    if len(histories.items) and int(histories.items.max()) >= n_products:
        raise DataError(f"histories name product {int(histories.items.max())}, but there are {n_products} products")
    parts = (histories.weights.astype(np.float32), histories.items.astype(np.int64), histories.indptr)
    matrix = sparse.csr_array(parts, shape=(len(histories), n_products), copy=True)
    matrix.sum_duplicates()
    return matrix


def _idf(counts: sparse.csr_array) -> NDArray[np.float32]:
    """Return the idf of the term of each entry of CSR (documents, terms)."""
    documents = np.bincount(counts.indices, minlength=counts.shape[1])
    idf = np.log1p(counts.shape[0] / np.maximum(documents, 1))
    return np.asarray(idf[counts.indices], np.float32)


def _tfidf(counts: sparse.csr_array) -> sparse.csr_array:
    """Weigh CSR (documents, terms) by √tf · idf, rows of unit length."""
    data = np.sqrt(counts.data) * _idf(counts)
    rows = _rows(counts)
    length = np.sqrt(np.bincount(rows, weights=data.astype(np.float64) ** 2, minlength=counts.shape[0]))
    data = (data / np.maximum(length, 1e-12)[rows]).astype(np.float32)
    return sparse.csr_array((data, counts.indices, counts.indptr), shape=counts.shape)


def _bm25(counts: sparse.csr_array, k1: float, b: float) -> sparse.csr_array:
    """Weigh CSR (documents, terms) by BM25."""
    total = np.asarray(counts.sum(axis=1)).ravel()
    long = (total / max(float(total.mean()), 1e-12))[_rows(counts)]
    data = counts.data * (k1 + 1) / (counts.data + k1 * (1 - b + b * long)) * _idf(counts)
    return sparse.csr_array((data.astype(np.float32), counts.indices, counts.indptr), shape=counts.shape)


def _rows(matrix: sparse.csr_array) -> NDArray[np.int64]:
    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))


def _neighbours(vectors: sparse.csr_array, k: int) -> sparse.csr_array:
    """Return the k largest inner products of each row with the others, CSR (n, n), ties by the lower number."""
    turned = vectors.T.tocsr()
    blocks = []
    for start in range(0, vectors.shape[0], _ROWS):
        block = (vectors[start : start + _ROWS] @ turned).tocsr()
        rows, columns, values = _rows(block), block.indices, block.data
        other = columns != rows + start
        rows, columns, values = rows[other], columns[other], values[other]
        order = np.lexsort((columns, -values, rows))
        rows, columns, values = rows[order], columns[order], values[order]
        starts = np.searchsorted(rows, np.arange(block.shape[0]))
        kept = np.arange(len(rows)) - starts[rows] < k
        blocks.append(sparse.csr_array((values[kept], (rows[kept], columns[kept])), shape=block.shape))
    return sparse.csr_array(sparse.vstack(blocks, format="csr"))
