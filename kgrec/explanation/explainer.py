"""The explainer: contributions, evidence and a sentence for one recommended product."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Catalogue, Contribution, Evidence, Explanation, GraphPath
from kgrec.errors import DataError
from kgrec.explanation.audience import Audience
from kgrec.explanation.claims import Basis
from kgrec.explanation.evidence import EvidenceFinder
from kgrec.explanation.graph_paths import PathFinder
from kgrec.explanation.sentences import Leader, grammar_of, popular_texts, reason_texts
from kgrec.explanation.settings import ExplanationSettings
from kgrec.explanation.titles import readable
from kgrec.explanation.variants import Choose, Page, choice_of, variant_of
from kgrec.graph import Graph

__all__ = ["TemplateExplainer"]

_TIE = 1e-6
"""Amounts that differ by this part of the largest are equal."""
_WORTH_SAYING = 5
"""Per cent of the score from which on it is said how much a history item makes up, or speaks against it."""


_Cell: TypeAlias = tuple[int, str, float]
"""History item, source, amount."""


def _size(cell: _Cell) -> float:
    return abs(cell[2])


class TemplateExplainer:
    """Explains with fixed templates; no text leaves it that its evidence does not state.

    Args:
        catalogue: names the products.
        graph: facts of the same products, in the same order.
        audience: who touched what, of the same products.
        vectors: float32 (n, d), unit rows of the product texts as the model saw them. A resemblance of descriptions
            is stated only where their cosine confirms it, so without vectors it is never stated.
        settings: what is worth saying.
        removed: int32 (r,), rising numbers of products that are no longer there. What is left is counted, and worded,
            as if they had never had a number.

    Raises:
        DataError: the parts speak of different products.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        graph: Graph,
        audience: Audience,
        *,
        vectors: NDArray[np.float32] | None = None,
        settings: ExplanationSettings | None = None,
        removed: NDArray[np.int32] | None = None,
    ) -> None:
        """Check that the parts belong together."""
        n = len(catalogue)
        sizes = {"graph": len(graph.product_ids), "audience": audience.n}
        sizes |= {} if vectors is None else {"vectors": len(vectors)}
        for part, size in sizes.items():
            if size != n:
                raise DataError(
                    f"the catalogue has {n:,} products and the {part} {size:,}; build both from one catalogue"
                )
        self._catalogue = catalogue
        self._ids = catalogue.ids
        self._audience = audience
        self._vectors = vectors
        self._average = audience.average
        self._settings = settings or ExplanationSettings()
        self._removed = np.zeros(0, np.int32) if removed is None else removed
        self._private: dict[int, bool] = {}
        self._named = lru_cache(maxsize=65_536)(self._read_name)
        self._graph = graph
        self._finder = EvidenceFinder(
            graph, audience, self._alike, self.private, self._settings, products=n - len(self._removed)
        )

    def explain(
        self,
        product: int,
        score: float,
        history: NDArray[np.int32],
        amounts: NDArray[np.float64],
        sources: tuple[str, ...],
        *,
        language: str = "en",
        basis: Basis = "history",
        page: Page | None = None,
    ) -> Explanation:
        """Explain a score that a history made.

        Args:
            product: number of the recommended product.
            score: its score, the sum of ``amounts``.
            history: int32 (m,), product numbers; one that occurs more than once is taken together.
            amounts: float64 (m, s), finite: what each history item adds through each source.
            sources: (s,) names of the sources, as in :class:`kgrec.data.Contribution`.
            language: ``"en"`` or ``"zh"``.
            basis: ``"history"``, or ``"product"`` where the history is one product that was asked about.
            page: what the other explanations of the same page said, so that no phrasing comes again.

        Returns:
            Contributions for every cell that is not 0, the largest first (by absolute value; ties by place in the
            history, then source), evidence in the order it should be said, and the texts.

        Raises:
            SettingsError: the language is unknown.
            DataError: shapes disagree, an amount is not finite, or a number is not in the catalogue.
        """
        grammar_of(language)
        cells = self._cells(product, history, amounts, sources)
        found = self._finder.find(product, score, (cell for cell in cells if cell[2] > 0))
        choose = self._choice(product, page)
        if cells:
            texts = reason_texts(
                found.evidence,
                name=self._named,
                leader=self._leader(product, cells, score),
                score=score,
                choose=choose,
                language=language,
                basis=basis,
                settings=self._settings,
            )
        else:  # the history adds nothing: said in the words for a product that is not even popular
            texts = popular_texts(0, above=False, choose=choose, language=language, settings=self._settings)
        return Explanation(
            product=self._ids[product],
            score=score,
            text=texts.sentence,
            language=language,
            contributions=tuple([Contribution(self._ids[item], source, amount) for item, source, amount in cells]),
            evidence=found.evidence,
            badge=texts.badge,
            paragraph=texts.paragraph,
            phrases=texts.phrases,
            withheld=found.withheld,
        )

    def explain_popular(
        self, product: int, score: float, *, language: str = "en", page: Page | None = None
    ) -> Explanation:
        """Explain a product that only its popularity speaks for.

        Args:
            product: number of the product.
            score: what its popularity counts.
            language: ``"en"`` or ``"zh"``.
            page: as in :meth:`explain`.

        Raises:
            SettingsError: the language is unknown.
            DataError: the number is not in the catalogue.
        """
        self._check(product)
        touched = self._audience.touched(product)
        told = touched if touched >= self._settings.min_shoppers else 0
        texts = popular_texts(
            told,
            above=touched > self._average,
            choose=self._choice(product, page),
            language=language,
            settings=self._settings,
        )
        return Explanation(
            product=self._ids[product],
            score=score,
            text=texts.sentence,
            language=language,
            contributions=(Contribution("", "popularity", score),),
            evidence=(
                Evidence(kind="popularity", history_item="", amount=score, share=1.0 if score > 0 else 0.0, count=told),
            ),
            badge=texts.badge,
            paragraph=texts.paragraph,
            phrases=texts.phrases,
        )

    def paths(self, product: int, history: NDArray[np.int32]) -> tuple[GraphPath, ...]:
        """Return ways through the graph to a product from what the shopper touched.

        Args:
            product: number of the product.
            history: int32 (m,), where ways may begin; the first come first.

        Raises:
            DataError: the number is not in the catalogue.
        """
        self._check(product)
        if self.private(product):
            return ()
        open_items = [item for item in dict.fromkeys(history.tolist()) if item != product and not self.private(item)]
        return self._path_finder.find(product, open_items, self._settings.max_paths)

    def private(self, num: int) -> bool:
        """Tell whether a product is sensitive by a word of its title or of a fact: it is never named as a reason."""
        known = self._private.get(num)
        if known is None:
            known = self._settings.sensitive.holds_text(self._catalogue[num].title)
            known = known or any(map(self._finder.telling, self._graph.values_of(num).tolist()))
            self._private[num] = known
        return known

    def readable_name(self, num: int) -> str:
        """Return how a product is named in a text."""
        product, length = self._catalogue[num], self._settings.title_length
        return readable(product.title, length) or readable(product.id, length) or f"#{num}"

    def finished(self, text: str) -> str:
        """Return a text as it is handed out: escaped for HTML where the settings say so."""
        return html.escape(text) if self._settings.escape else text

    @cached_property
    def _path_finder(self) -> PathFinder:
        return PathFinder(self._graph, self._finder)

    def _choice(self, product: int, page: Page | None) -> Choose:
        before = int(self._removed.searchsorted(product)) if len(self._removed) else 0
        variant = variant_of(product - before)
        return choice_of(variant) if page is None else page.choice_of(variant)

    def _read_name(self, product_id: str) -> str:
        return self.readable_name(self._catalogue.num(product_id))

    def _cells(
        self, product: int, history: NDArray[np.int32], amounts: NDArray[np.float64], sources: tuple[str, ...]
    ) -> list[_Cell]:
        """Return what is not 0, the largest first; an item that occurs more than once is taken together."""
        self._check(product)
        if amounts.shape != (len(history), len(sources)):
            raise DataError(
                f"amounts must have the shape (history, sources) = {(len(history), len(sources))}; got {amounts.shape}"
            )
        if not math.isfinite(float(amounts.sum())):
            raise DataError("amounts must be finite; the model that gave them is damaged: fit it again")
        items = history.tolist()
        if items and not 0 <= min(items) <= max(items) < len(self._catalogue):
            raise DataError(f"history numbers must be 0 … {len(self._catalogue) - 1}; leave unknown products out")
        if len(set(items)) < len(items):
            unique, place = np.unique(history, return_inverse=True)
            table = np.zeros((len(unique), len(sources)))
            np.add.at(table, place, amounts)
            items, amounts = unique.tolist(), table
        rows, columns = np.nonzero(amounts)
        found = zip(rows.tolist(), columns.tolist(), amounts[rows, columns].tolist(), strict=True)
        cells = [(items[row], sources[column], amount) for row, column, amount in found]
        cells.sort(key=_size, reverse=True)  # stable, so ties stay in the order of the history
        return cells

    def _check(self, product: int) -> None:
        if not 0 <= product < len(self._catalogue):
            raise DataError(f"product numbers run from 0 to {len(self._catalogue) - 1}; got {product}")

    def _leader(self, product: int, cells: Sequence[_Cell], score: float) -> Leader:
        """Return which history item adds most; none where several do, or where it is not to be named."""
        totals: dict[int, float] = {}
        for item, _, amount in cells:
            totals[item] = totals.get(item, 0.0) + amount
        most, least = max(totals.values()), min(totals.values())
        if not score > 0 or most <= 0 or self.private(product):
            return Leader()
        leaders = [item for item, total in totals.items() if total >= most * (1 - _TIE)]
        last = next(item for item, total in totals.items() if total == least)
        percent, single = round(100 * most / score), len(totals) == 1
        against = 100 * least <= -_WORTH_SAYING * score and not self.private(last)
        hidden = len(leaders) > 1 or self.private(leaders[0])
        return Leader(
            item="" if hidden else self._ids[leaders[0]],
            single=single,
            percent=percent if _WORTH_SAYING <= percent < 100 and not single else 0,
            opposed=self._ids[last] if against else "",
        )

    def _alike(self, a: int, b: int) -> bool:
        return self._vectors is not None and float(self._vectors[a] @ self._vectors[b]) >= self._settings.min_likeness
