"""The kinds of products, with the tree that they hang in, what they cost and what goes with what."""

from dataclasses import dataclass

TEXTILE = ("cotton", "linen", "wool", "recycled fibre")
KNIT = ("wool", "cashmere", "cotton", "alpaca")
SHELL = ("leather", "canvas", "suede", "nylon")
WOODEN = ("oak", "walnut", "beech", "ash")
CERAMIC = ("stoneware", "porcelain", "terracotta", "glass")
METAL = ("steel", "brass", "copper", "aluminium")
TECH = ("aluminium", "matt plastic", "recycled plastic", "bamboo")
PAPER = ("recycled paper", "linen cover", "kraft paper")

LIPS = ("coral", "terracotta", "rust", "blush", "rose", "berry", "plum")

WOVEN = ("plain", "striped", "checked", "dotted", "floral")
CALM = ("plain", "striped", "two-tone")
PLAIN = ("plain", "two-tone")
GLAZED = ("plain", "striped", "dotted", "speckled", "two-tone")


@dataclass(frozen=True)
class Kind:
    """One kind of product; the key is also the name of its drawing."""

    key: str
    path: tuple[str, ...]
    """From the department to the leaf of the category tree."""
    nouns: tuple[str, ...]
    price: float
    """Median in euros, for a brand in the middle of the market."""
    materials: tuple[str, ...]
    patterns: tuple[str, ...]
    goes_with: tuple[str, ...]
    """Kinds that are bought together with it."""
    use: str
    """A sentence of what it is good for."""
    colours: tuple[str, ...] = ()
    """The only colours that it comes in; any, if there are none."""

    @property
    def department(self) -> str:
        """The root of the category tree."""
        return self.path[0]

    @property
    def category(self) -> str:
        """The path as one text."""
        return " > ".join(self.path)


def _kind(
    key: str,
    category: str,
    nouns: str,
    price: float,
    materials: tuple[str, ...],
    patterns: tuple[str, ...],
    goes_with: str,
    use: str,
    colours: tuple[str, ...] = (),
) -> Kind:
    path = tuple(category.split(" > "))
    return Kind(key, path, tuple(nouns.split("|")), price, materials, patterns, tuple(goes_with.split()), use, colours)


