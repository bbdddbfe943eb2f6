"""Makes the calendars and the lists of words that come from public packages, and checks all texts of a locale.

Written by this script: calendar.tsv and words.tsv of the locales that are named at the end. Job titles, industries, companies,
departments, products, colours, sentences, marital statuses, education levels and nationalities are written by hand and edited in place;
`check` holds them to their form, and the grammars to what engine/src/locale/grammar.rs asks of them.

    VENV/bin/pip install -r requirements.txt
    npm install --prefix NPM cldr-dates-full@48.2.0
    VENV/bin/python text.py NPM/node_modules      # writes, then checks
    python3 text.py check [LOCALE ...]            # checks only; needs no package

Same versions, same bytes.
"""

import importlib
import itertools
import json
import math
import re
import sys
import unicodedata
from collections import Counter
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent


def read(locale, name):
    return [line.split("\t") for line in (DATA / locale / f"{name}.tsv").read_text(encoding="utf-8").splitlines()]


def write(locale, name, rows):
    text = "".join("\t".join(str(field) for field in row) + "\n" for row in rows)
    (DATA / locale / f"{name}.tsv").write_text(unicodedata.normalize("NFC", text), encoding="utf-8", newline="\n")


# ---- what is made ---------------------------------------------------------------------------------------------------------------

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def calendar(npm, locale, cldr):
    """Names of days and months as they stand alone; the week begins on Monday."""
    path = npm / f"cldr-dates-full/main/{cldr}/ca-gregorian.json"
    names = json.loads(path.read_text(encoding="utf-8"))["main"][cldr]["dates"]["calendars"]["gregorian"]
    rows = []
    for kind, width in (("weekday", "wide"), ("weekday_short", "abbreviated")):
        rows += [(kind, number, names["days"]["stand-alone"][width][day]) for number, day in enumerate(DAYS, 1)]
    for kind, width in (("month", "wide"), ("month_short", "abbreviated")):
        rows += [(kind, number, names["months"]["stand-alone"][width][str(number)]) for number in range(1, 13)]
    if locale == "es_PE":
        # CLDR has the months of Peru as they begin a sentence, and its days as they stand in one.
        rows = [(kind, number, name.lower()) for kind, number, name in rows]
    write(locale, "calendar", rows)


