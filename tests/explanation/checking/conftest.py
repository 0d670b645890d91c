from __future__ import annotations

import pytest

from kgrec.data import Product

MUG = Product(
    id="mug",
    title="Pink ceramic mug 300 ml, dishwasher safe, without lid",
    description="A mug for women. Paraben-free glaze. Holds 2 cups of tea. Model KX-214.",
    brand="Acme",
    price=12.5,
    currency="USD",
    categories=(("Kitchen", "Drinkware"),),
    attributes={"colour": ("pink",), "pack_size": ("4",)},
)
LIGHTS = Product(id="lights", title="Pink Cherry Lights", brand="Lumo", price=20.0, attributes={"colour": ("pink",)})
BOWL = Product(id="bowl", title="Blue ceramic bowl 500 ml", brand="Acme", price=8.0, categories=(("Kitchen", "Bowls"),))


@pytest.fixture
def mug() -> Product:
    return MUG


@pytest.fixture
def history() -> list[Product]:
    return [LIGHTS, BOWL]
