"""English: plain words, and words that tell of what and how something is said."""

from __future__ import annotations

__all__ = [
    "ADVERBS",
    "CLAUSE_OPENERS",
    "DENYING",
    "HISTORY_VERBS",
    "IDIOMS",
    "IMPERATIVES",
    "IRREGULAR",
    "NOUNS",
    "NOUN_ENDS",
    "NUMBER_WORDS",
    "PLAIN",
    "RELATION_WORDS",
    "SHARING",
    "SUBJECTS",
    "SUPERLATIVES",
    "TOO",
    "VERBS",
]

PLAIN = """
    a an the and or but so because since as if when while where which who whom whose that than then thus hence
    therefore of in on at to by for from with within into onto about around under over between among along beside
    besides next near after before during until through across upon per via like unlike both either each every all any
    some other others another such own same just only also too even still again once already yet ever perhaps maybe
    likely probably possibly simply mostly mainly chiefly largely partly rather quite indeed much more most less least
    very i we us our you your yours they them their he she him his her it its itself yourself this these those here
    there be is are was were been being am do does did done doing have has had having can could may might must shall
    should will would let lets i'd we'd you'd it'd i've we've you've they've i'm we're you're they're it's that's
    here's there's who's what's one's we'll you'll it'll what how why one ones thing things something anything product
    item article object piece choice option pick suggestion recommendation proposal idea match fit companion
    alternative candidate addition find selection offer suggest suggested suggesting recommend recommended
    recommending propose proposed proposing choose chose chosen choosing picked picking select selected selecting show
    showed shown showing offered offering present presented list listed listing bring brought bringing give gave given
    giving put place placed point pointed pointing led speak spoke spoken speaking count counts counted counting rest
    rests rested resting rely relies base based basing follow followed following stem stems stemmed go goes going gone
    went come comes came coming appear appears appeared appearing turn turned turning say said says saying tell told
    state stated mention mentioned describe described describing description text wording name named naming call
    called make made making maker manufacture manufactured manufacturer produce produced producer craft crafted design
    designed build built create created sell sold selling seller hold holds held holding measure measures measured
    measuring weigh weighs weighed weighing stand stands stood contain contains contained containing content include
    includes included including inclusive feature features featured featuring carry carries carried provide provides
    provided display displays displayed wear wears worn use used using user intend intended mean meant suit suits
    suited suiting aim aimed fits fitted fitting belong belongs belonged belonging sit sits file filed group grouped
    sort sorted share shares shared sharing matches matched matching pair pairs paired pairing join joins joined
    joining link links linked linking connect connects connected connecting connection tie ties tied relate relates
    related relating relation combine combines combined resemble resembles resembled resembling resemblance similar
    similarly similarity alike likewise close closely closer common together overlap overlaps overlapping compare
    compares compared comparing comparison correspond corresponds agree agrees differ differs echo echoes mirror
    mirrors reflect reflects reflected fall falls fell land lands landed reach reached reaches cost costs costing
    price priced prices pricing know known knowing see seen seeing look looked looking think thought seem seems found
    finding get gets got getting take takes took taken taking keep keeps kept keeping want wants wanted enjoy enjoys
    enjoyed try tried likes liked liking prefer prefers preferred interest interests interested taste tastes appeal
    appeals appealing attract attracted favour favours favor favors buy buys bought buying purchase purchased
    purchases purchasing order ordered orders ordering view viewed viewing views browse browsed browsing visit visited
    visits visiting click clicked touch touched add added adding wishlist rate rated owned owning history histories
    record records past previous previously earlier recent recently lately latest last ago activity behaviour behavior
    session sessions time times date day today shopper customer buyer client person people visitor household folk many
    several few number couple shop store site page catalogue catalog range assortment collection section department
    aisle reason reasons evidence ground grounds explanation explain explains cause due owing thanks account score
    scores result main strongest weight influence part whole general overall altogether first model models attribute
    attributes property properties characteristic characteristics detail details trait entry way ways kind type
    category categories brand brands line colour coloured color colored hue tone material materials size sizes sized
    pattern patterned patterns style styled theme themed themes shape shaped form format looks scent flavour flavor
    volume capacity height width depth length diameter dimension dimensions year month week side mind fact basis terms
    term respect regard regards regarding according accordingly concerning purpose purposes occasion occasions worth
    cent percent exactly precisely namely actually really truly answer answers response respond responds nod continue
    continues continued continuing complement complements complementing accompany accompanies alongside extend extends
    extending expand expands round complete completes thread stay stays stayed step steps sense makes feel feels
    gather gathered notice noticed notices remind reminds reminded aware consider considers considered considering
    judge judging draw draws drawing drew drawn help helps helped hope wish guess bet believe believes expect expects
    expected imagine happens happen out up down off away back forward toward towards against despite although though
    however moreover furthermore plus instead otherwise unless whether especially particularly specifically generally
    usually often sometimes directly clearly right sure now currently everything else nowadays turns meet meets met
    sum front behind alone heading spec specs specification specifications value values amount amounts unit units
    stuff goods merchandise remain remains remaining caught catch catches pointer pointers hint hints hinted signal
    signals indicate indicates indicated suggests reveals tells shows proves ideas thoughts options choices picks
    finds matter matters role places spirit mood lines direction path route bridge bridges clue clues habit habits
    trend trends preference preferences leaning leanings search searches searched follow-up successor counterpart
    counterparts sibling siblings relative relatives cousin neighbour neighbours neighbor partner partners member
    members example examples instance kindred akin comparable equivalent apart aside beyond whatever whichever
    wherever whenever someone somebody anyone anybody folks fellow fellows buyers crowd majority percentage proportion
    portion bulk remainder total totals collect collected collecting assembled bundled alongside-with jointly later
    soon meanwhile afterwards means manner fashion note noted noting notes worthy seek sought sells ships boasts
    sports packs packed equipped comprised comprises consists consist consisting made-from comes-with ask asks asked
    asking wanting owner owners reads reading read
"""
"""Words that claim nothing of a product, as they stand.

What is in no list, and stands nowhere in the product's own texts, is a claim that nothing bears out.
"""

