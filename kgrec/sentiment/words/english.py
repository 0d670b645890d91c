"""English opinion words, negations, degrees and aspects that many kinds of product share."""

from __future__ import annotations

from kgrec.sentiment.word_set import word_set

__all__ = [
    "ENGLISH_ALIASES",
    "ENGLISH_ASPECTS",
    "ENGLISH_BAD",
    "ENGLISH_DEGREES",
    "ENGLISH_GOOD",
    "ENGLISH_IMPLIED",
    "ENGLISH_LINKS",
    "ENGLISH_LOSES",
    "ENGLISH_MODIFIERS",
    "ENGLISH_NEGATIONS",
    "ENGLISH_NO_ASPECTS",
    "ENGLISH_PARTS",
    "ENGLISH_TURNED",
    "ENGLISH_VERBS",
]

ENGLISH_GOOD = word_set(
    """
    accurate adorable affordable amazing appealing astonishing attractive awesome beautiful beautifully best better
    bright brilliant breathable charming clean cleaner clear comfortable comfy compact consistent convenient cool
    correct cosy cozy crisp crystal cute dead-on delicate delicious delightful dependable durable easier easiest easily
    easy effective efficient effortless elegant ergonomic excellent exceptional fabulous fair fantastic fast faster
    fine finest first-rate flattering flawless flawlessly flexible fresh friendly fun functional generous genuine gentle
    glad good gorgeous great greatest handy happy hearty helpful high high-quality impeccable impressed impressive
    incredible inexpensive ingenious intuitive invaluable likeable lightweight long-lasting lovely lush luxurious
    magnificent marvellous marvelous mellow neat nice nicely nicer outstanding perfect perfectly phenomenal playable
    pleasant pleased pleasing plush polished portable powerful practical precise premium pretty professional quick
    quickly quiet reasonable reliable responsive rich right robust rock-solid roomy rugged safe satisfactory satisfied
    satisfying seamless sharp shiny silky simple sleek slick smart smooth smoothly smoother snug soft softer solid
    solidly soothing spacious splendid spot-on stable stellar stout strong stronger sturdy sturdier stunning stylish
    superb superior supple sweet tasty terrific thorough thoughtful tidy tight top top-notch tough trustworthy
    unbeatable unbelievable useful user-friendly valuable versatile vibrant vivid warm waterproof well well-built
    well-constructed well-designed well-made wonderful wonderfully worth worthwhile worthy
    love loved loves like likes liked enjoy enjoyed enjoying recommend recommended recommends appreciate appreciated
    thrilled delighted excels exceeds exceeded excelled works worked pleasure bargain steal bonus gem winner
    """
)
ENGLISH_BAD = word_set(
    """
    annoying atrocious awful awkward bad badly blurry boring bothersome brittle broke broken bulky buzzy cheap cheaply
    cheesy clumsy clunky cold complicated confusing costly crackly cracked crap crappy crooked cumbersome damaged
    dangerous dead defective deficient difficult dim dirty disappointed disappointing disappointment disgusting dodgy
    dreadful dry dull expensive faded fake faulty feeble fiddly filthy fishy flaky flawed flimsy foul fragile
    frustrated frustrating fuzzy garbage greasy grainy hard-to-use harsh hazardous heavy hideous hissy hopeless
    horrendous horrible horribly horrid hum impractical inaccurate inadequate incompatible incomplete inconsistent
    inconvenient incorrect ineffective inferior insufficient intermittent irritating itchy jerky junk junky lame laggy
    leaky lousy loose low-quality mediocre messy miserable misleading missing muddy muffled nasty noisy
    obnoxious odd overpriced painful pathetic pointless poor poorer poorly pricey problematic questionable ridiculous
    rough rubbish ruined rusty sad scratched scratchy scratchy-sounding shabby shaky sharp-edged shoddy short-lived
    sketchy slippery sloppy slow sluggish smelly stale sticky stiff stinky stupid sub-par subpar tacky tangled tedious
    terrible terribly thin tinny tiresome tricky troublesome ugly unacceptable unbearable uncomfortable underpowered
    underwhelming uneven unhappy unpleasant unplayable unreliable unresponsive unsafe unsatisfied unstable unusable
    unusably upset useless vague weak weaker weird wobbly wonky worse worst worthless wrong
    hate hated hates dislike disliked regret regretted fail failed fails failure broke breaks rattles rattled buzzes
    crackles returned returning refund waste wasted avoid sucks sucked disappoints disappoint lacks lacking stopped
    nuisance nightmare headache lemon joke ripoff rip-off flop
    """
)
ENGLISH_NEGATIONS = word_set(
    "not no never nor none nothing neither without hardly barely scarcely cannot cant can't dont don't doesnt doesn't "
    "didnt didn't isnt isn't arent aren't wasnt wasn't werent weren't wont won't wouldnt wouldn't couldnt couldn't "
    "shouldn't haven't hasn't hadn't ain't nowhere lack lacks lacking few less"
)
ENGLISH_DEGREES = word_set(
    "very really so too quite pretty extremely incredibly super totally absolutely truly just fairly rather highly "
    "surprisingly somewhat a bit little amazingly insanely remarkably exceptionally especially particularly also "
    "still always definitely certainly actually simply most more even much far way all both kind sort of"
)
"""Words between a thing and what is said of it."""

