"""English wordings of one meaning each: as many as a page has results, so that none comes twice on it."""

from __future__ import annotations

from collections.abc import Mapping

from kgrec.explanation.claims import Basis

__all__ = ["COUNTED", "DEMAND", "FURTHER", "GENERAL", "OPENERS", "RESEMBLES", "TOGETHER", "WHOLE"]

OPENERS: Mapping[Basis, tuple[str, ...]] = {
    "history": (
        "Because of {} in your history",
        "Going by {} in your history",
        "Your history includes {}",
        "Suggested by {} in your history",
        "It goes back to {} in your history",
        "It follows from {} in your history",
        "Chosen with {} from your history in mind",
        "Found by way of {} in your history",
        "To go with {} in your history",
        "It takes up {} from your history",
    ),
    "product": (
        "Related to {}",
        "Together with {}",
        "Beside {}",
        "To go with {}",
        "It follows from {}",
        "Chosen with {} in mind",
        "Found by way of {}",
        "Next to {}",
        "It goes back to {}",
        "Suggested beside {}",
    ),
}
TOGETHER = (
    "{} shoppers have both in their history",
    "both are in the history of {} shoppers",
    "{} shoppers came to both",
    "{} shoppers’ histories hold both",
    "the two meet in the history of {} shoppers",
    "{} shoppers turned to both",
    "the history of {} shoppers has both",
)
RESEMBLES = (
    "Its description resembles that of {}",
    "Its description is close to that of {}",
    "It is described much like {}",
    "Its description reads like that of {}",
    "By its description it is near {}",
    "Its description has much in common with that of {}",
    "It resembles {} by its description",
    "Going by the descriptions, it is close to {}",
    "In its description it comes near {}",
    "Its description brings it close to {}",
)
WHOLE: Mapping[str, tuple[str, ...]] = {
    "single": (
        "Chosen from “{}” in your history.",
        "It comes from “{}” in your history.",
        "It rests on “{}” in your history.",
        "“{}” in your history led to it.",
        "What led to it is “{}” in your history.",
        "It was found through “{}” in your history.",
        "It is here because of “{}” in your history.",
        "The reason is “{}” in your history.",
        "It goes back to “{}” in your history alone.",
        "“{}” in your history speaks for it.",
    ),
    "led": (
        "Chosen from your history as a whole, most of all from “{}”.",
        "It comes from your whole history, in which “{}” counts most here.",
        "Your history as a whole led to it, “{}” most of all.",
        "It rests on all of your history, and most on “{}”.",
        "Several things in your history speak for it, “{}” the most.",
        "Taken together, your history leads here; “{}” counts most.",
        "It goes back to your whole history, above all to “{}”.",
        "Of your whole history, “{}” says most for it.",
        "“{}”, and with it the rest of your history, led to it.",
        "It is the sum of your history, with “{}” in front.",
    ),
    "level": (
        "Chosen from your history as a whole.",
        "It comes from your whole history.",
        "Your history as a whole led to it.",
        "It rests on all of your history.",
        "Several things in your history speak for it.",
        "Taken together, your history leads here.",
        "It goes back to your whole history.",
        "It is the sum of your history.",
    ),
    "product": ("Suggested beside “{}”.", "It is suggested together with “{}”.", "A suggestion beside “{}”."),
}
DEMAND = ("Popular here", "Popular in this shop", "In demand here", "Among what is popular here", "Sought after here")
COUNTED = (
    "{:,} shoppers have it in their history",
    "it is in the history of {:,} shoppers",
    "{:,} shoppers came to it",
    "the history of {:,} shoppers has it",
    "{:,} shoppers’ histories hold it",
    "{:,} shoppers turned to it",
    "{:,} shoppers came across it",
    "{:,} shoppers have come to it",
    "among the histories here, {:,} have it",
    "it has come up with {:,} shoppers",
)
GENERAL = (
    "A general suggestion from the shop; it does not rest on your history.",
    "Suggested by the shop in general; your history has no part in it.",
    "The shop’s own suggestion, made without your history.",
    "Offered by the shop to everybody; nothing in your history led to it.",
    "A suggestion that the shop makes to all, whatever their history.",
    "This one comes from the shop and not from your history.",
    "Your history says nothing of it; the shop suggests it to all.",
    "The shop shows this to everybody, and did not use your history.",
    "Nothing in your history led here; it is a general suggestion.",
    "Without regard to your history: a suggestion from the shop.",
)
FURTHER = (
    "{} speaks for it too",
    "There is {} as well",
    "It also goes with {}",
    "{} adds to that",
)
