"""Pairs of values labelled by hand: one value, or two. The second of each pair is the commoner one."""

from __future__ import annotations

__all__ = ["DIFFERENT", "SAME", "pairs"]

SAME = """
colour | Gray | grey
colour | BLACK | black
colour | Off-White | off white
colour | off  white | Off White
colour | Multicolored | multicolour
colour | Black/White | White/Black
colour | black & white | Black and White
colour | black, white | white / black
colour | ＲＥＤ | red
colour | 红 色 | 红色
colour | 红 | 红色
colour | Burgandy stripe | Burgundy stripe
colour | Turqoise | Turquoise
colour | Chartruese | Chartreuse
colour | Lavendar | Lavender
colour | Transparant | Transparent
material | Stanless Steel | Stainless Steel
material | Stainles Steel | Stainless Steel
material | stainless-steel | Stainless Steel
material | Aluminum | Aluminium
material | Poly-ester | Polyester
material | Polyster | Polyester
material | Polyesster | Polyester
material | Microfiber | Microfibre
material | Cotton Blends | Cotton blend
material | Nylon/Polyester | Polyester, Nylon
material | Fiberglass | Fibreglass
material | Porcelian | Porcelain
material | Cermaic tile | Ceramic tile
material | 不锈钢　板 | 不锈钢板
material | ステンレス | ｽﾃﾝﾚｽ
product_type | Hand bag | Handbag
product_type | hand-bags | Handbag
product_type | T-Shirts | t-shirt
product_type | Water Bottles | water bottle
product_type | Candle sticks | Candlestick
product_type | Mini tower | Minitower
product_type | Women's Shoes | womens shoes
product_type | サーバー | サーバ
product_type | コンピューター | コンピュータ
product_type | Moisturising cream | Moisturizing Cream
product_type | Jewelry box | Jewellery Box
product_type | Organizer hutch | organizer Hutch.
product_type | Scarves | scarf
product_type | Knives | Knife
product_type | Accesories | Accessories
product_type | Refridgerator | Refrigerator
product_type | Calender | Calendar
product_type | Umbrela stand | Umbrella stand
product_type | Keybaord tray | Keyboard tray
product_type | Headphnoes stand | Headphones stand
product_type | Adapater plate | Adapter plate
product_type | Catalog holder | Catalogue holder
product_type | Crème brûlée set | Creme brulee set
product_type | Théière | Theiere
style | Bohemain | Bohemian
style | Minimalst | Minimalist
style | Victorain lace | Victorian lace
style | Contempory chic | Contemporary chic
style | Scandanavian | Scandinavian
style | Mid-Century Modern | mid century modern
style | rock 'n' roll | rock n roll
brand | L'Oreal Paris | L'Oréal
brand | L'Oreal | Loreal
brand | Maybelline New York | Maybelline
brand | SONY | Sony
brand | Sony Corp. | Sony
brand | Nicky's Gift Co.,LTD | Nicky's Gift
brand | Elizabeth Arden, Inc. | Elizabeth Arden
brand | M.A.C. | MAC
brand | e.l.f. | elf
brand | Cover Girl | CoverGirl
brand | Hermès | Hermes
brand | Procter and Gamble | Procter & Gamble
brand | Procter & Gamble Co | Procter & Gamble
brand | Nuetrogena | Neutrogena
brand | Levi’s | Levi's
brand | Levis | Levi's
brand | The Body Shop | Body Shop
brand | Siemens AG | Siemens
brand | Bosch GmbH | Bosch
brand | Hewlett-Packard | Hewlett Packard
brand | One'n Only | one 'n only
brand | 资生堂 | 资 生 堂
volume | 1000 ml | 1 l
volume | 1 L | 1000ml
volume | 0.5 l | 500 ml
volume | 500毫升 | 500 ml
volume | 33 cl | 330 ml
volume | 8 fl. oz. | 8 fl oz
volume | 1,000 ml | 1000 ml
weight | 1 kg | 1000 g
weight | 1.5kg | 1500 grams
weight | 16 oz | 1 lb
weight | 2斤 | 1 kg
weight | 300 lb. | 300 lbs
length | 7" | 7 in
length | 30 cm | 300 mm
length | 10 x 15cm | 100 x 150 mm
length | 1 m | 100 cm
length | 6.0 ft | 6 feet
length | 2.54 cm | 1 inch
storage | 1 TB | 1000 GB
storage | 3-TB | 3TB
duration | 12 months | 1 year
duration | 90 min | 1.5 h
power | 1.5 kW | 1500 W
count | 10.0 | 10
count | 23,000 | 23000
connector | RJ - 45 | RJ-45
connector | 3.5mm | 3.5 mm
connector | USB - C | USB-C
country_of_origin | USA | United States
country_of_origin | Made in China | China
country_of_origin | PRC | China
country_of_origin | Deutschland | Germany
country_of_origin | U.K. | United Kingdom
country_of_origin | 中国 | China
waterproof | Y | Yes
waterproof | true | yes
waterproof | 否 | no
gender | Ladies | women
gender | Mens | men
target_audience | Adults | Adult
recommended_gender | Boy & Girl | Boy/Girl
"""

