"""Words, stems and the question's language: all that the offline model knows of language."""

import re
from functools import cache, lru_cache

import snowballstemmer

_ENGLISH = """
a about above after again all also am an and any are as at be because been before being below between both but by
can could did do does doing down during each few for from further had has have having he her here hers him his how i
if in into is it its itself just me more most my no nor not now of off on once only or other our out over own please
same she should so some such tell than that the their them then there these they this those through to too under
until up us very was we were what when where which while who whom why will with would you your give list name there's
what's may might must shall explain describe mention mentioned according
get gets got getting want need know like use used using many much long
"""
_GERMAN = """
aber alle allem allen aller alles als also am an auch auf aus bei beim bin bis bist bitte da damit dann das dass dein
dem den denn der des dich die dies diese diesem diesen dieser dieses dir doch dort du durch ein eine einem einen einer
eines er es etwas euch für gegen gibt hab habe haben hat hatte hier ich ihm ihn ihnen ihr ihre im in ist ja jede jedem
jeden jeder jedes kann kannst können könnte man mehr mein meine mich mir mit muss müssen nach nicht noch nun nur ob
oder ohne sehr sein seine sich sie sind so soll sollen über um und uns unser unter vom von vor war waren warum was
welche welchem welchen welcher welches wem wen wenn wer werde werden wie wieso wird wo wurde wurden zu zum zur zwischen
nenne nennen nenn sag sage erkläre beschreibe wieviel viel viele lange hoch bekomme bekommen bekommt gelten gilt
"""
STOP_WORDS = {"english": frozenset(_ENGLISH.split()), "german": frozenset(_GERMAN.split())}
# Written without spaces: the unit is the pair of characters.
_UNSPACED = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_WORD = re.compile(rf"[{_UNSPACED}]+|\d+(?:[.,:/-]\d+)*|[^\W\d_{_UNSPACED}]+(?:[’'][^\W\d_]+)?")
_UNSPACED_WORD = re.compile(rf"[{_UNSPACED}]")
_SCRIPTS = (
    (re.compile(r"[\u0400-\u04ff]"), "russian"),
    (re.compile(r"[\u0600-\u06ff]"), "arabic"),
    (re.compile(r"[\u0370-\u03ff]"), "greek"),
    (re.compile(r"[\u0900-\u097f]"), "hindi"),
)


def language(text: str) -> str:
    """german or english by stop words, another where the script says so; english when nothing does."""
    for script, name in _SCRIPTS:
        if script.search(text):
            return name
    words = [word.casefold() for word in _WORD.findall(text)]
    german = sum(word in STOP_WORDS["german"] for word in words) + sum(char in "äöüß" for char in text.casefold())
    english = sum(word in STOP_WORDS["english"] for word in words)
    return "german" if german > english else "english"


@cache
def _stemmer(name: str) -> "snowballstemmer.stemmer":
    return snowballstemmer.stemmer(name)


@lru_cache(maxsize=50_000)
def _stem(name: str, word: str) -> str:
    return _stemmer(name).stemWord(word)


def terms(text: str, name: str) -> list[str]:
    """The stems of `text` in order, without stop words; numbers as they are (thousands separators dropped)."""
    stop = STOP_WORDS.get(name, STOP_WORDS["english"])
    found: list[str] = []
    for match in _WORD.finditer(text):
        word = match.group().casefold()
        if word[0].isdigit():
            found.append(re.sub(r"(?<=\d)[.,](?=\d{3}\b)", "", word))
        elif _UNSPACED_WORD.match(word):
            found.extend(word[at : at + 2] for at in range(max(1, len(word) - 1)))
        elif word not in stop and (len(word) > 1 or not word.isascii()):
            found.append(_stem(name, word.replace("’", "'").removesuffix("'s")))
    return found
