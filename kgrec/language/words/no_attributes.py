"""Phrases whose parts look like attributes and are none, so that olive oil is not olive."""

from __future__ import annotations

__all__ = ["NO_ATTRIBUTES"]

NO_ATTRIBUTES = """
olive oil|coconut oil|argan oil|gold coast|gold standard|gold medal|silver spring|silver lining|black tea|green tea
|white tea|red wine|white wine|black pepper|white chocolate|milk chocolate|dark chocolate|brown rice|brown sugar
|white rice|black bean|green bean|red bean|orange juice|orange squeezer|orange blossom|orange peel|orange oil
|orange tree
|pink floyd|red bull|red hot|red wing|red cross|red carpet|red nose|blu ray|blue ray|blue tooth|black friday|black belt
|black decker|black & decker|black head|blackhead|white head|white noise|white label|whiteboard|white board
|green house|green clay|green coffee|green apple|green bay|pink salt|black salt|himalayan pink salt|black cumin
|lemon juice|lime juice|lime crime|mint tea|pepper mint|coral reef|peach kernel|plum oil|mustard oil|mustard seed
|ice cream|hand cream|face cream|foot cream|body cream|night cream|day cream|eye cream|shaving cream|cream cheese
|sour cream|cream cracker|anti wrinkle cream|moisturizing cream|moisturising cream|bb cream|cc cream|shave cream
|hair cream|cream cleanser|cream blush|cream puff|cream tea|cream jug|hydrating cream|repair cream|facial cream
|whitening cream|cold cream|firming cream|barrier cream|cream conditioner|styling cream|cream bath|cream wash
|curling iron|flat iron|hair iron|styling iron|iron supplement|iron man|ironing board|steam iron|soldering iron
|rubber duck|rubber stamp|glass cleaner|paper weight|stone age|cotton candy|cotton swab|cotton ball|cotton bud
|cotton pad|cotton round|pearl jam|sea shell|tan line|sun tan|self tan|self tanning|spray tan|french press
|french fry|french toast|french manicure|french tip|french lavender|french kiss|star war|star trek|star wars
|five star|hot spot|dark spot|age spot|spot treatment|spot remover|spot corrector|spot on|wet spot|check list|check book
|check out|bear hug|bear grylls|cat eye|cats eye|cat's eye|bird seed|bird food|horse power|horse hair|horse radish
|fish oil|fish sauce|fish hook|crab apple|apple cider|apple cider vinegar|apple watch|apple iphone|apple ipad
|apple macbook|for apple|pine apple|pineapple|cherry blossom shower|leaf blower|tea leaf|bay leaf|aloe leaf|space bar
|space saver|space saving|space heater|crown moulding|angel food|duck tape|duck boat|bee balm|bee pollen|bee venom
|royal jelly|baby powder|baby oil|baby doll|baby wipe|baby lotion|baby shampoo|baby g|baby phat|man utd|spider man
|super man|bat man|iron maiden|old spice man|snow man soap|girl friend|game boy|gameboy|play boy|playboy|bad boy
|boy band|dolly girl|third party|party lite|big ben|big bang|holiday inn|travel adapter|antique brass|shell scheme
|medium hold|medium skin|medium ash|large print|clear skin|clear coat|clear complexion|crystal clear|clear acne
|all clear|jet lag|jet stream|jet pack|ink jet|water jet|inkjet|wax strip|ear wax|hair wax|wax warmer|rose water
|rose hip|rosehip|rose hip oil|lace front|lace wig|full lace|felt tip|felt tip pen|stone wash|whet stone|silver nitrate
|colloidal silver|silver fern|gold bond|gold dust|copper peptide|golden girl|golden retriever|golden syrup|golden glow
|titanium dioxide|zinc oxide|zinc pyrithione|silk protein|silk amino acid|silk peptide|wool wash|steel wool
|pearl powder|marble cake|foam cleanser|foam wash|shaving foam|foaming foam|nail foam|satin finish lipstick
|velvet rope|christmas island|valentine one|prom queen|formal verification|mini cooper|mini moke|mini disc
|mini display port|mini usb|mini hdmi|micro usb|extra virgin|chick pea|chicken soup|chicken breast|chicken curry
|duck breast|fox sport|teddy boy|daisy chain|lily of the valley|lemon grass|lip gloss clear
"""
"""Separated by bars; learned compounds and product nouns with these words are still found."""
