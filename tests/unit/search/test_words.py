"""Words, spelling, synonyms and what is understood of a query."""

import string
from collections.abc import Callable

import pytest
from aisle.catalog.v1.product_pb2 import Product

from services.search.adapters.language import Dictionary
from services.search.adapters.lexical import TantivyIndex
from services.search.adapters.vocabulary import Vocabulary
from services.search.domain import synonyms
from services.search.domain.highlight import highlighted
from services.search.domain.words import MOST_WORDS, normalized, words
from services.search.use_cases.catalogue import Catalogue
from services.search.use_cases.understand import MOST_INSTEAD, Understand

SHOP = (
    *("leather", "jacket", "shirts", "shirt", "running", "shoes", "cotton", "waterproof", "pink", "linen"),
    *("dress", "tresses"),
)


@pytest.fixture
def vocabulary() -> Vocabulary:
    made = Vocabulary(TantivyIndex().stem)
    for number, word in enumerate(SHOP):
        made.add([word] * (number + 1))
    return made


@pytest.fixture
def understand(vocabulary: Vocabulary) -> Understand:
    index = TantivyIndex()
    groups = synonyms.parse("sneakers, running shoes\ntee, t shirt", lambda text: tuple(map(index.stem, words(text))))
    return Understand(index.stem, vocabulary, groups, Dictionary())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Women's T-Shirts", ["women", "s", "t", "shirts"]),
        ("Übergröße café №5", ["ubergroße", "cafe", "5"]),
        ("snake_case 12.5", ["snake", "case", "12", "5"]),
        ("运动鞋", ["运动鞋"]),
        ("x" * 65 + " y", ["y"]),
        ("", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected
    assert len(normalized("a " * 100).split()) == MOST_WORDS


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("leahter", "leather"),
        ("lether", "leather"),
        ("leatherr", "leather"),
        ("jackat", "jacket"),
        ("waterprof", "waterproof"),
        ("watreprof", "waterproof"),  # two edits of a long word
        ("pnk", "pink"),  # a letter is missing of a short one
        ("leather", "leather"),
        ("jackets", "jackets"),  # products have `jacket`, which is found for it
        ("dresses", "dresses"),  # `dress` is two letters away, and `tresses` one
    ],
)
def test_spelling(understand: Understand, typed: str, meant: str) -> None:
    understood = understand(typed)
    assert understood.corrected == (meant,)
    assert understood.corrected_text == ("" if typed == meant else meant)


@pytest.mark.parametrize(
    ("typed", "better"),
    [
        ('"Trail shoe" Jackat', '"Trail shoe" jacket'),
        ('jackat "trail shoe" lether', 'jacket "trail shoe" leather'),
        ('"trail shoe"', ""),
        ('jackat "trail', "jacket trail"),
    ],
)
def test_a_better_spelling_keeps_what_is_quoted(understand: Understand, typed: str, better: str) -> None:
    assert understand(typed).corrected_text == better
    assert not better or understand(better).query.phrases == understand(typed).query.phrases


def test_only_misspelt_words_of_a_text_are_replaced(understand: Understand) -> None:
    text = '"trail shoe" Jackat, t-shirt 42.5'
    assert understand(text).respelt(text) == '"trail shoe" jacket, t-shirt 42.5'
    assert understand("pink jacket").respelt("pink jacket") == "pink jacket"


@pytest.mark.parametrize("typed", ["xyzzy", "a12b", "90210", "zz", "lnn"])
def test_what_is_no_misspelt_word_stays(understand: Understand, typed: str) -> None:
    assert understand(typed).corrected == (typed,) or typed == "lnn"
    assert understand(typed, verbatim=True).corrected == (typed,)


def test_the_more_frequent_of_two_words_is_likelier(vocabulary: Vocabulary) -> None:
    assert vocabulary.near("shirtz") == ["shirt", "shirts"]
    assert vocabulary.forms("shirt") == 7
    vocabulary.drop(["shirt"] * 4)
    assert vocabulary.near("shirtz") == ["shirts"]
    assert vocabulary.forms("shirt") == 3
    vocabulary.drop(["shirts"] * 3)
    assert vocabulary.forms("shirts") == 0
    assert vocabulary.beginning_near("leahte") == ["leathe"]