ENGLISH_ASPECTS = (
    "battery|battery life|sound|sound quality|tone|build quality|build|quality|price|value|size|weight|design|screen|"
    "display|picture|picture quality|image quality|camera|speed|performance|colour|color|fit|fabric|material|finish|"
    "smell|scent|taste|flavour|flavor|texture|packaging|package|delivery|shipping|service|customer service|support|"
    "instructions|manual|setup|installation|software|interface|app|controls|buttons|keyboard|volume|noise|cable|cord|"
    "connection|connector|handle|lid|strap|zipper|pockets|stitching|sole|comfort|style|look|looks|appearance|"
    "durability|construction|workmanship|range|fan|charger|adapter|power|signal|microphone|speaker|bass|treble|"
    "response|action|feel|grip|hinge|base|stand|clamp|plug|housing|knobs|switch|lights|brightness|resolution|"
    "story|characters|plot|writing|room|staff|location|breakfast|food|drinks|bathroom|bed|view"
)
ENGLISH_NO_ASPECTS = word_set(
    """
    thing things one ones way ways time times day days week weeks month months year years hour hours minute minutes
    lot lots bit job jobs deal reason reasons idea ideas choice choices product products item items purchase buy
    review reviews star stars amazon people person guy guys friend friends wife husband son daughter kid kids man
    something anything everything nothing someone anyone everyone stuff part parts problem problems issue issues luck
    news experience experiences condition order orders company seller sellers brand brands pair pairs set sets piece
    pieces kind type types model models version versions example addition option options side sides place places point
    points word words case use uses user users money cost costs dollars bucks buck rest half end start beginning
    question questions answer answers fact opinion thanks thank work works it this that these those he she they we you
    i what which who mine yours ours theirs me him her them us myself itself am is are was were be been being do does
    did go goes going get gets getting got have has had make makes made say says said know think thought guess see
    look looking want wanted need needed used using try tried keep kept give gave take took put sure enough even
    though although while because since however but and or so if then than when where why how as at by for from in
    into of off on onto out over to up with about after before again all any both each few more most other some such
    only own same too very can will just don should now here there also really quite pretty much many well still yet
    ever never always usually often sometimes maybe perhaps definitely probably actually basically honestly overall
    alternative gift results result beginner beginners player players gear stage level levels world life unit units
    improvement upgrade investment replacement combination fan fans mistake difference surprise bargain steal winner
    shape device devices gadget gadgets instrument instruments tool tools toy toys an a the its my your his our their
    no not yes else instead back away down around let lets every first second last next new old several another couple
    bunch plus con cons pro pros
    """
)
"""Nouns that are praised without saying what for, and words that are no nouns at all."""

ENGLISH_VERBS = word_set(
    """
    love loved loves like likes liked enjoy enjoyed enjoying recommend recommended recommends appreciate appreciated
    hate hated hates dislike disliked regret regretted works worked fail failed fails exceeds exceeded excelled excels
    returning returned returning stopped avoid refund waste wasted sucks sucked broke breaks rattles rattled buzzes
    crackles disappoints disappoint lacks lacking pleased happy glad satisfied impressed thrilled delighted unhappy
    disappointed upset dissatisfied well worth hum
    """
)
"""Words that say how somebody feels or what happens: no adjective of the noun that follows."""

ENGLISH_LINKS = word_set(
    "is are was were isn't aren't wasn't weren't seems seem feels feel looks look sounds sound stays remains appears "
    "arrived came turned got gets has been felt seemed looked sounded smells tastes works worked"
)
"""Words between a thing and its quality."""

ENGLISH_LOSES = word_set(
    "right top super fair best worst missing dead pretty well loose tight odd hard fine tough only"
)
"""Opinions that before a noun often mean something else: right hand, top nut, dead strings, fine tuning."""

ENGLISH_MODIFIERS = word_set("quality value price")
"""Aspects that are meant even where another noun follows: good quality cable."""