def words(locale, listed, left_out=()):
    """Words that stand in the order of their frequency, with Zipf-Mandelbrot weights; `build.py` weighs its lists alike."""
    kept = [word for word in dict.fromkeys(listed) if word not in left_out and re.fullmatch(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", word)]
    weights = [1 / (rank + 30) for rank in range(1, len(kept) + 1)]
    rows = [(word, max(1, round(weight * 100_000 / sum(weights)))) for word, weight in zip(kept, weights)]
    write(locale, "words", sorted(rows, key=lambda row: (-row[1], row[0])))


def faker_words(locale):
    # The package writes no ligature.
    ligatures = {"coeur": "cœur", "oeil": "œil", "oeuvre": "œuvre"}
    listed = [word.lower() for word in importlib.import_module(f"faker.providers.lorem.{locale}").Provider.word_list]
    return [ligatures.get(word, word) for word in listed]


# ---- check ----------------------------------------------------------------------------------------------------------------------

# Fields of each list; the place of its weight; how many rows there are at least.
FORMS = {
    "job_titles": (3, 2, 220),
    "industries": (2, 1, 60),
    "company_words": (3, None, 200),
    "company_forms": (2, 1, 2),
    "departments": (2, 1, 20),
    "products": (3, 2, 168),
    "colors": (3, 2, 60),
    "words": (2, 1, 800),
    "sentences": (2, None, 600),
    "marital_statuses": (3, 2, 4),
    "education_levels": (2, 1, 5),
    "nationalities": (3, None, 60),
    "calendar": (3, None, 38),
}


class Grammar:
    """Templates as lists of units (number of words, what they may say), between spaces."""

    def __init__(self, rows):
        self.slots, self.weights, templates = {}, {}, []
        for slot, value, weight in rows:
            if slot == "template":
                templates.append((value, weight))
            else:
                self.slots.setdefault(slot, []).append(value)
                self.weights.setdefault(slot, []).append(weight)
        for name, values in self.slots.items():
            counts = {value: len(value.split()) for value in values}
            assert len(counts) == len(values), f"slot {name}: a value twice"
            assert len(set(counts.values())) == 1, f"slot {name}: values of different numbers of words: {odd(counts)}"
        self.templates = [(text, weight, self.units(text)) for text, weight in templates]
        used = set(re.findall(r"\{(\w+)\}", " ".join(text for text, _ in templates)))
        assert used == set(self.slots), f"slots and their uses differ: {sorted(used ^ set(self.slots))}"

    def units(self, text):
        """As the test in grammar.rs cuts them: a sign may follow a slot, none may stand before it."""
        units = []
        for word in text.split(" "):
            match = re.fullmatch(r"\{(\w+)\}([^{}]*)", word)
            if match:
                values = self.slots[match[1]]
                units.append((len(values[0].split()), [value + match[2] for value in values]))
            else:
                # Languages without spaces join slots to slots and words; the words of a template then stand without spaces.
                pieces = [self.slots[name] if name else [plain] for name, plain in re.findall(r"\{(\w+)\}|([^{}]+)", word)]
                glued = ["".join(choice) for choice in itertools.product(*pieces)]
                units.append((len(glued[0].split()), glued))
        return units

    def count(self, units):
        return math.prod(len(options) for _, options in units)

    def check_apart(self):
        lengths = [sum(words for words, _ in units) for _, _, units in self.templates]
        for (i, a), (j, b) in itertools.combinations(enumerate(self.templates), 2):
            if lengths[i] == lengths[j]:
                assert differ(a[2], b[2]), f"two templates may say the same: {a[0]} · {b[0]}"
        return lengths


def odd(counts):
    usual = Counter(counts.values()).most_common(1)[0][0]
    return [value for value, count in counts.items() if count != usual]


def words_at(units):
    """What may stand at each place of a text, one set a word."""
    return [set(words) for _, options in units for words in zip(*(option.split() for option in options))]


def differ(a, b):
    """Whether no word fits both at some place, or, between some two places where both have a boundary, they have nothing in common to say."""
    if any(left.isdisjoint(right) for left, right in zip(words_at(a), words_at(b))):
        return True
    a, b = iter(a), iter(b)
    while (left := next(a, None)) and (right := next(b, None)):
        while left[0] != right[0]:
            if left[0] < right[0]:
                more = next(a)
                left = (left[0] + more[0], [f"{x} {y}" for x in left[1] for y in more[1]])
            else:
                more = next(b)
                right = (right[0] + more[0], [f"{x} {y}" for x in right[1] for y in more[1]])
        if not set(left[1]) & set(right[1]):
            return True
    return False


def check_sentences(locale):
    rows = read(locale, "sentences")
    assert sum(row[0] == "join" for row in rows) == 1, "one conjunction"
    grammar = Grammar((slot, value, 1) for slot, value in rows if slot != "join")
    lengths = grammar.check_apart()
    assert set(lengths) == set(range(1, 16)), f"lengths of clauses: {sorted(set(lengths))}"
    of_six = sum(grammar.count(units) for (_, _, units), words in zip(grammar.templates, lengths) if words == 6)
    assert of_six > 50_000, f"{of_six} sentences of six words"
    assert not any("." in value for _, value in rows), "only the end of a sentence has a full stop"
    return grammar


def check_companies(locale):
    forms = [("form", form, int(weight)) for form, weight in read(locale, "company_forms")]
    rows = [(slot, value, int(weight)) for slot, value, weight in read(locale, "company_words")]
    grammar = Grammar(rows + forms)
    grammar.check_apart()
    total, short, drawn, seen = 0, 0, 0.0, set()
    everything = sum(weight for _, weight, _ in grammar.templates)
    for text, weight, units in grammar.templates:
        count = grammar.count(units)
        fitting = 0
        for choice in itertools.product(*(options for _, options in units)):
            name = " ".join(choice)
            assert name not in seen, f"a company's name twice: {name}"
            assert len(name) > 3, f"too short: {name}"
            seen.add(name)
            fitting += len(name) <= 20
        total, short, drawn = total + count, short + fitting, drawn + fitting / count * weight / everything
    assert 50_000 < total < 600_000, f"{total} names of companies"
    assert short > 3_000 and drawn > 0.17, f"{short} short names of companies, a share of {drawn:.2f}"
    return grammar


def check(locale):
    for name, (width, weight, least) in FORMS.items():
        path = DATA / locale / f"{name}.tsv"
        text = path.read_text(encoding="utf-8")
        where = f"{locale}/{name}"
        assert unicodedata.is_normalized("NFC", text) and "\r" not in text and "  " not in text and text.endswith("\n"), where
        rows = read(locale, name)
        assert len(rows) >= least, f"{where}: {len(rows)} rows"
        assert all(len(row) == width for row in rows), f"{where}: {[row for row in rows if len(row) != width][:3]}"
        assert all(field == field.strip() for row in rows for field in row), f"{where}: a space at an edge"
        assert len(set(map(tuple, rows))) == len(rows), f"{where}: a row twice"
        if weight is not None:
            weights = [int(row[weight]) for row in rows]
            assert min(weights) > 0 and weights == sorted(weights, reverse=True), f"{where}: weights"
            for field in range(weight):
                # A category or an empty feminine form may come again, a value may not.
                values = [row[field] for row in rows if row[field] and not (name == "products" and field == 0)]
                twice = [value for value, count in Counter(values).items() if count > 1]
                assert not twice, f"{where}: {twice}"
    for title, feminine, _ in read(locale, "job_titles") + read(locale, "marital_statuses"):
        assert title and title != feminine, f"{locale}: {title}"
    categories = Counter(row[0] for row in read(locale, "products"))
    assert len(categories) >= 14 and min(categories.values()) >= 12, f"{locale}: {categories}"
    assert all(re.fullmatch("[0-9a-f]{6}", row[1]) for row in read(locale, "colors")), f"{locale}: colors"
    nationalities = read(locale, "nationalities")
    assert nationalities[0][0] == locale[3:] and len({row[0] for row in nationalities}) == len(nationalities), locale
    sentences, companies = check_sentences(locale), check_companies(locale)
    print(f"{locale}: {len(sentences.slots)} and {len(companies.slots)} slots, as they should be")


# ---- locales --------------------------------------------------------------------------------------------------------------------

CALENDARS = {
    "en_US": "en",
    "en_GB": "en-GB",
    "es_PE": "es-PE",
    "es_MX": "es-MX",
    "es_ES": "es",
    "pt_BR": "pt",
    "fr_FR": "fr",
    "it_IT": "it",
}

# American spellings among the words, and what a Briton writes or says.
BRITISH = dict(
    pair.split(":")
    for pair in (
        "program:programme center:centre color:colour behavior:behaviour defense:defence organization:organisation organize:organise "
        "realize:realise recognize:recognise theater:theatre toward:towards movie:cinema attorney:solicitor gas:petrol federal:regional "
        "pretty:lovely apartment:flat neighbor:neighbour favor:favour mother:mum  analyze:analyse"
    ).split()
)

# The commonest words, in order; the packages' lists are alphabetical.
FRENCH_HEAD = (
    "de la le et les des en un une du à dans que est qui pour par sur au il pas plus avec ce ne se sont son sa ses mais ou comme je on nous "
    "vous elle ils leur cette tout même aussi bien être avoir faire dire aller voir venir pouvoir vouloir devoir savoir deux premier ans temps "
    "jour année autre grand petit nouveau monde vie pays ville travail homme femme enfant heure fois point main chose cas lieu part groupe "
    "problème question projet exemple moment nom eau maison famille place côté mois semaine soir matin nuit après avant entre sous sans très "
    "encore toujours jamais souvent ici là où quand comment pourquoi peu beaucoup trop moins mieux rien prendre donner trouver parler mettre "
    "passer demander rester croire devenir tenir arriver partir sortir entendre attendre appeler sentir vivre lire écrire comprendre connaître "
    "bon beau jeune vieux long haut gros blanc noir rouge vert bleu seul dernier possible important certain plein simple clair vrai libre"
).split()
ITALIAN_HEAD = (
    "di che e il la a in un per è non una sono con si da come i le lo del della al dei nel alla più ma anche se o su gli tra ci mi ha questo "
    "questa quello essere avere fare dire andare potere volere dovere sapere vedere venire dare stare tutto altro stesso molto poco ogni prima "
    "dopo quando dove come perché chi cosa anno giorno tempo vita uomo donna mondo casa parte paese città volta modo lavoro mano ora momento "
    "persona famiglia bambino figlio padre madre amico nome occhio acqua strada notte sera mattina settimana mese ancora sempre mai già solo "
    "bene male qui là così allora poi oggi ieri domani grande piccolo nuovo buono bello vecchio giovane primo ultimo lungo alto bianco nero "
    "rosso vero certo possibile importante parlare trovare sentire lasciare prendere mettere portare arrivare guardare pensare credere capire "
    "chiamare tornare entrare uscire leggere scrivere mangiare bere dormire giocare aprire chiudere cercare aiutare chiedere rispondere"
).split()
# War, violence, death, faith, party politics and bodies have no place in sample data.
LEFT_OUT = {
    "fr": "abattre abri accuser âme arme armée armer arracher attaquer bataille battre cadavre caresser chair chasse chasser combat condamner cruel "
    "danger dangereux désespoir détruire dieu écraser ennemi étouffer foi folie fou frapper fuir fusil gouvernement guerre haine haïr "
    "malade maladie mal malheur mariage militaire ministre misère mort mourir nu officier peur pitié police politique prier prière prince prison "
    "race religion révolution roi sang saint sauvage seigneur sein soldat souffrance souffrir sueur terreur terrible tombe tuer vaincre colon victime "
    "violence violent douleur crainte craindre angoisse larme pleurer mentir mensonge crise empire juge juger blesser trembler "
    "anglais français hors lutte lutter résistance détacher menacer clef ah oh eh cou".split(),
    "it": "ammazzare anima arma armare arrestare attaccare battaglia cattivo cattolico colpa colpire costringere cristiano croce dio distruggere "
    "dolore don esercito fede ferire fuggire governo guardia guerra malattia male messa militare ministro morale morire morte nemico nudo "
    "offendere padrone patria paura pazzo peccato pena pericolo pericoloso piangere pietà politica politico polizia principe regno religioso "
    "repubblica rivoluzione russo sacrificio sacro sangue santo soffrire soldato stupido temere uccidere vincere americano tedesco francese "
    "inglese greco latino italiano europeo romano lira ah oh eh lotta lottare partito bestia bruciare buttare signorina ufficiale "
    "nazione pelle razza brutto nobile trarre dinanzi confessare potenza udire".split(),
}


def main():
    npm = Path(sys.argv[1])
    for locale, cldr in CALENDARS.items():
        calendar(npm, locale, cldr)
    words("en_GB", [BRITISH.get(word, word) for word, _ in read("en_US", "words")])
    for locale in ("es_MX", "es_ES"):
        words(locale, [word for word, _ in read("es_PE", "words")])
    words("fr_FR", FRENCH_HEAD + faker_words("fr_FR"), LEFT_OUT["fr"])
    words("it_IT", ITALIAN_HEAD + faker_words("it_IT"), LEFT_OUT["it"])


if __name__ == "__main__":
    if sys.argv[1] == "check":
        chosen = sys.argv[2:]
    else:
        main()
        chosen = list(CALENDARS)
    for each in chosen or sorted(path.parent.name for path in DATA.glob("*/calendar.tsv")):
        check(each)