VERBS = """
    avoid pay gravitate owe merge sound belong lean promise tend identify receive hold count accompany account acquire
    act adapt add address admire adopt advise agree aim allow answer appear apply appreciate approach arrange ask
    assemble associate assume attach attract base become begin believe bet bring browse build buy call care carry
    catch cause change choose cite claim click close collect combine come compare complement complete comprise concern
    connect consider consist contain continue convince correspond cost craft create crop cross decide deduce define
    depend derive describe deserve design determine differ direct discover discuss display draw drop earn echo
    encounter end enjoy enter equal establish examine expect explain explore express extend face fall fancy favour
    feature feel figure fill find fit focus follow form gather get give go grab grow guess guide hand happen have head
    hear help hint hit hope imagine include indicate infer influence inform inspire intend interest introduce invite
    join judge jump keep know land last learn let like link list look love make manage mark match mean measure meet
    mention mind miss move name nod note notice observe occur offer open opt order originate overlap own pair pass
    pick place plan play please point ponder pop prefer present produce prompt propose provide pull purchase push put
    qualify raise rank reach react read realise realize reappear recall recognise recognize recommend recur reference
    refer reflect regard relate rely remain remember remind repeat report represent request resemble resonate respond
    rest result resurface return reveal revisit ride round run say search see seek seem select send sense serve set
    settle share shop show signal sit sort speak spend stand start state stay steer stem step stick suggest suit sum
    supply suppose surface take talk tell thank think tie touch track trace treat trigger try turn understand use vary
    view visit voice want weigh welcome wish wonder write yield zoom narrow align coincide converge intersect cluster
    sync tally rhyme warrant justify merit accommodate attend await bolster bridge centre center characterise
    characterize comprehend conclude confirm consult contribute convey credit deem detect dovetail elaborate embody
    emerge encompass evoke exemplify exhibit extract factor feed flow gauge glance ground hail hover illustrate
    implicate incline incorporate intrigue invoke lie locate mesh mix nudge outline peruse pinpoint pique position
    possess print proceed pursue reckon register reinforce render retain retrieve scan scroll span spring stress
    summarise summarize surround swap tailor target underline underpin unite validate venture
"""
"""Verbs in the infinitive; their other forms follow by rule."""