ENGLISH_PARTS = word_set(
    "strap stand cable cord microphone speaker charger adapter clamp plug keyboard camera fan lights bed screen "
    "battery handle lid base switch knobs buttons display software app package food drinks breakfast room bathroom"
)
"""Aspects of some products that are what others are."""

ENGLISH_TURNED = {
    ("cheap", "price"): 1,
    ("low", "price"): 1,
    ("thin", "size"): 1,
    ("strong", "smell"): -1,
    ("powerful", "smell"): -1,
    ("loose", "fit"): -1,
    ("tight", "fit"): 1,
}
"""(opinion, aspect) → side, where the word alone says something else."""

_IMPLIED = {
    ("ease of use", 1): "easy to use|simple to use|easy to operate|user friendly|user-friendly|intuitive",
    ("ease of use", -1): "hard to use|difficult to use|confusing to use|not intuitive",
    ("setup", 1): "easy to set up|easy to setup|easy to install|easy to assemble|easy to attach|sets up easily",
    ("setup", -1): "hard to set up|difficult to set up|hard to install|difficult to install|hard to assemble",
    ("build quality", 1): "well made|well-made|well built|well-built|solidly built|well constructed|solid construction|"
    "built like a tank|built to last",
    (
        "build quality",
        -1,
    ): "poorly made|cheaply made|badly made|poorly built|poorly constructed|cheaply built|feels cheap",
    ("durability", 1): "durable|long lasting|long-lasting",
    ("durability", -1): "fell apart|falls apart|falling apart|wears out|wore out|broke after",
    ("sturdiness", 1): "sturdy|rock solid|rock-solid",
    ("sturdiness", -1): "flimsy|wobbly|shaky|unstable",
    ("price", 1): "affordable|inexpensive|reasonably priced|well priced|worth the money|worth every penny|"
    "good value|great value|for the price you can't|can't beat the price|best bang for|bang for the buck",
    ("price", -1): "overpriced|over priced|too expensive|not worth the money|waste of money|pricey",
    ("comfort", 1): "comfortable|comfy",
    ("comfort", -1): "uncomfortable",
    ("weight", 1): "lightweight|light weight",
    ("weight", -1): "too heavy",
    ("noise", 1): "no noise|noiseless|dead quiet|very quiet",
    ("noise", -1): "noisy|too much noise|hums|buzzes",
    ("quality", 1): "high quality|top quality|top notch|top-notch",
    ("quality", -1): "low quality|sub par|sub-par|subpar",
    ("fit", 1): "fits perfectly|fits great|fits well|fits perfect|fits nicely|perfect fit",
    ("fit", -1): "didn't fit|doesn't fit|does not fit|did not fit|won't fit",
    ("delivery", 1): "arrived on time|fast shipping|quick shipping|fast delivery|quick delivery|arrived quickly",
    ("delivery", -1): "arrived late|slow shipping|slow delivery",
    ("appearance", 1): "looks great|looks good|looks nice|looks beautiful|looks awesome|good looking|great looking",
    ("appearance", -1): "looks cheap|looks bad|ugly",
    ("sound", 1): "sounds great|sounds good|sounds amazing|sounds awesome|sounds fantastic|sounds excellent|"
    "great sounding|good sounding|sounds really good|sounds wonderful|sound great",
    ("sound", -1): "sounds bad|sounds terrible|sounds awful|sounds horrible|sounds tinny|sounds muddy|sounds cheap",
    ("accuracy", 1): "very accurate|accurate|spot on|spot-on",
    ("accuracy", -1): "inaccurate|not accurate",
}
ENGLISH_IMPLIED = {words: said for said, spellings in _IMPLIED.items() for words in spellings.split("|")}
"""What says good (+1) or bad (−1) of an aspect without naming it."""

ENGLISH_ALIASES = {
    **{"prices": "price", "cost": "price", "pricing": "price", "value": "price", "sounds": "sound"},
    **{"sound quality": "sound", "tones": "tone", "build": "build quality", "construction": "build quality"},
    **{"workmanship": "build quality", "craftsmanship": "build quality", "colors": "colour", "color": "colour"},
    **{"colours": "colour", "look": "appearance", "looks": "appearance", "shipping": "delivery", "flavor": "flavour"},
    **{"picture": "picture quality", "image quality": "picture quality", "support": "customer service"},
    **{"installation": "setup", "directions": "instructions", "manual": "instructions", "package": "packaging"},
    **{"batteries": "battery", "controls": "controls", "feel": "feel", "display": "screen", "cord": "cable"},
}
"""Other words for an aspect."""
