"""Colours: canonical name → spellings, parts and near names that shops use for it."""

from __future__ import annotations

__all__ = ["AMBIGUOUS_COLOURS", "COLOURS"]

COLOURS = {
    "black": "black|jet black|matte black|noir|jet",
    "white": "white|off white|antique white|snow white|pure white|blanc",
    "red": "red|dark red|bright red|ruby red|cherry red|rouge",
    "pink": "pink|hot pink|light pink|pale pink|baby pink|dusty pink|blush pink|rose pink"
    "|cerise|fuchsia|fuschia|magenta",
    "blue": "blue|light blue|dark blue|royal blue|sky blue|baby blue|lt blue|midnight blue|cobalt|cobalt blue"
    "|powder blue|pale blue|ice blue",
    "navy": "navy|navy blue|dark navy",
    "green": "green|light green|dark green|olive green|lime green|emerald green|forest green|mint green|army green"
    "|sage green|apple green|pale green|khaki green|emerald",
    "yellow": "yellow|light yellow|pale yellow|lemon yellow",
    "orange": "burnt orange|bright orange",
    "purple": "purple|dark purple|light purple|violet|aubergine|amethyst",
    "lilac": "lilac|mauve",
    "brown": "brown|dark brown|light brown|chocolate brown|tan|taupe|medium brown",
    "grey": "grey|gray|dark grey|dark gray|light grey|light gray|charcoal grey|charcoal gray|slate grey|space gray"
    "|space grey",
    "cream": "cream colour|cream color",
    "ivory": "ivory",
    "beige": "beige|ecru|oatmeal",
    "gold": "golden|gold colour|gold color|gold tone|gold plated|gold plate",
    "rose gold": "rose gold",
    "silver": "silver colour|silver color|silver tone|silver plated|silver plate|silvery",
    "turquoise": "turquoise|turq|aqua|aquamarine|teal|aqua blue",
    "khaki": "khaki",
    "burgundy": "burgundy|maroon|bordeaux|wine red",
    "multicolour": "multicolour|multicolor|multicoloured|multicolored|multi colour|multi color|multi coloured"
    "|multi colored|rainbow|assorted colour|assorted color|ass colour|asst colour|asstd colour|assorted coloured"
    "|colourful|colorful|mixed colour|ass col|asstd col|asst col",
    "clear": "clear|transparent",
}
"""The broad colour is the value: a graph joins light blue with blue, and the words found keep the shade."""

AMBIGUOUS_COLOURS = {
    "orange": "orange",
    "gold": "gold",
    "silver": "silver",
    "cream": "cream",
    "bronze": "bronze",
    "copper": "copper",
    "coral": "coral",
    "peach": "peach",
    "plum": "plum",
    "lime": "lime",
    "olive": "olive",
    "mustard": "mustard",
    "mint": "mint",
    "nude": "nude",
    "amber": "amber",
}
"""Words that name a colour in one title and a fruit, a metal or a scent in the next: stated with less confidence."""