KINDS: tuple[Kind, ...] = (
    _kind("t_shirt", "Apparel > Tops > T-shirts", "T-shirt|Tee|Crew-neck Tee", 22, TEXTILE, WOVEN, "shorts cap",
          "Cut straight with a ribbed collar that keeps its shape wash after wash."),
    _kind("shirt", "Apparel > Tops > Shirts", "Shirt|Button-down Shirt|Overshirt", 49, TEXTILE, WOVEN, "trousers watch",
          "Good with the sleeves down at work and rolled up after it."),
    _kind("sweater", "Apparel > Knitwear > Sweaters", "Sweater|Jumper|Pullover", 69, KNIT, CALM, "scarf trousers",
          "Warm without weight, with ribbed cuffs and hem."),
    _kind("jacket", "Apparel > Outerwear > Jackets", "Jacket|Field Jacket|Bomber", 119, SHELL, PLAIN, "boots scarf",
          "Keeps wind and showers out and has room for a layer below."),
    _kind("trousers", "Apparel > Bottoms > Trousers", "Trousers|Chinos|Pleated Trousers", 59, TEXTILE, CALM,
          "shirt sneakers", "A relaxed leg with deep pockets and a waistband that gives."),
    _kind("shorts", "Apparel > Bottoms > Shorts", "Shorts|Bermuda Shorts", 35, TEXTILE, WOVEN, "t_shirt sandals",
          "Light, quick to dry and long enough for the city."),
    _kind("skirt", "Apparel > Bottoms > Skirts", "Skirt|A-line Skirt|Midi Skirt", 45, TEXTILE, WOVEN, "sweater boots",
          "Swings when you walk and sits flat when you sit."),
    _kind("dress", "Apparel > Dresses", "Dress|Summer Dress|Wrap Dress", 75, TEXTILE, WOVEN, "sandals handbag",
          "Falls from a fitted waist and has pockets, of course."),
    _kind("scarf", "Apparel > Accessories > Scarves", "Scarf|Shawl", 32, KNIT, WOVEN, "jacket beanie",
          "Long enough to go round twice."),
    _kind("beanie", "Apparel > Accessories > Beanies", "Beanie|Knit Hat", 24, KNIT, CALM, "scarf jacket",
          "A close rib that covers the ears and does not itch."),
    _kind("cap", "Apparel > Accessories > Caps", "Cap|Five-panel Cap", 25, ("cotton", "canvas", "wool"), PLAIN,
          "t_shirt sunglasses", "An adjustable strap, a curved peak and a sweatband that can be washed."),
    _kind("socks", "Apparel > Accessories > Socks", "Socks|Ribbed Socks", 12, ("cotton", "wool", "bamboo fibre"), WOVEN,
          "sneakers boots", "Reinforced at heel and toe, and they stay up."),
    _kind("sunglasses", "Apparel > Accessories > Sunglasses", "Sunglasses|Round Sunglasses", 79,
          ("acetate", "titanium", "bamboo"), PLAIN, "cap sandals", "Lenses that block all ultraviolet light."),
    _kind("watch", "Apparel > Accessories > Watches", "Watch|Field Watch", 145, ("leather", "steel", "canvas"), PLAIN,
          "shirt sunglasses", "A quiet movement behind hardened glass, dry to fifty metres."),
    _kind("sneakers", "Shoes > Sneakers", "Sneakers|Runners|Court Shoes", 89, SHELL, PLAIN, "socks trousers",
          "A cushioned sole for days on your feet."),
    _kind("boots", "Shoes > Boots", "Boots|Ankle Boots|Chelsea Boots", 135, ("leather", "suede", "nubuck"), PLAIN,
          "socks jacket", "Welted so that they can be soled again."),
    _kind("sandals", "Shoes > Sandals", "Sandals|Slides", 49, ("leather", "cork", "recycled rubber"), PLAIN,
          "shorts dress", "A footbed that learns the shape of your foot."),
    _kind("backpack", "Bags > Backpacks", "Backpack|Daypack|Rucksack", 85, SHELL, PLAIN, "bottle notebook",
          "A padded sleeve for a laptop and straps that do not cut in."),
    _kind("tote", "Bags > Totes", "Tote|Shopper", 35, ("canvas", "cotton", "leather"), WOVEN, "notebook sunglasses",
          "Carries a week of groceries or a day at the beach."),
    _kind("handbag", "Bags > Handbags", "Handbag|Shoulder Bag", 110, ("leather", "suede", "vegan leather"), PLAIN,
          "dress perfume", "Three compartments, a magnetic clasp and a strap that comes off."),
    _kind("suitcase", "Bags > Suitcases", "Suitcase|Cabin Trolley", 150, ("aluminium", "polycarbonate"), PLAIN,
          "backpack headphones", "Fits the cabin, rolls on four quiet wheels."),
    _kind("chair", "Home > Furniture > Chairs", "Chair|Dining Chair", 129, WOODEN, PLAIN, "table cushion",
          "Comfortable through a long dinner and light enough to lift with one hand."),
    _kind("armchair", "Home > Furniture > Armchairs", "Armchair|Lounge Chair", 389,
          ("wool", "velvet", "linen", "leather"), CALM, "cushion floor_lamp", "Deep, wide and firm where it matters."),
    _kind("table", "Home > Furniture > Side Tables", "Side Table|Coffee Table", 119, WOODEN, PLAIN, "vase chair",
          "Stands beside a sofa or a bed and takes no room."),
    _kind("table_lamp", "Home > Lighting > Table Lamps", "Table Lamp|Desk Lamp", 69, CERAMIC, CALM, "table notebook",
          "Soft light that can be dimmed."),
    _kind("floor_lamp", "Home > Lighting > Floor Lamps", "Floor Lamp|Reading Lamp", 139, METAL, PLAIN,
          "armchair rug", "Light over your shoulder, where the book is."),
    _kind("cushion", "Home > Textiles > Cushions", "Cushion|Throw Pillow", 29, ("cotton", "linen", "velvet", "wool"),
          WOVEN, "armchair blanket", "A feather filling and a cover that zips off."),
    _kind("blanket", "Home > Textiles > Blankets", "Blanket|Throw", 65, KNIT, WOVEN, "cushion candle",
          "For the sofa in autumn and the garden in summer."),
    _kind("rug", "Home > Textiles > Rugs", "Rug|Flatweave Rug", 159, ("wool", "jute", "cotton"), WOVEN,
          "floor_lamp cushion", "Woven by hand, lies flat and forgives."),
    _kind("vase", "Home > Decor > Vases", "Vase|Bud Vase", 34, CERAMIC, GLAZED, "table candle",
          "Looks finished even without a flower in it."),
    _kind("candle", "Home > Decor > Candles", "Scented Candle|Candle", 26, ("soy wax", "beeswax"), PLAIN, "vase soap",
          "Burns for some fifty hours in a glass that stays useful afterwards."),
    _kind("clock", "Home > Decor > Clocks", "Wall Clock|Clock", 45, (*WOODEN[:2], "steel", "brass"), PLAIN,
          "table frame", "Silent, and readable from across the room."),
    _kind("frame", "Home > Decor > Wall Art", "Art Print|Framed Print", 39, WOODEN, PLAIN, "clock vase",
          "Printed on heavy cotton paper behind clear glass."),
    _kind("mug", "Kitchen > Tableware > Mugs", "Mug|Coffee Cup", 14, CERAMIC, GLAZED, "kettle plate",
          "Keeps coffee warm and fits under the machine."),
    _kind("plate", "Kitchen > Tableware > Plates", "Plate|Dinner Plate", 17, CERAMIC, GLAZED, "mug board",
          "Made to be stacked, and safe in dishwasher and oven."),
    _kind("pot", "Kitchen > Cookware > Pots", "Casserole|Cooking Pot", 95, ("cast iron", "steel", "copper"), PLAIN,
          "board pan", "Goes from hob to oven to table."),
    _kind("pan", "Kitchen > Cookware > Pans", "Frying Pan|Skillet", 59, ("cast iron", "steel", "aluminium"), PLAIN,
          "pot board", "Heats evenly and lets go of the egg."),
    _kind("kettle", "Kitchen > Cookware > Kettles", "Kettle|Teapot", 65, ("steel", "enamel", "copper"), PLAIN,
          "mug plate", "Pours without a drip and whistles softly."),
    _kind("board", "Kitchen > Tools > Cutting Boards", "Cutting Board|Serving Board", 32, WOODEN, PLAIN, "pan plate",
          "End grain that is kind to knives."),
    _kind("bottle", "Sports > Hydration > Water Bottles", "Water Bottle|Flask", 29,
          ("steel", "glass", "recycled plastic"), CALM, "yoga_mat backpack",
          "Cold for a day, hot for half of one, and it does not leak."),
    _kind("yoga_mat", "Sports > Fitness > Yoga Mats", "Yoga Mat|Training Mat", 49, ("cork", "natural rubber"), CALM,
          "bottle dumbbell", "Grips better the warmer it gets."),
    _kind("dumbbell", "Sports > Fitness > Dumbbells", "Dumbbell|Hand Weight", 35, ("cast iron", "neoprene"), PLAIN,
          "yoga_mat bottle", "Six sides, so that it stays where you put it."),
    _kind("ball", "Sports > Games > Balls", "Football|Ball", 28, ("vegan leather", "natural rubber"),
          ("plain", "two-tone", "striped"), "bottle skateboard", "Bounces true on grass and on concrete."),
    _kind("skateboard", "Sports > Games > Skateboards", "Skateboard|Cruiser", 89, ("maple", "bamboo"),
          ("plain", "striped", "two-tone"), "sneakers ball", "Seven layers and soft wheels for rough streets."),
    _kind("bear", "Toys > Soft Toys", "Teddy Bear|Bear", 27, ("plush", "cotton", "wool"), PLAIN, "blocks rocket",
          "Soft, washable, and a good listener."),
    _kind("blocks", "Toys > Building Blocks", "Building Blocks|Wooden Blocks", 33, ("beech", "maple"), PLAIN,
          "toy_car bear", "Sanded smooth, painted with water colours, from eighteen months."),
    _kind("toy_car", "Toys > Vehicles", "Toy Car|Racer", 19, ("beech", "recycled plastic"), PLAIN, "blocks rocket",
          "Rolls straight and survives stairs."),
    _kind("rocket", "Toys > Pretend Play", "Rocket|Space Rocket", 29, ("beech", "recycled plastic"),
          ("plain", "striped", "two-tone"), "toy_car bear", "Three stages that come apart and go together again."),
    _kind("headphones", "Electronics > Audio > Headphones", "Headphones|Wireless Headphones", 149, TECH, PLAIN,
          "phone speaker", "Thirty hours of music and a hush button."),
    _kind("speaker", "Electronics > Audio > Speakers", "Speaker|Portable Speaker", 99, TECH, PLAIN, "phone headphones",
          "A room full of sound from something you can carry."),
    _kind("phone", "Electronics > Phones", "Phone|Smartphone", 449, ("aluminium", "glass", "recycled plastic"), PLAIN,
          "headphones speaker", "A bright screen, two days of battery and parts that can be replaced."),
    _kind("camera", "Electronics > Cameras", "Camera|Compact Camera", 399,
          ("aluminium", "leather", "matt plastic"), PLAIN, "tote suitcase",
          "A fast lens and dials for those who like to turn them."),
    _kind("keyboard", "Electronics > Computing > Keyboards", "Keyboard|Wireless Keyboard", 89, TECH, PLAIN,
          "headphones notebook", "Quiet keys with a clear edge."),
    _kind("perfume", "Beauty > Fragrance > Perfume", "Eau de Parfum|Perfume", 72, ("glass",), PLAIN, "lipstick cream",
          "Opens bright and dries down warm."),
    _kind("lipstick", "Beauty > Make-up > Lipsticks", "Lipstick|Lip Colour", 22, ("satin", "matt"), ("plain",),
          "perfume cream", "Colour that stays through lunch.", LIPS),
    _kind("cream", "Beauty > Care > Face Cream", "Face Cream|Moisturiser", 34, ("shea", "aloe", "oat"), PLAIN,
          "soap perfume", "For dry days, without perfume and without fuss."),
    _kind("soap", "Beauty > Care > Hand Soap", "Hand Soap|Body Wash", 16, ("olive oil", "almond oil", "oat"), PLAIN,
          "cream candle", "Cleans gently and smells of a garden after rain."),
    _kind("plant", "Garden > Plants", "Potted Plant|House Plant", 28, ("terracotta", "stoneware"), GLAZED,
          "watering_can trowel", "Forgives a forgotten week and likes a bright corner."),
    _kind("watering_can", "Garden > Tools > Watering Cans", "Watering Can", 36, ("zinc", "steel", "copper"), PLAIN,
          "plant trowel", "A long spout that reaches the back row."),
    _kind("trowel", "Garden > Tools > Hand Tools", "Trowel|Hand Spade", 21, ("steel", "copper"), PLAIN,
          "watering_can plant", "Forged in one piece, with a handle that fits."),
    _kind("lantern", "Garden > Outdoor Living > Lanterns", "Lantern|Garden Light", 45,
          ("steel", "brass", "bamboo"), PLAIN, "blanket candle", "For evenings that go on outside."),
    _kind("notebook", "Stationery > Notebooks", "Notebook|Journal", 17, PAPER, WOVEN, "pencils backpack",
          "Lies flat, and the paper takes ink."),
    _kind("pencils", "Stationery > Writing", "Coloured Pencils|Pencil Set", 15, ("cedar", "lime wood"), PLAIN,
          "notebook blocks", "Strong leads in colours that mix."),
)  # fmt: skip

BY_KEY = {kind.key: kind for kind in KINDS}