IRREGULAR = """
    bought brought built came chose chosen did done drawn drew driven drove fell fallen found gave given went gone got
    gotten grew grown heard held kept knew known lay led lent let made meant met paid put ran read said sat sold seen
    sent set shown sought spoke spoken spent stood stuck struck swept taken thought told took understood woke woven
    worn wrote written caught began begun became hit laid lain lit lost sprang sprung sank swung taught threw thrown
    won withheld arose arisen borne overlapped meshed
"""

NOUNS = """
    code promise promises inside outside sort purpose appeal detail identifier reference starter collection interest
    account action activity addition advice affinity agreement aim algorithm alternative analysis angle answer
    anything appearance appetite approach area argument article aspect association attention attribute audience
    background balance basics basis beginning behalf belief benefit bit blend bond bridge call candidate care
    catalogue cause centre chance character choice circle circumstance class clue cluster company comparison
    complement concept conclusion connection consideration contender content context continuation contrast
    contribution correspondence counterpart couple course crossover cue data deal decision degree demand difference
    direction discovery discussion echo edge effect element end entry equivalent evidence example expectation
    explanation expression extent factor favour feature feel feeling field figure find fit focus form friend front gap
    glance goal grasp ground group guess guide habit hand head heading help hint history idea identity impression
    inclination indication indicator influence information input inquiry insight inspiration instance intention
    interaction item journey judgement kind kinship leaning level liking link list listing lineup logic look lookalike
    majority manner match matter meaning meeting member mention mind mindset mix moment month mood motive move name
    neighbour nod note notion number object occasion occurrence option origin others overlap pair pairing parallel
    part partner passion past path people percentage period person perspective pick piece place plan point portion
    position possibility preference presence profile proof property proposal proposition prospect purchase pursuit
    query question range rank ranking rate ratio reach reason reasoning recollection record regard relation
    relationship relative relevance reminder request resemblance resonance response rest result return role root round
    rule sale sample scan scheme score search section sector selection sense sequence session share shopping shortlist
    side sight signal similarity site situation source speaking stage standard standpoint start starting statement
    step storefront story strand subject suggestion sum summary taste tendency term theme thing thought thread tie
    time title total touch trace track trail trait trend tribute try turn twin type variant variation variety version
    view viewpoint visit vote way week whole wish word year yours page order basketful haul checkout feed homepage
"""
"""Nouns of talk, choice and likeness. Plurals follow by rule."""

ADVERBS = """
    fond due certain keen once rightly hardly mainly away accordingly actually additionally afterwards again ago ahead
    alike almost alone along already altogether anyway apparently approximately apart arguably aside assuredly
    basically because before beforehand below besides briefly broadly certainly chiefly clearly closely collectively
    commonly comparably comparatively consequently consistently conveniently correspondingly curiously currently
    customarily decidedly deliberately directly distinctly doubtless earlier effectively elsewhere entirely equally
    essentially evenly eventually evidently exactly explicitly expressly fairly familiarly finally first firstly
    fittingly foremost formerly forth frankly frequently fully further furthermore generally gladly greatly habitually
    happily hence henceforth here hereby historically hopefully identically immediately implicitly incidentally
    increasingly indeed independently indirectly individually initially instead inherently intentionally interestingly
    jointly just lastly lately later latterly likewise literally logically markedly maybe meanwhile merely moreover
    mostly mutually namely naturally nearby nearly neatly necessarily next nicely nonetheless normally notably
    noticeably now nowadays obviously occasionally oddly often onward openly ordinarily originally otherwise outright
    outwardly overall overly partially particularly partly perhaps personally plainly plausibly possibly potentially
    practically precisely predominantly presently presumably previously primarily principally probably properly purely
    purposely quietly quite rather readily recently regardless regularly relatedly relatively reportedly respectively
    roughly secondly seemingly separately seriously shortly significantly similarly simply since simultaneously
    sincerely slightly so solely somehow someway somewhat somewhere soon specially specifically squarely still
    strictly strongly subsequently substantially subtly suddenly suitably supposedly surely surprisingly swiftly
    tentatively thankfully then there thereafter thereby therefore thirdly thoroughly though throughout thus tightly
    together truly typically ultimately undoubtedly understandably unsurprisingly usually veritably verbatim very
    virtually visibly wholly yet familiar relevant related likely possible apt fitting suitable appropriate sensible
    logical obvious plain sure particular specific general separate respective corresponding comparable similar common
    mutual joint shared own same identical equal additional different distinct various several few many main key
    central chief principal primary last final previous prior past recent current present frequent regular usual
    typical able willing curious interested inclined drawn glad aware mindful accurate exact precise whole entire
    partial single sole only lone upcoming following preceding neighbouring adjacent close parallel
"""
"""Words of degree, time and order, and adjectives that describe a choice and not a product."""