@pytest.mark.parametrize(
    ("typed", "words", "likeliest"),
    [
        ("dres", {"does": 70, "dries": 20, "dress": 30}, "dress"),  # a letter was left out, rather than another typed
        ("gren", {"grey": 70, "green": 30}, "green"),
        ("sater", {"water": 40, "aster": 30}, "aster"),  # two letters changed places
        ("floralx", {"florals": 30, "floral": 40}, "floral"),
        ("rox", {"fox": 90, "rod": 30, "ros": 2}, ""),  # too short for any
        ("eather", {"weather": 20, "leather": 30}, "leather"),
        ("brase", {"erase": 90, "brass": 30}, "brass"),  # the first letter is looked at
        ("shrit", {"shirt": 2, "shit": 1}, "shirt"),
        ("shirz", {"shirt": 2, "shire": 40}, "shire"),
    ],
)
def test_what_is_mistyped_so_the_most_often_is_likelier(typed: str, words: dict[str, int], likeliest: str) -> None:
    vocabulary = Vocabulary(str)
    for word, times in words.items():
        vocabulary.add([word] * times)
    assert vocabulary.near(typed)[:1] == [likeliest][: len(likeliest)]


def test_what_products_are_called_is_likelier_than_what_is_said_of_them() -> None:
    table = Catalogue(index := TantivyIndex(), vocabulary := Vocabulary(index.stem))
    for number in range(20):
        table.put(Product(name=f"products/{number}", title="Lamp", description="It shone before."))
    for number in range(3):
        table.put(Product(name=f"products/shore-{number}", title="Lamp", attributes={"colour": "Shore"}))
    assert vocabulary.near("shoze") == ["shore", "shone"]
    for number in range(3):
        table.remove(f"shore-{number}")
        table.put(Product(name=f"products/{number}", title="Lamp", description="A shore, and it shone before."))
    assert vocabulary.near("shoze") == ["shone", "shore"]


def test_the_likeliest_word_is_among_any_number_that_are_as_near() -> None:
    vocabulary = Vocabulary(str)
    vocabulary.add([f"bo{letter}es" for letter in string.ascii_lowercase if letter != "x"])
    vocabulary.add(["boxer"] * 9)
    assert vocabulary.near("boxes")[0] == "boxer"


def test_what_a_query_asks_for(understand: Understand) -> None:
    query = understand('a "running shoes" tee for me').query
    assert query.phrases == (("run", "shoe"),)
    assert [[way.stems for way in part.alternatives] for part in query.parts] == [[("tee",), ("t", "shirt")]]
    assert query.optional == ("a", "for", "me")
    several = understand("cotton running shoes").query
    assert [[way.stems for way in part.alternatives] for part in several.parts] == [
        [("cotton",)],
        [("run", "shoe"), ("sneaker",)],
    ]
    assert understand("to me").query.parts, "words that say nothing are looked for where there are no others"
    assert understand("   ").query.empty


@pytest.mark.parametrize(
    ("text", "ways"),
    [
        ("cotton shirt", []),  # another form of the word
        ("shoes for rain", []),  # `shows` and `train` are hardly more usual than what was typed, or less
        ("pink skits", [("pink", "skirts")]),
        ("pink trains", [("pink", "drains")]),  # `trains` is unknown, its stem is not
        ("linen shirt", []),  # `shift` is thirty times `shirt`, and not thirty times `shirt` and `shirts`
        ("snow shirt", []),  # no product need have `show`: the word would only be left out
    ],
)
def test_a_word_that_exists_gives_way_to_a_far_more_frequent_one(
    understand: Understand, vocabulary: Vocabulary, text: str, ways: list[tuple[str, ...]]
) -> None:
    more = {"shows": 1, "rain": 1, "train": 20, "drains": 600, "skits": 1, "skirts": 30, "snow": 1, "show": 100}
    for word, times in {**more, "shirts": 5, "shift": 240}.items():
        vocabulary.add([word] * times)
    assert [way.corrected for way in understand.instead(understand(text))] == ways


@pytest.mark.parametrize(
    ("text", "ways"),
    [
        ("women gift", []),  # `woven` and `lift` are no more usual here than these are anywhere
        ("lather", [("leather",)]),
        ("lather bikes", [("leather", "bikes")]),
        ("lather hocks", [("leather", "hocks"), ("lather", "socks"), ("leather", "socks")]),  # one, and then both
        ("mike socks", [("nike", "socks")]),  # a brand; `like` is said of everything
        ("wink", [("pink",)]),  # three have it, and hardly anybody says the other
        ("pants", []),  # trousers
        ("bike", []),
    ],
)
def test_a_word_of_the_language_gives_way_to_what_is_far_more_usual_in_the_shop(
    understand: Understand, vocabulary: Vocabulary, text: str, ways: list[tuple[str, ...]]
) -> None:
    for word in ("woven", "lift", "pans", "leather", "trousers", "like", "nike", "socks"):
        vocabulary.add([word] * 40)
    vocabulary.add(["other"] * 30_000)
    understood = understand(text)
    assert understood.corrected == understood.words
    assert [way.corrected for way in understand.instead(understood)] == ways


