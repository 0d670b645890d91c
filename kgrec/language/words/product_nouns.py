"""Nouns that name products, and compounds of two or three words that name one together."""

from __future__ import annotations

from kgrec.language.word_set import word_set

__all__ = [
    "CONTAINERS",
    "MODIFIERS",
    "NOT_PRODUCTS",
    "NOUN_NAMES",
    "PRODUCT_COMPOUNDS",
    "PRODUCT_NOUNS",
    "TITLE_BREAKS",
    "WEAK_PRODUCT_NOUNS",
]

PRODUCT_NOUNS = word_set("""
    adapter airer album alarm amplifier anklet antenna apron armchair ashtray backpack badge bag ball balloon balm
    bandage bandana banner barbell basin basket bath bathrobe battery bauble beaker bed bedding bedspread belt bench
    bib bicycle bike bikini bin binder biscuit blackboard blanket blazer blender blind block blouse blush bodysuit
    book bookcase bookend bookmark boot booster bottle bowl box bra bracelet bracket bread breastpin broom bronzer
    brooch brush bucket buckle bulb bunting burner butter button cabinet cable caddy cafetiere cake cakestand calculator
    calendar camera candelabra candle candleholder candlepot candlestick cap card cardigan cardholder carpet carrier
    cartridge case catapult cereal chain chair chalkboard chandelier charger charm cheese chest chime chocolate
    chopstick cigarette clamp cleaner cleanser clip clock cloth clutch coaster coat coffee colander
    collar comb comforter compact compass computer concealer conditioner container cooker cookie cordon cork corkscrew
    cot cover cracker cradle crate cream crib cuff cufflink cup cupboard curler curtain cushion cutlery cutter
    daybed decanter decoration dehumidifier deodorant desk detangler detergent diary dictionary diffuser dish dispenser
    display doily doll dollhouse domino door doorbell doormat doorstop drawer dress dresser dressing drill drink drive
    dryer dumbbell dungarees duster duvet earbud earmuff earphones earring easel eggcup envelope epilator eraser
    essence exfoliator extension eyelash eyeliner eyeshadow fabric fan feeder fence figurine file filler film filter
    flag flannel flask flashlight flatware flour footstool fork foundation fountain fragrance frame freezer fridge fryer
    frypan funnel game garland gel generator glass globe glove glue goggles gown grater griddle grill guitar
    gum hairband hairbrush hairclip hairdryer hairpin hairspray hammer hammock hamper handbag handkerchief handle hanger
    harness hat headband headphones headset heater helmet highlighter hob holder holster hoodie hook hose humidifier
    incense ink iron jacket jam jar jeans jersey jewel jigsaw journal jug juicer jumper jumpsuit kaftan kettle key
    keyboard keychain keyring knife knob ladder ladle lamp lampshade lantern laptop lead leash leggings lens
    light lighter liner lingerie lipgloss lipliner lipstick lock locket loofah lotion lunchbox luggage magazine magnet
    makeup mallet map marker mascara mask masque mat matches mattress measure medal memoboard microphone microwave
    milk mirror mitt mixer mobile moisturizer moisturiser monitor mop mould mouse mousse mouthwash moneybox mug
    napkin necklace necklet necktie needle net nightdress nightgown nightie noodle notebook notepad nozzle oil ointment
    organiser organizer ornament ottoman oven overalls pad paddle paint painting pajamas palette pan pants paperweight
    parasol parka paste pasta patch peeler peg pen pencil pendant perfume phone picture pillow pillowcase
    pin pinboard pitcher placemat plaque plate platter playhouse pliers plug polish polo poncho popcorn porridge pot
    potholder potpourri pouch poster powder primer printer projector pullover pump punch puppet purse puzzle pyjamas
    quilt rack radio rattle razor receiver recorder refill refrigerator remover repellent ribbon rice ring robe
    rope router rub ruler rug sachet safe salt salve sandal sanitizer sari saucepan saucer sauce scale
    scarf scissors scoop scooter screen screwdriver scrub scrubber seat sequencer serum shade shaker shampoo
    shaver shawl sheet shelf sherry shirt shoe shopper shorts shovel shower sign sink skateboard skillet skirt skittle
    skincare slipper snack sneaker soap sock socket sofa soup spade spatula speaker spice spinner sponge spoon spray
    sprinkler stamp stand stapler stationery steamer stencil stereo sticker stocking stool stopper strainer strap straw
    straightener stroller suit suitcase sunglasses sunscreen supplement sweater sweatshirt swimsuit switch syrup tshirt
    tshirt table tablecloth tablet tag tangle teapot teacup tea teabag tealight teaspoon teddy teether television tent
    tee thermometer thermos throw tiara tie tights tile timer tissue toaster toner tongs tool toolbox toothbrush
    toothpaste torch tote towel toy tracker trainer tray treatment treadmill trellis trimmer tripod trolley
    trousers trowel trunk tub tumbler tunic turntable tv tweezers umbrella underpants underwear vacuum vase veil vest
    vinegar visor vitamin waistcoat wallet wallpaper wardrobe washbag watch wax whisk whistle wig
    windmill wine wipe wok wrap wrapper wreath wristband yarn yoghurt yogurt
    tlight sketchbook sharpener scrapbook pencilcase candy cosy
    knitwear loungewear playset racket racquet rollerball saw skewer spirograph sprinkles stethoscope
    toothpick trivet tinsel wheelbarrow wheelchair workbook xylophone airbrush beanie bobble brassiere briefs boxers
    camisole corset cloak clog espadrille loafer moccasin pump stiletto wellies wellington pinafore polo
    romper onesie sarong tracksuit turtleneck windbreaker topper choker gemstone barrette scrunchie antiperspirant
    tin bulb bolt hinge screw spoke sunhat hairgrip grip goblet chalice lariat hairslide doorsign bookcover earplug
    tassel pinwheel kite
    yoyo lollipop sundae bauble tidy voile pot birdcage birdfeeder birdbath hourglass
    aftershave cologne parfum toilette bodywash eyebrow lash lacquer varnish gloss plumper rouge tint
    """)