IDIOMS = """
    sits well|goes well|fits well|pairs well|well beside|well with|to everybody|to everyone|by the end|you may need
    |what you need|your needs|match your needs|you saved|you had saved|available in|available as|not long ago
    |not so long ago|long ago|train of thought|line of thought|short way|a short way|partial to|soft spot for|keen on
    |keep in mind|bear in mind|bears in mind|to do with|has to do with|having to do with|find this useful
    |find it useful|find useful|of interest|of use|in total|but weighs less|but counts less|weighs more here
    |a match for|no match|caught your eye|catches the eye|the label says|the label gives|on the label
    |name on the label|labelled as|as a whole|whole history|your whole history|you saw|you felt|you checked
    |you spotted|checked out|your basket|your cart|shopping basket|shopping cart|your shopping basket
    |your shopping cart|in case|in this case|in that case|in any case|in light of|in the light of|leads to|lead to
    |leads here|leads us|led to|led us|why not|how about|what about|nothing but|none other than|makes sense|make sense
    |next step|natural next step|good reason|without further ado|no wonder|no surprise|no coincidence
    |comes as no surprise|last but not least|if not|or not|most of all|counts most|count most|counts the most
    |as well as|more than one|one more|at least|at most|on balance|by its score|in which|best match|best fit
    |good match|good fit|close match|near match|natural match|natural fit|natural companion|goes well with
    |go well with|going well with|go well together|goes well together|pairs well with|pair well with|fits well with
    |fit well with|sits well with|sit well with|works well with|work well with|works with|work with|would suit you
    |once more|in the first place|first of all|more of the same|more like this|not only|more to go on|for one thing
    |at a glance|at first sight|in short|in other words|to go with|in line with|in keeping with|in common with
    |in common|in mind|in turn|in particular|by far|for sale|on sale here|such as|so far|more specifically
    |more precisely|most likely|most closely|most clearly|no more than|no fewer than|no less than|thank you|no doubt
    |not just|taking into account|take into account|up your street|right up your street|up your alley
    |right up your alley|worth a look|worth a glance|worth seeing|worth considering|catch your eye|have a look at
    |had a look at|one another|each other|at the same time|all the same|for this reason|that is why|this is why
    |here is why|which is why
"""
"""Phrases that claim nothing although their words might; separated by bars."""

SHARING = """
    both|same|share|shares|shared|sharing|in common|in common with|alike|each of them|each of these|each of the two
    |the two|these two|like each other|match each other|all of them|both of them|the pair of them|two of a kind
    |jointly|mutual|have in common|all|either|just like|exactly like|as does|as is|so does|so is|so are|as do|overlap
    |overlaps|matches|match|identical|equally
"""
"""What says that something holds for the product and for what it is compared with."""

TOO = """
    too|also|as well|likewise|similarly|again|once more|in turn|as well as
"""
"""What says so too, or only goes on."""

SUBJECTS = """
    this|it|its|it's|here|this one|this product|this item|this piece|the product|the item|the piece|this pick
    |this suggestion|our suggestion|our pick|the suggestion|the recommendation|this recommendation|the one here|that's
    |here's|itself
"""
"""What speaks of the product itself."""

