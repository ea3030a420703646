"""What an eye sees of a text: tricks of Unicode taken out of it, and names that look alike found.

Whoever names an agent in UponAI's dashboard writes what a reviewer reads. A name must neither reach over what stands
beside it nor pass for another agent's; what cannot be told apart by looking at it bears the end of its id.
"""

import re
import unicodedata
from functools import lru_cache

# A list looks at the same few names again for each of its rows.
_REMEMBERED = 1024
# Marks over one letter: enough for every script that is written, too few for a tower over the lines above.
MOST_MARKS = 4
# They order the text around them anew, and so can write "State: approved" with letters that read otherwise.
_REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LINE_ENDS = re.compile("\r\n|[\r\v\f\x1c\x1d\x1e\x85\u2028\u2029]")
# Letters and signs that are drawn as nothing, though their category is not that of what cannot be seen.
BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\U0001d159")

# Drawn alike in most fonts; upper and lower case apart, as they look like different letters.
_ALIKE = str.maketrans(
    "АВЕЅІЈКМНОРСТУХԌԚԜаеѕіјӏорсухһԁԛԝѵΑΒΕΖΗΙΚΜΝΟΡΤΥΧαγικνορυχϲı",
    "ABESIJKMHOPCTYXGQWaesijlopcyxhdqwvABEZHIKMNOPTYXayikvopuxci",
)
# In many fonts one cannot be told from the other.
_ONE_STROKE = str.maketrans("i1|!0", "llllo")
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))
# Scripts with letters that are drawn like Latin ones, and those that nobody takes for them.
_LIKE_LATIN = frozenset({"CYRILLIC", "GREEK"})
_UNLIKE_LATIN = frozenset({"ARABIC", "BENGALI", "BOPOMOFO", "CJK", "DEVANAGARI", "ETHIOPIC", "GEORGIAN", "GUJARATI"})
_UNLIKE_LATIN |= {"GURMUKHI", "HANGUL", "HEBREW", "HIRAGANA", "KANNADA", "KATAKANA", "KATAKANA-HIRAGANA", "KHMER"}
_UNLIKE_LATIN |= {"LAO", "MALAYALAM", "MYANMAR", "SINHALA", "TAMIL", "TELUGU", "THAI", "TIBETAN"}


def in_its_place(text: str) -> str:
    """Return a text that stays in its place: in its own order, on its own lines, and no tower over those above."""
    if text.isascii() and text.isprintable():
        return text
    kept: list[str] = []
    marks = 0
    for character in _LINE_ENDS.sub("\n", text):
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks > MOST_MARKS or character in _REORDERING or (category == "Cc" and character not in "\n\t"):
            continue
        kept.append(character)
    return "".join(kept)


@lru_cache(_REMEMBERED)
def looks(text: str) -> str:
    """Return the same for all texts that a hurried eye takes for the same."""
    drawn = _drawn(text).translate(_ALIKE).casefold()
    drawn = unicodedata.normalize("NFKD", drawn).translate(_ONE_STROKE)
    for pair, letter in _PAIRS:
        drawn = drawn.replace(pair, letter)
    drawn = "".join(drawn.split())
    return drawn if drawn.isascii() else "".join("-" if unicodedata.category(c) == "Pd" else c for c in drawn)


@lru_cache(_REMEMBERED)
def is_doubtful(text: str) -> bool:
    """Say whether a text holds letters that can pass for others: of several alphabets, or of a rare one."""
    if text.isascii():
        return False
    scripts = {unicodedata.name(each, "?").partition(" ")[0] for each in _drawn(text) if each.isalpha()}
    strange = scripts - _UNLIKE_LATIN - {"LATIN"}
    return bool(strange - _LIKE_LATIN) or (len(strange) > 1 or (bool(strange) and "LATIN" in scripts))


def _drawn(text: str) -> str:
    """Return the letters of a text, those that are variants of others as these, without their marks."""
    if text.isascii() and text.isprintable():
        return text
    apart = unicodedata.normalize("NFKD", text)
    return "".join(c for c in apart if c not in BLANKS and unicodedata.category(c) not in _NOT_DRAWN)


_NOT_DRAWN = frozenset({"Mn", "Me", "Cc", "Cf", "Cs", "Co", "Cn"})