"""In the singular. They make a start; a catalogue teaches the rest."""

WEAK_PRODUCT_NOUNS = word_set("""
    set kit pack collection pair tree flower bell house board egg board base lid roll reel tape stick
    cream spa system piece accessory device machine unit gift heart chick craft art print bird bank wipe
    block post top line spot bead stone plant seed bar wheel wand letter number star
    """)
"""Nouns that name a product only where nothing better stands in the title."""

PRODUCT_COMPOUNDS = """
t light=t-light|t-light holder|tea light holder=t-light holder|tealight holder=t-light holder|candle holder
|cake stand|cake tin|cake case|cake plate
|hot water bottle|water bottle|photo frame|picture frame|photo album|lunch box|lunch bag|jumbo bag|shopping bag
|gift bag|gift box|gift wrap|gift tag|greeting card|birthday card|playing card|tea towel|tea cup=teacup|tea pot=teapot
|tea set|coffee mug|travel mug|cushion cover|duvet cover|door mat=doormat|door stop=doorstop|key ring=keyring
|key chain=keychain|phone case|phone charm|bag charm|phone holder|alarm clock|wall clock|wall art|wall sticker
|string light|fairy light|night light|table lamp|floor lamp|desk lamp|oil burner|incense stick|scented candle
|bath mat|bath towel|bath bomb|bath salt|beach towel|ironing board|ironing board cover|chopping board|cutting board
|notice board|memo board|chalk board=chalkboard|drawer knob|drawer liner|coat rack|wine rack|plate rack|towel rail
|wine glass|shot glass|champagne glass|egg cup|cookie cutter|biscuit tin|biscuit cutter|bread bin|cookie jar|jam jar
|storage jar|spice tin|storage box|jewellery box|jewelry box|trinket box|music box|money box|money bank|piggy bank
|oven glove|frying pan|sauce pan=saucepan|baking tray|rolling pin|measuring spoon|measuring cup|measuring tape
|tape measure|kitchen scale|salad bowl|mixing bowl|milk jug|butter dish|soap dish|soap dispenser|toilet brush
|toilet roll holder|laundry bag|laundry basket|shower curtain|shower gel|shower cap|body wash|body lotion|body butter
|body scrub|body spray|body mist|body oil|body cream|hand cream|hand soap|hand wash|foot cream|face cream|face wash
|face mask|facial mask|sheet mask|eye cream|eye mask|eye shadow=eyeshadow|eye liner=eyeliner|eye pencil|eyebrow pencil
|night cream|day cream|shaving cream|shave gel|after shave=aftershave|lip balm|lip gloss|lip liner|lip stick=lipstick
|lip stain|lip scrub|nail polish|nail lacquer|nail file|nail art|nail brush|nail polish remover|nail dryer|nail sticker
|makeup remover|makeup brush|makeup bag|cosmetic bag|make up bag=makeup bag|bb cream|cc cream|setting spray
|eau de parfum|eau de toilette|eau de cologne|hair dryer|hair brush=hairbrush|hair clip|hair grip|hair slide|hair oil
|hair mask|hair spray
|hair color=hair colour|hair colour|hair dye|hair extension|hair band=hairband|hair conditioner|hair treatment
|hair gel|hair wax|hair removal|curling iron|flat iron|hair straightener|hair trimmer|beard oil|beard trimmer
|electric shaver|electric toothbrush|tooth brush=toothbrush|tooth paste=toothpaste|dental floss|essential oil
|cotton pad|cotton swab|sun screen=sunscreen|tanning lotion|self tanner|massage oil|massager
|olive oil|coconut oil|argan oil|green tea|black tea|herbal tea|ice cream|peanut butter|protein bar|protein powder
|potato chip|chocolate bar|dark chocolate|milk chocolate|hot chocolate|maple syrup|tomato sauce|soy sauce|dog food
|cat food|bird feeder|bird house=birdhouse|bird bath|watering can|plant pot|flower pot|garden tool|wind chime
|picnic basket|picnic bag|picnic hamper|sleeping bag|tote bag|shoulder bag|hand bag=handbag|wash bag=washbag
|school bag|laptop bag|sling bag|gym bag|back pack=backpack|luggage tag|passport cover|passport holder|card holder
|pencil case|pen set|note book=notebook|sticky note|wrapping paper|tissue paper|party bag|paper plate|paper cup
|paper napkin|paper chain|christmas tree|christmas decoration|christmas card|christmas stocking|tree decoration
|hanging decoration|easter egg|door sign|metal sign|door knob|wall mirror|compact mirror|hand mirror|bath robe=bathrobe
|t shirt=t-shirt|tee shirt=t-shirt|polo shirt|dress shirt|sweat shirt=sweatshirt|tank top|crop top|bathing suit
|swim suit=swimsuit|rain coat=raincoat|rain boot|high heel|ankle boot|running shoe|flip flop|hiking boot|maxi dress
|sun glasses=sunglasses|sun hat|baseball cap|beach hat|bow tie|sports bra|boxer short|yoga pants|yoga mat
|smart phone=smartphone|mobile phone|cell phone|phone cover|screen protector|power bank|usb cable|charging cable
|usb stick|flash drive|usb flash drive|hard drive|memory card|sd card|graphics card|wireless mouse|gaming mouse
|mouse pad|mechanical keyboard|web cam=webcam|ear phones=earphones|ear bud=earbud|head phones=headphones|smart watch
|fitness tracker|wrist watch|watch strap|bluetooth speaker|sound bar=soundbar|digital camera|action camera|led light
|light bulb|led bulb|extension lead|extension cord|remote control|game controller|video game|board game|card game
|top trumps|soft toy|stuffed animal|teddy bear|jigsaw puzzle|building block|sock puppet|finger puppet|doll house
|rocking horse|sewing kit|craft kit|knitting kit|paint set|cutlery set|skipping rope|bouncy ball|playing cards
|vacuum cleaner|coffee maker|coffee machine|rice cooker|air fryer|slow cooker|food processor|hand blender|toaster oven
|air freshener|car freshener|pin cushion|foot spa|bubble bath|face powder|setting powder|loose powder|pressed powder
|nail tip|false eyelash|tooth whitening|cuticle oil|hand sanitizer|baby wipe|baby bottle|baby blanket|cake mould
|place setting|place mat=placemat|napkin ring|table cloth=tablecloth|table runner|bottle opener|bottle stopper
|fridge magnet|photo clip|clothes peg|clothes peg bag|peg bag|doll|snow globe|letter rack|magazine rack|shoe rack
|shoe bag|cake server|party invite|thank you card|ribbon reel=ribbon|door hanger|christmas bauble|paper lantern
|wall thermometer|soap bar|bar soap|watering can|hand warmer|mug warmer|egg warmer|tea cosy|egg cosy|tea strainer
|breakfast set|wall tidy|kitchen tidy|chest of drawers|hook rack|candle plate|memory foam pillow|hot plate
"""
"""Separated by bars; ``spelling=name`` where the name differs from the words."""

