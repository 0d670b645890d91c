"""Small made-up reviews with known answers."""

from __future__ import annotations

import numpy as np

THINGS = ("pick", "strap", "cable", "stand", "tuner", "pedal", "case", "capo")
SAID = (
    ("great", "works well", "love it", "sturdy and bright", "excellent sound"),
    ("broke in a week", "terrible", "waste of money", "noisy and weak", "sent it back"),
)
CHINESE_THINGS = ("屏幕", "电池", "快递", "包装", "味道", "房间")
CHINESE_SAID = (("很好", "非常满意", "挺不错的", "特别喜欢"), ("太差了", "很失望", "坏了", "不值这个价"))


def made_up(n: int, *, chinese: bool, seed: int = 0) -> tuple[list[str], list[int]]:
    """Return n different texts and their labels, 1 or 0, half of each."""
    rng = np.random.default_rng(seed)
    texts, labels = [], []
    for at in range(n):
        good = at % 2
        things, said = (CHINESE_THINGS, CHINESE_SAID) if chinese else (THINGS, SAID)
        words = [f"{rng.choice(things)}{'' if chinese else ' '}{rng.choice(said[1 - good])}" for _ in range(3)]
        texts.append(f"{at} " + ("，" if chinese else ". ").join(words))
        labels.append(good)
    return texts, labels