HISTORY_VERBS = """
    bought buy purchased purchase ordered order viewed view visited visit browsed browse liked like loved love saved
    save picked pick chose chosen choose own owned have had got selected touched checked clicked added saw seen see
    rated enjoyed enjoy looked considered consider favoured favored preferred prefer wanted want tried try used use
    kept wishlisted shopped collected collect
"""
"""What a shopper did with a product, after "you"."""

CLAUSE_OPENERS = """
    this|it|its|both|you|we|they|the|these|here|our|all|each|that|your|a|an|another|i|so|because|since|which|other
    |there
"""
"""Words with which a new clause can begin after "and", "but", "so", "while"."""

NOUN_ENDS = """
    is are was were has have had be been share shares shared do does did so we this it both they which that because
    since as at and or but while where who you i then also too may might can could will would should comes come goes
    go fits fit matches match pairs suits suit makes make gives led leads speaks counts brought pointed points to
    resembles resemble belongs belong contains contain includes include features feature holds weighs measures costs
    cost than appears appear
"""
"""Words that end the description of a history item that began with "your" or "you bought"."""

DENYING = """
    leaves out|leave out|left out|leaving out|goes without|go without|does without|do without|omits|omit|skips|skip
    |not|no|never|without|isn't|aren't|wasn't|weren't|doesn't|don't|didn't|hasn't|haven't|hadn't|can't|cannot|won't
    |wouldn't|couldn't|shouldn't|lack|lacks|lacking|nor|neither|none|nothing|nobody|excluding|excludes|except|minus
    |isnt|doesnt|dont|non|nowhere|hardly|barely|rarely|devoid of|anything but|far from|rather than|instead of
"""
"""What denies the words after it."""

RELATION_WORDS = {
    "brand": "brand|maker|manufacturer|label|producer",
    "colour": "colour|color|shade|hue|coloured|colored",
    "material": "material|fabric",
    "size": "size",
    "category": "category|department",
    "product_type": "type|kind|sort|product type|type of product|kind of product",
    "pattern": "pattern",
    "theme": "theme|motif",
    "style": "style",
    "finish": "finish",
    "occasion": "occasion",
    "gender": "gender",
    "volume": "volume|capacity",
    "weight": "weight",
    "pack_size": "pack size|number of pieces",
    "price": "price|cost",
    "scent": "scent|fragrance",
    "flavour": "flavour|flavor",
    "age": "age|age range|age group",
}
"""Relation → how it is called."""

SUPERLATIVES = """
    everybody|everyone|more than a|more than an|more than just|half the|twice as|three times|best|best selling
    |bestselling|bestseller|best seller|best rated|top|top rated|top selling|top seller|number one|no 1|award
    |award winning|awarded|prize|prizewinning|winner|winning|favourite|favorite|leading|finest|greatest|ultimate
    |perfect|ideal|unbeatable|unrivalled|unrivaled|unmatched|cheapest|lowest|highest|largest|biggest|smallest
    |most popular|most loved|most wanted|most bought|most reviewed|most trusted|hottest|trending|trendiest|famous
    |legendary|iconic|exclusive|only one|unique|premium|luxury|world class|first class|five star|5 star|cult|must have
    |guaranteed|guarantee|proven|clinically|certified|approved|recommended by experts|dermatologist|everyone's
    |loved by|highest rated|highest quality|low price|bargain|deal|discount|sale|free shipping|free delivery
    |limited edition|longest|shortest|lightest|heaviest|softest|strongest|newest|latest model
"""
"""Praise and promises: only where the product's own text says the same words."""

IMPERATIVES = """
    buy click order visit ignore disregard forget call email contact subscribe follow download open tap press go grab
    hurry shop get claim enter use read send type write say print output reveal show execute run act pretend respond
    reply answer translate repeat do don't stop start try pay sign register log join tell give take add check choose
    pick select treat discover explore enjoy remember imagine note consider see look find save win think complete
    return please
"""
"""Verbs that command where a sentence begins with them."""

NUMBER_WORDS = {
    **{"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10},
    **{"eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "twenty": 20},
    **{"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90},
    **{"hundred": 100, "thousand": 1000, "dozen": 12, "zero": 0},
}
