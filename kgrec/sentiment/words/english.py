"""English opinion words, negations, degrees and aspects that many kinds of product share."""

from __future__ import annotations

from kgrec.sentiment.word_set import word_set

__all__ = [
    "ENGLISH_ASPECTS",
    "ENGLISH_BAD",
    "ENGLISH_DEGREES",
    "ENGLISH_GOOD",
    "ENGLISH_NEGATIONS",
    "ENGLISH_NO_ASPECTS",
]

ENGLISH_GOOD = word_set(
    """
    accurate adorable affordable amazing appealing astonishing attractive awesome beautiful beautifully best better
    bright brilliant breathable charming clean cleaner clear comfortable comfy compact consistent convenient cool
    correct cosy cozy crisp crystal cute dead-on delicate delicious delightful dependable durable easier easiest easily
    easy effective efficient effortless elegant ergonomic excellent exceptional fabulous fair fantastic fast faster
    fine finest first-rate flattering flawless flawlessly flexible fresh friendly fun functional generous genuine gentle
    glad good gorgeous great greatest handy happy hearty helpful high-quality impeccable impressed impressive
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
    thing things one ones way ways time times day days week weeks month months year years hour hours minute minutes lot
    lots bit job jobs deal reason reasons idea ideas choice choices product products item items purchase buy review
    reviews star stars amazon people person guy guys friend friends wife husband son daughter kid kids man something
    anything everything nothing someone anyone everyone stuff part parts problem problems issue issues luck news
    experience experiences condition order orders company seller sellers brand brands pair pairs set sets piece pieces
    kind type types model models version versions example addition option options side sides place places point points
    word words case use uses user users money cost costs dollars bucks buck rest half end start beginning question
    questions answer answers fact opinion thanks thank luck work works it this that these those he she they we you i
    what which who mine yours ours theirs me him her them us myself itself am is are was were be been being do does did
    go goes going get gets getting got have has had make makes made say says said know think thought guess see look
    looking want wanted need needed use used using try tried keep kept give gave take took put sure enough even though
    although while because since however but and or so if then than when where why how as at by for from in into of off
    on onto out over to up with about after before again all any both each few more most other some such only own same
    too very can will just don should now here there also really quite pretty much many well still yet ever never always
    usually often sometimes maybe perhaps definitely probably actually basically honestly overall alternative gift
    results result beginner beginners player players gear stage level levels world life unit units improvement upgrade
    investment replacement addition combination fan fans mistake difference surprise bargain steal winner shape
    an a the its my your his our their no not yes else instead back away down around let lets us every first second
    last next new old few several another couple bunch plus con cons pro pros
    """
)
"""Nouns that are praised without saying what for, and words that are no nouns at all."""
