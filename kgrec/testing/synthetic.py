"""Generated shops with known answers: who likes what is decided first, and behaviour and texts follow from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Catalogue, Events, Histories, Product, Targets
from kgrec.errors import SettingsError

__all__ = ["ClusteredArrays", "ClusteredShop", "checkerboard", "clustered_arrays", "clustered_shop"]

_NOUNS = ("mug", "lamp", "scarf", "clock", "basket", "candle", "cushion", "notebook", "teapot", "necklace")
_THEMES = ("robin", "anchor", "tulip", "rocket", "badger", "cactus", "castle", "dolphin", "feather", "guitar")
_BRANDS = ("Alder", "Birch", "Cedar", "Damson", "Elm", "Fir", "Gorse", "Hazel", "Ivy", "Juniper")
_COLOURS = ("red", "blue", "green", "yellow", "purple", "orange", "black", "white", "pink", "brown", "grey", "silver")
_BRANDS_A_CLUSTER = 3
_YEAR = 1_700_000_000.0
_DAY = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClusteredArrays:
    """A generated shop as arrays, small enough for a million products.

    A shopper belongs to one cluster and mostly touches products of it; within a cluster, popularity follows Zipf.

    Attributes:
        histories: of u users, oldest first, no product twice in one; weights 1, times in seconds since 1970.
        product_cluster: int32 (n,), the cluster of each product.
        user_cluster: int32 (u,), the cluster of each user.
        product: int32 (t,), products of the triples.
        value: int32 (t,), value numbers of the triples, 0 … v−1.
        value_relation: int16 (v,), which of ``relations`` each value belongs to.
        relations: brand and category tell a product's cluster, colour is drawn at random and tells nothing.
    """

    histories: Histories
    product_cluster: NDArray[np.int32]
    user_cluster: NDArray[np.int32]
    product: NDArray[np.int32]
    value: NDArray[np.int32]
    value_relation: NDArray[np.int16]
    relations: tuple[str, ...] = ("brand", "category", "colour")

    def values_of(self, relation: str) -> NDArray[np.int32]:
        """Return the value of each product under a relation, int32 (n,), counted from 0 within the relation."""
        numbers = np.flatnonzero(self.value_relation == self.relations.index(relation))
        ours = np.isin(self.value, numbers)
        found = np.zeros(len(self.product_cluster), np.int32)
        found[self.product[ours]] = self.value[ours] - numbers[0]
        return found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClusteredShop:
    """A generated shop as the library reads one, with the truth beside it.

    Attributes:
        catalogue: products ``p000000`` …, with titles that say what they are, brand, categories and price.
        events: of users ``u000000`` …, views and purchases.
        product_cluster: int32 (n,), the cluster of each product.
        user_cluster: int32 (u,), the cluster of each user.
    """

    catalogue: Catalogue
    events: Events
    product_cluster: NDArray[np.int32]
    user_cluster: NDArray[np.int32]

    def cluster_of(self, product_id: str) -> int:
        """Return the cluster of a product.

        Raises:
            UnknownProductError: no such product.
        """
        return int(self.product_cluster[self.catalogue.num(product_id)])

    def products_of(self, cluster: int) -> tuple[str, ...]:
        """Return the ids of a cluster's products, in order of num."""
        return tuple(self.catalogue[int(num)].id for num in np.flatnonzero(self.product_cluster == cluster))


def clustered_arrays(
    products: int,
    users: int,
    *,
    clusters: int,
    events_per_user: int = 10,
    loyalty: float = 0.9,
    skew: float = 0.8,
    seed: int = 0,
) -> ClusteredArrays:
    """Generate behaviour and triples.

    Args:
        products: n, at least ``clusters``.
        users: u, at least 0.
        clusters: at least 1.
        events_per_user: events drawn for each user; a product drawn twice counts once, so histories may be shorter.
        loyalty: share of events within the user's own cluster, 0 … 1; the others fall anywhere.
        skew: exponent of the popularity within a cluster, at least 0.
        seed: same seed, same shop.

    Raises:
        SettingsError: a number is out of its range.
    """
    if clusters < 1 or products < clusters or users < 0 or events_per_user < 1 or not 0 <= loyalty <= 1 or skew < 0:
        raise SettingsError(
            "a clustered shop needs clusters >= 1, products >= clusters, users >= 0, events_per_user >= 1, "
            f"loyalty in 0 … 1 and skew >= 0; got clusters={clusters}, products={products}, users={users}, "
            f"events_per_user={events_per_user}, loyalty={loyalty}, skew={skew}"
        )
    rng = np.random.default_rng(seed)
    product_cluster = rng.permutation(np.arange(products, dtype=np.int32) % clusters)
    user_cluster = rng.permutation(np.arange(users, dtype=np.int32) % clusters)
    product, value, value_relation = _triples(product_cluster, clusters, rng)
    return ClusteredArrays(
        histories=_behaviour(product_cluster, user_cluster, clusters, events_per_user, loyalty, skew, rng),
        product_cluster=product_cluster,
        user_cluster=user_cluster,
        product=product,
        value=value,
        value_relation=value_relation,
    )