MODIFIERS = word_set("""
    a an the and or & + your my our his her its own new best super ultra extra pro professional premium deluxe luxury
    quality original genuine authentic natural organic pure fresh free hanging standing folding foldable stacking
    portable wireless electric electronic automatic adjustable waterproof magnetic reusable disposable washable double
    single triple twin dual assorted asst asstd ass mixed various design des designed shape shaped style styled size
    sized colour color col coloured colored tone set round square oval rectangular rectangle triangular long short tall
    wide deep slim thin thick heavy lightweight soft hard hot cold warm cool cute lovely pretty beautiful elegant
    fancy classic simple plain basic decorative ornate fine finest chunky cosy scented unscented
    top first second hand high low full half all one two three four five six tier piece pc pcs page hook drawer strand
    wick no not so very more most with without in on for by from of to at as is be it this that i
    you me we they he she boxed bottled painted printed stitched padded ribbed ridged embossed carved woven crushed
    cut made make real fake artificial faux magic happy funny fun love lovely sweet english british american
    design designs image images motif pattern print edition version series ml cm mm oz inch pack ct count old young
    day night daily weekly value bonus sale save offer special limited ship shipping us uk usa
    diy leave squ rect sq asst sml lge 3d led
    cushioned opening closing expandable expanding washing sitting flying drawing baking cooking making writing
    """)
"""Words that go before a product's name, or after it, without being one: never a product type by themselves."""

CONTAINERS = word_set("jar bottle box tin can pouch tube bag tub sachet carton case pump pot packet")
"""After an amount they only say how the product is packed: a 340 g jar."""

NOT_PRODUCTS = word_set("""
    garden animal creature girl boy day home kitchen bathroom bedroom office summer spring winter autumn england life
    world lady baby time year way city country thing people person woman man kid child word name people fruit food water
    hair face eye lip nail body skin hand foot leg arm neck scalp beauty health care style fashion value size supply
    leave diy woodland forest piece dreams flavour flavor scent ounce month week hour minute
    """)
"""Nouns that end many titles and categories without being what is sold; they may stand inside a compound."""

NOUN_NAMES = {
    "dec": "decoration",
    "neckl": "necklace",
    "necklac": "necklace",
    "bracele": "bracelet",
    "tlight": "t-light",
}
NOUN_NAMES |= {"creme": "cream", "crème": "cream", "parfum": "perfume", "toilette": "perfume"}
"""Shortened nouns and what they stand for."""

TITLE_BREAKS = word_set("with w in for on by from of to at into featuring without from that made inspired inc")
"""Words after which the title speaks of something else than the product itself."""
