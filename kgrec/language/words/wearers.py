"""What a product is for: occasions, and the gender and age of whoever uses it. Canonical name → spellings."""

from __future__ import annotations

__all__ = ["AGES", "GENDERS", "OCCASIONS", "UNCERTAIN_AGES"]

OCCASIONS = {
    "christmas": "christmas|xmas|christmas tree|santa|santa claus|father christmas|advent|advent calendar|noel|yuletide"
    "|bauble|reindeer|snowman|mistletoe|nativity|rudolph|christmas craft",
    "easter": "easter|easter egg|easter bunny|easter hen",
    "wedding": "wedding|bride|bridal|bridesmaid|just married|hen party",
    "birthday": "birthday|happy birthday",
    "halloween": "halloween|trick or treat",
    "valentine's day": "valentine|valentine day|valentines|cupid",
    "baby shower": "baby shower|christening|new baby|its a boy|its a girl",
    "mother's day": "mother day|mothers day|mothering sunday",
    "father's day": "father day|fathers day",
    "anniversary": "anniversary",
    "graduation": "graduation",
    "party": "party|disco",
    "picnic": "picnic|bbq|barbecue",
    "travel": "travel|holiday|luggage|passport",
    "prom": "prom",
    "new year": "new year",
    "thanksgiving": "thanksgiving",
    "diwali": "diwali",
    "camping": "camping|festival",
    "back to school": "back to school",
}

GENDERS = {
    "women": "women|woman|ladies|lady|for her|female|womens|ladys|feminine|femme|for woman|women and girl",
    "men": "men|man|for him|gentleman|gentlemen|gent|male|menswear|homme|pour homme|for man|gentlemans",
    "unisex": "unisex|men and woman|man and woman|woman and man|man & woman|man woman",
    "girls": "for girl|girls|little girl|for little girl|baby girl|girl dress|girl toy|young girl",
    "boys": "for boy|boys|little boy|for little boy|baby boy|boy toy",
}

AGES = {
    "baby": "infant|newborn|toddler|babies|for baby",
    "child": "kid|child|children|childrens|childs|for kid|for child|kiddy|junior|nursery|kindergarten",
    "teen": "teen|teenager|teenage|youth",
    "adult": "adult|grown up",
    "senior": "senior|elderly",
}

UNCERTAIN_AGES = {"baby": "baby"}