def clustered_shop(
    products: int,
    users: int,
    *,
    clusters: int,
    events_per_user: int = 10,
    loyalty: float = 0.9,
    skew: float = 0.8,
    seed: int = 0,
) -> ClusteredShop:
    """Generate a catalogue and events; arguments and errors as in :func:`clustered_arrays`.

    A title names colour, theme and kind of product (``"Red robin mug 17"``); theme and kind are the cluster's own.
    """
    arrays = clustered_arrays(
        products,
        users,
        clusters=clusters,
        events_per_user=events_per_user,
        loyalty=loyalty,
        skew=skew,
        seed=seed,
    )
    rng = np.random.default_rng([seed, 1])
    histories = arrays.histories
    size = len(histories.items)
    events = Events(
        users=tuple(f"u{num:06d}" for num in range(users)),
        user=np.repeat(np.arange(users, dtype=np.int32), histories.lengths()),
        item=histories.items,
        types=("view", "purchase"),
        type=(rng.random(size) < 0.3).astype(np.int16),
        time=histories.times,
        value=np.full(size, np.nan),
    )
    return ClusteredShop(
        catalogue=Catalogue(_described(arrays, rng)),
        events=events,
        product_cluster=arrays.product_cluster,
        user_cluster=arrays.user_cluster,
    )


def checkerboard(size: int) -> tuple[Histories, Targets]:
    """Return behaviour with one right answer a user, as in the base test of implicit.

    Of ``size`` users and as many products, user ``i`` has touched every product of its own parity but product ``i``,
    which is the answer. Order means nothing.

    Raises:
        SettingsError: the size is below 4.
    """
    if size < 4:
        raise SettingsError(f"a checkerboard needs at least 4 products; got {size}")
    rows = [[item for item in range(user % 2, size, 2) if item != user] for user in range(size)]
    drawn = Histories.of(rows)
    histories = Histories(
        indptr=drawn.indptr, items=drawn.items, weights=drawn.weights, times=drawn.times, ordered=False
    )
    return histories, Targets(indptr=np.arange(size + 1, dtype=np.int64), items=np.arange(size, dtype=np.int32))


def _behaviour(
    product_cluster: NDArray[np.int32],
    user_cluster: NDArray[np.int32],
    clusters: int,
    events_per_user: int,
    loyalty: float,
    skew: float,
    rng: np.random.Generator,
) -> Histories:
    """Draw a cluster for each event, then a product of it by popularity, and drop repeats."""
    size = len(user_cluster) * events_per_user
    user = np.repeat(np.arange(len(user_cluster)), events_per_user)
    cluster = np.where(rng.random(size) < loyalty, user_cluster[user], rng.integers(0, clusters, size))
    by_cluster = np.argsort(product_cluster, kind="stable")
    sizes = np.bincount(product_cluster, minlength=clusters)
    starts = np.concatenate([[0], np.cumsum(sizes)])[:-1]
    mass = np.cumsum((np.arange(sizes.max()) + 1.0) ** -skew)
    rank = np.searchsorted(mass, rng.random(size) * mass[sizes[cluster] - 1])
    items = by_cluster[starts[cluster] + np.minimum(rank, sizes[cluster] - 1)].astype(np.int32)
    _, first = np.unique(user * np.int64(len(product_cluster)) + items, return_index=True)
    first.sort()
    begin = _YEAR + rng.random(len(user_cluster)) * 300 * _DAY
    times = begin[user] + np.cumsum(rng.exponential(_DAY, (len(user_cluster), events_per_user)), axis=1).ravel()
    counts = np.bincount(user[first], minlength=len(user_cluster))
    return Histories(
        indptr=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        items=items[first],
        weights=np.ones(len(first), np.float32),
        times=np.floor(times[first]),
    )


def _triples(
    product_cluster: NDArray[np.int32], clusters: int, rng: np.random.Generator
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int16]]:
    """Return products, values and the relation of each value: brands of a cluster, the cluster, a random colour."""
    n = len(product_cluster)
    sizes = (clusters * _BRANDS_A_CLUSTER, clusters, len(_COLOURS))
    brand = product_cluster * _BRANDS_A_CLUSTER + rng.integers(0, _BRANDS_A_CLUSTER, n)
    colour = rng.integers(0, len(_COLOURS), n)
    columns = np.stack([brand, product_cluster + sizes[0], colour + sizes[0] + sizes[1]], axis=1)
    return (
        np.repeat(np.arange(n, dtype=np.int32), 3),
        columns.ravel().astype(np.int32),
        np.repeat(np.arange(3, dtype=np.int16), sizes),
    )


def _described(arrays: ClusteredArrays, rng: np.random.Generator) -> list[Product]:
    brands, colours = arrays.values_of("brand"), arrays.values_of("colour")
    prices = np.round(np.exp(rng.normal(2.5, 0.7, len(brands))), 2)
    products = []
    for num, cluster in enumerate(arrays.product_cluster.tolist()):
        noun, theme = _NOUNS[cluster % len(_NOUNS)], _THEMES[cluster // len(_NOUNS) % len(_THEMES)]
        brand = int(brands[num])
        products.append(
            Product(
                id=f"p{num:06d}",
                title=f"{_COLOURS[colours[num]].capitalize()} {theme} {noun} {num}",
                brand=f"{_BRANDS[brand % len(_BRANDS)]} {brand}",
                categories=(("Home", f"{theme.capitalize()} {noun}s"),),
                price=float(prices[num]),
                currency="EUR",
                available=True,
                language="en",
            )
        )
    return products