def test_a_phrase_stays_whatever_the_words_beside_it_mean(understand: Understand) -> None:
    (way,) = understand.instead(understand('"pink jacket" lather'))
    assert way.query.phrases == (("pink", "jacket"),)
    assert way.corrected == ("leather",)


def test_what_has_synonyms_is_no_misspelt_word(vocabulary: Vocabulary) -> None:
    assert not Dictionary().frequency("hoodie")
    vocabulary.add(["goodie"])
    stem = vocabulary._stem
    alike = synonyms.parse("hoodie, hooded sweater", lambda text: tuple(map(stem, words(text))))
    assert Understand(stem, vocabulary, alike, Dictionary())("hoodie").corrected == ("hoodie",)
    assert Understand(stem, vocabulary, synonyms.Synonyms(), Dictionary())("hoodie").corrected == ("goodie",)


@pytest.mark.parametrize(
    ("text", "nothing"),
    [
        *(("asdkjhasd", True), ("qwrtz plmkj", True), ("the asdkjhasd", True), ("asdkjhasd's", True), ("!!!", True)),
        *(('"asdkjhasd"', True), ("asdkjhasd umbrella", False), ("jackat", False), ('"jacket" asdkjhasd', False)),
        *(("501", False), ("ps5", False), ("红色连衣裙", False), ("the", False)),
    ],
)
def test_what_says_nothing(understand: Understand, text: str, nothing: bool) -> None:
    assert understand(text).says_nothing is nothing


def test_a_language_without_a_dictionary(vocabulary: Vocabulary) -> None:
    understand = Understand(vocabulary._stem, vocabulary, synonyms.Synonyms(), Dictionary("finnish"))
    assert not understand("asdkjhasd").says_nothing
    assert understand("lather").corrected == ("leather",), "every unknown word may be misspelt"


class Asked(Vocabulary):
    """Counts how often all words are looked through."""

    def __init__(self, stem: Callable[[str], str]) -> None:
        super().__init__(stem)
        self.times = 0

    def near(self, word: str, most: int = 4) -> list[str]:
        self.times += 1
        return super().near(word, most)


def test_a_long_query_is_read_in_few_ways() -> None:
    stem = TantivyIndex().stem
    vocabulary = Asked(stem)
    known = [f"word{letter}" for letter in "abcdefghijkl"]
    vocabulary.add([*known, *["wordx"] * 100, *["wordz"] * 50])
    understand = Understand(stem, vocabulary, synonyms.Synonyms(), Dictionary())
    understood = understand(" ".join((*known, *(f"{letter}zqxkvjq" for letter in "abcdefghijkl"))))
    assert vocabulary.times == 12, "once for each unknown word"
    ways = understand.instead(understood)
    assert len(ways) == MOST_INSTEAD + 1, "one for each place, and one for all"
    assert vocabulary.times - 12 <= 12, "once for each known word"
    changed = [next(i for i, word in enumerate(way.corrected) if word != known[i]) for way in ways[:-1]]
    assert changed == list(range(MOST_INSTEAD)), "every word before a second spelling of any"


@pytest.mark.parametrize(
    ("text", "said"),
    [("one", "line 1 needs at least two"), ("# c\na, , b", "line 2 has a way without a word"), ("a, b c d e f", "4")],
)
def test_synonyms_that_cannot_be_read(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        synonyms.parse(text, lambda way: tuple(words(way)))


def test_synonyms_go_both_ways() -> None:
    groups = synonyms.parse("a, b c  # comment\nb c, d\n", lambda way: tuple(words(way)))
    assert groups.of(("a",)) == (("b", "c"),)
    assert groups.of(("b", "c")) == (("a",), ("d",))
    assert groups.of(("x",)) == ()
    assert groups.longest == 2


def test_highlighting_escapes_everything() -> None:
    assert highlighted('<i>"Red"</i> & shoes', {"shoe"}, lambda word: word.removesuffix("s")) == (
        "&lt;i&gt;&quot;Red&quot;&lt;/i&gt; &amp; <em>shoes</em>"
    )