DIFFERENT = """
colour | red | rod
colour | Light Blue | Dark Blue
colour | Navy Blue | Blue
colour | Rose | Nose
colour | Cream | Dream
colour | Teal | Seal
colour | Silver | Sliver grey
colour | Green | Greek
colour | Rose Gold | Gold
colour | 红色 | 粉红色
colour | 浅蓝 | 深蓝
colour | Matte Black | Gloss Black
colour | Emerald | Emeralds & pearls
material | Leather | Feather
material | Faux Leather | Leather
material | Stainless Steel | Steel
material | Linen | Lines
material | Satin | Latin
material | Bamboo | Bamboos & oak
material | Carbon | Carton
material | Polyester | Polyether
material | Silicon | Silicone
material | Cotton | Cottons & silk
material | Real wood | Fake wood
material | Solid wood | Softwood
product_type | Glass | Glasses
product_type | Short | Shorts
product_type | with lid | without lid
product_type | With handle | Without handle
product_type | Left hand | Right hand
product_type | Left-handed scissors | Right-handed scissors
product_type | Scented candle | Unscented candle
product_type | Washable rug | Unwashable rug
product_type | Lined jacket | Unlined jacket
product_type | Men's watch | Women's watch
product_type | Boys shirt | Girls shirt
product_type | Single bed | Double bed
product_type | Twin pack | Triple pack
product_type | Two piece set | Ten piece set
product_type | Indoor plant | Outdoor plant
product_type | Upper cabinet | Lower cabinet
product_type | Front light | Rear light
product_type | Wired mouse | Wireless mouse
product_type | Cordless drill | Corded drill
product_type | Printer | Printed
product_type | Painting | Printing
product_type | Cooking pan | Cooling pan
product_type | Heating pad | Hearing pad
product_type | Wedding ring | Welding ring
product_type | Charging mat | Changing mat
product_type | Laser pointer | Laser printer
product_type | Milk chocolate | Chocolate milk
product_type | Shampoo | Shampoo bar
product_type | Toner | Tuner
product_type | Bracelet | Bracelets rack
product_type | Anklet | Amulet
product_type | Necklace | Neckline
product_type | Sugar free | Sugar
product_type | Salted butter | Unsalted butter
product_type | Day cream | Night cream
product_type | Hot tub | Hat tub
product_type | Tablet case | Table case
product_type | Backpack | Backrack
product_type | Dog bed | Dog bad
product_type | Power supply | AC power supply
product_type | RAID Controller | RAID Controller Kit
product_type | CD-ROM Drive | DVD-ROM Drive
product_type | 男士手表 | 女士手表
product_type | 长袖 | 短袖
product_type | 左手 | 右手
product_type | 有线鼠标 | 无线鼠标
product_type | カバー | カバ
product_type | メンズ靴 | 子供靴
style | Striped | Stripped
style | Casual | Causal look
style | Classic | Classical
style | Slim fit | Regular fit
style | Sleeved | Sleeveless
style | Long sleeve | Short sleeve
style | Symmetric | Asymmetric
style | Portrait | Landscape
style | Monochrome | Polychrome
style | Bicolour | Tricolour
style | Full rim | Half rim
brand | Apple | Apples
brand | Adore | Adored
brand | Andre | Andrea
brand | Avani | Avanti
brand | Acure Organics | Aubrey Organics
brand | DS Laboratories | Sun Laboratories
brand | Katy Perry | Kate Perry
brand | L'Oréal | L'Oréal Professionnel
brand | Pure | Pure Beauty
brand | Fossil | Fossils
brand | Old Spice | Gold Spice
brand | Marc | MAC
brand | Garnier Fructis | Garnier
brand | Alba | Alba Botanica
energy_class | A+ | A
energy_class | A++ | A+
language | C | C++
language | C# | C
model | X-100 | X100
model | X 100 | X-1000
model | SM-G900F | SM-G900H
model | MX-5 | MX5
version | 4.10 | 4.1
version | 2.0.1 | 2.01
pack | 12 pack | 21 pack
pack | pack of 2 | pack of 3
pack | Pack of six | Pack of ten
pack | one dozen | two dozen
volume | 100 ml | 1000 ml
volume | 1 l | 1 gal
volume | 8 oz | 8 fl oz
volume | 1.5 l | 15 l
weight | 1 kg | 1 lb
weight | 1 g | 1 kg
length | 7 in | 7 cm
length | 18 cm | 7 in
length | 10 x 15 cm | 15 x 15 cm
length | 5 mm | 5 m
size | S | XS
size | Large | Extra Large
size | M | L
size | Small | Medium
size | 34 | 43
size | 36 EU | 36 US
network | 4G | 5G
network | 4G | 4 g
code | 007 | 7
code | 0012 | 12
storage | 64 GB | 64 MB
storage | 1 TB | 1024 GB
spf | SPF 15 | SPF 50
usb | USB Type-A | USB Type-C
interface | SATA II | SATA III
type | DVD-R | DVD+R
type | DVD-RW | DVD-R
type | CD-RW | CD-R
processor | Intel Core i5 | Intel Core i7
processor | Intel Celeron | Intel Celeron D
graphics | Intel HD Graphics | Intel UHD Graphics
keyboard_language | UK English | US English
country_of_origin | Austria | Australia
country_of_origin | Niger | Nigeria
country_of_origin | Iran | Iraq
waterproof | Yes | No
gender | men | women
age | adult | child
season | Summer | Winter
flavour | Vanilla | Vanilla bean
flavour | Sweet | Sweet & sour
flavour | Lemon | Melon
scent | Lavender | Lavender mint
certification | CE, FCC | CE, FCC, UL
protocol | CSMA/CD | CSMA, CD
functions | Print, copy | Print, copy, scan
functions | Print, scan | Print, copy
"""


def pairs(text: str) -> list[tuple[str, str, str]]:
    """Return (relation, rarer value, commoner value)."""
    rows = [tuple(part.strip() for part in line.split("|")) for line in text.strip().splitlines()]
    assert all(len(row) == 3 for row in rows)
    return rows  # type: ignore[return-value]
