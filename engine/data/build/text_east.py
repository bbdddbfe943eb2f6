"""Makes the text lists of de_DE, nl_NL, pl_PL, ja_JP, zh_CN, ko_KR, hi_IN and ar_SA that come from public packages, and checks all others.

Written by this script: calendar.tsv and words.tsv of these locales. The other lists (job titles, industries, company names, departments,
products, colors, sentences, marital statuses, education levels, nationalities) are written by hand and edited in place; `check` holds
all of them to their forms, and the grammars to what engine/src/locale/grammar.rs takes for granted. Origins are in SOURCES.md.

    python3 -m venv VENV && VENV/bin/pip install -r requirements.txt
    npm install --prefix NPM cldr-dates-full@48.2.0
    VENV/bin/python text_east.py NPM/node_modules [locale …]

VENV and NPM lie outside of the repository. Without arguments nothing is made, all is checked. Same versions, same bytes.
"""

import importlib
import itertools
import json
import random
import re
import sys
import unicodedata
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent
LOCALES = {"de_DE": "de", "nl_NL": "nl", "pl_PL": "pl", "ja_JP": "ja", "zh_CN": "zh", "ko_KR": "ko", "hi_IN": "hi", "ar_SA": "ar-SA"}
# Languages that print no spaces between words; their grammars have them all the same.
SPACELESS = {"ja_JP", "zh_CN"}
# Fields of each list, and the fewest rows; the place of a weight, or none.
FORMS = {
    "job_titles": (3, 220, 2), "industries": (2, 60, 1), "company_words": (3, 100, 2), "company_forms": (2, 2, 1),
    "departments": (2, 20, 1), "products": (3, 168, 2), "colors": (3, 60, 2), "words": (2, 800, 1), "sentences": (2, 500, None),
    "marital_statuses": (3, 4, 2), "education_levels": (2, 5, 1), "nationalities": (3, 60, None), "calendar": (3, 38, None),
}


# ---- lists ----------------------------------------------------------------------------------------------------------------------


def write(locale, name, rows):
    """Writes rows in the order given."""
    text = "".join("\t".join(str(field) for field in row) + "\n" for row in rows)
    (DATA / locale).mkdir(exist_ok=True)
    (DATA / locale / f"{name}.tsv").write_text(unicodedata.normalize("NFC", text), encoding="utf-8", newline="\n")


def read(locale, name):
    return [line.split("\t") for line in (DATA / locale / f"{name}.tsv").read_text(encoding="utf-8").splitlines()]


def calendar(npm, locale):
    language = LOCALES[locale]
    found = json.loads((npm / f"cldr-dates-full/main/{language}/ca-gregorian.json").read_text(encoding="utf-8"))
    found = found["main"][language]["dates"]["calendars"]["gregorian"]
    days, months = found["days"]["stand-alone"], found["months"]["stand-alone"]
    rows = []
    for kind, names in (("weekday", days["wide"]), ("weekday_short", days["abbreviated"])):
        rows += [(kind, number, names[day]) for number, day in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), 1)]
    for kind, names in (("month", months["wide"]), ("month_short", months["abbreviated"])):
        rows += [(kind, number, names[str(number)]) for number in range(1, 13)]
    write(locale, "calendar", rows)


# ---- words ----------------------------------------------------------------------------------------------------------------------


def faker_words(language):
    return importlib.import_module(f"faker.providers.lorem.{language}").Provider.word_list


def mimesis_words(language):
    # Imported here, as the check alone needs no package.
    path = Path(importlib.import_module("mimesis").__file__).parent / "datasets" / language / "text.json"
    return json.loads(path.read_text(encoding="utf-8"))["words"]


def words(npm, locale):
    build = Path(__file__).resolve().parent
    # The commonest words in their order, or all of them where no package has a good list; then words that do not belong into sample data.
    head = [word for line in (build / f"{locale}_words.txt").read_text(encoding="utf-8").splitlines() for word in line.split()]
    cut = head.index("--")
    head, left_out = head[:cut], set(head[cut + 1 :])
    source = {
        "de_DE": lambda: [*faker_words("de_DE"), *mimesis_words("de")],
        "nl_NL": lambda: faker_words("nl_NL"),
        "pl_PL": lambda: faker_words("pl_PL"),
        "ja_JP": list,
        "zh_CN": list,
        "ko_KR": list,
        "hi_IN": list,
        "ar_SA": list,
    }[locale]
    script = SCRIPTS[locale]
    kept = {}
    for word in [*head, *source()]:
        # German nouns, which have capitals, stay out.
        word = unicodedata.normalize("NFC", word) if locale == "de_DE" else unicodedata.normalize("NFC", word).lower()
        if script.fullmatch(word) and word not in left_out and (word in head or len(word) > 1):
            kept.setdefault(word, None)
    kept = list(kept)[:1500]
    shares = [1 / (rank + 30) for rank, _ in enumerate(kept, 1)]
    rows = [(word, max(1, round(share / sum(shares) * 100_000))) for word, share in zip(kept, shares)]
    write(locale, "words", sorted(rows, key=lambda row: (-row[1], row[0])))


# What a word of the language may look like.
SCRIPTS = {
    "de_DE": re.compile(r"[a-zäöüß]+"),
    "nl_NL": re.compile(r"[a-zéëïöüè]+(-[a-z]+)?"),
    "pl_PL": re.compile(r"[a-ząćęłńóśźż]+"),
    "ja_JP": re.compile(r"[\u3041-\u3096\u30a1-\u30fa\u30fc\u4e00-\u9fff々]{1,7}"),
    "zh_CN": re.compile(r"[\u4e00-\u9fff]{1,4}"),
    "ko_KR": re.compile(r"[\uac00-\ud7a3]{1,5}"),
    "hi_IN": re.compile(r"[\u0900-\u0963\u0971-\u097f]+"),
    "ar_SA": re.compile(r"[\u0621-\u0652]+"),
}


# ---- the check ------------------------------------------------------------------------------------------------------------------


class Grammar:
    """Templates and slots as engine/src/locale/grammar.rs reads them."""

    def __init__(self, rows):
        self.slots, self.templates = {}, []
        for name, value, weight in rows:
            if name == "template":
                self.templates.append((value, int(weight)))
            else:
                self.slots.setdefault(name, []).append((value, int(weight)))
        used = {name for text, _ in self.templates for name in re.findall(r"\{(\w+)\}", text)}
        assert used == set(self.slots), f"slots without use or without values: {used ^ set(self.slots)}"
        for name, values in self.slots.items():
            odd = [value for value, _ in values if len(value.split()) != len(values[0][0].split())]
            assert not odd, f"values of the slot {name} that differ in the number of words: {odd}"
            assert len({value for value, _ in values}) == len(values), f"slot {name} has a value twice"
        assert len(set(self.templates)) == len(self.templates), "a template twice"

    def pieces(self, text):
        return [self.slots[piece[1:-1]] if piece[0] == "{" else [(piece, 1)] for piece in re.findall(r"\{\w+\}|[^{]+", text)]

    def words(self, text):
        return len(re.sub(r"\{(\w+)\}", lambda slot: self.slots[slot[1]][0][0], text).split())

    def count(self, text):
        total = 1
        for piece in self.pieces(text):
            total *= len(piece)
        return total

    def all(self, text):
        for parts in itertools.product(*self.pieces(text)):
            yield "".join(value for value, _ in parts)

    def draw(self, text, source):
        return "".join(source.choices([value for value, _ in piece], [weight for _, weight in piece])[0] for piece in self.pieces(text))

    def units(self, text):
        """(words, what they may say) of each piece between spaces; each of them is one slot and the signs at it."""
        units = []
        for part in text.split():
            options = {"".join(values) for values in itertools.product(*([value for value, _ in piece] for piece in self.pieces(part)))}
            units.append((self.words(part), options))
        return units


def differ(a, b):
    """Whether, between some two places where both have a boundary, they have nothing in common to say."""
    a, b = list(a), list(b)
    while a and b:
        (a_words, a_options), (b_words, b_options) = a.pop(0), b.pop(0)
        while a_words != b_words:
            if a_words < b_words:
                words, options = a.pop(0)
                a_words, a_options = a_words + words, {f"{x} {y}" for x in a_options for y in options}
            else:
                words, options = b.pop(0)
                b_words, b_options = b_words + words, {f"{x} {y}" for x in b_options for y in options}
        if not a_options & b_options:
            return True
    return False


def sentence_grammar(locale):
    return Grammar((slot, value, 1) for slot, value in read(locale, "sentences") if slot != "join")


def company_grammar(locale):
    forms = [("form", form, weight) for form, weight in read(locale, "company_forms")]
    return Grammar([*read(locale, "company_words"), *forms])


def check_sentences(locale):
    rows = read(locale, "sentences")
    assert sum(slot == "join" for slot, _ in rows) == 1, f"{locale}: one conjunction"
    for _, value in rows:
        assert not set(value) & set(".。।!?！？"), f"{locale}: the engine writes the full stop: {value}"
    grammar = sentence_grammar(locale)
    by_words = {}
    for text, _ in grammar.templates:
        by_words.setdefault(grammar.words(text), []).append(text)
    assert sorted(by_words) == list(range(1, 16)), f"{locale}: lengths {sorted(by_words)}"
    six = sum(grammar.count(text) for text in by_words[6])
    assert six > 50_000, f"{locale}: {six} sentences of six words"

    def printed(text):
        return text.replace(" ", "") if locale in SPACELESS else text

    for words in range(1, 5):
        texts = [printed(text) for template in by_words[words] for text in grammar.all(template)]
        assert len(set(texts)) == len(texts), f"{locale}: sentences of {words} words twice"
        assert len(texts) < 2_000_000, f"{locale}: {len(texts)} sentences of {words} words"
    for words, texts in by_words.items():
        for a, b in itertools.combinations(texts, 2):
            assert differ(grammar.units(a), grammar.units(b)), f"{locale}: may say the same: {a} / {b}"
    if locale in SPACELESS:
        # Where words run together, two rows of words could read the same.
        source, seen = random.Random(1), {}
        for _ in range(100_000):
            text = grammar.draw(source.choice(grammar.templates)[0], source)
            assert seen.setdefault(printed(text), text) == text, f"{locale}: {text} / {seen[printed(text)]}"
    return f"{len(rows)} rows, {six} of six words"


def check_companies(locale):
    grammar = company_grammar(locale)
    names = [name for text, _ in grammar.templates for name in grammar.all(text)]
    assert len(set(names)) == len(names) > 50_000, f"{locale}: {len(names)} company names, {len(set(names))} distinct"
    assert all("  " not in name and name == name.strip() for name in names)
    short = sum(len(name) <= 20 for name in names)
    assert short > 3_000 and min(map(len, names)) > 3, f"{locale}: {short} short names"
    if locale not in SPACELESS and locale != "ko_KR":
        texts = [text for text, _ in grammar.templates]
        assert not any(re.search(r"\}[^ {]*\{|\}[^ ]+$", text) for text in texts), f"{locale}: text stands apart from the slots"
        for a, b in itertools.combinations(texts, 2):
            if grammar.words(a) == grammar.words(b):
                assert differ(grammar.units(a), grammar.units(b)), f"{locale}: may say the same: {a} / {b}"
    source = random.Random(2)
    drawn = [company(grammar, source) for _ in range(2_000)]
    share = sum(len(name) <= 20 for name in drawn) / len(drawn)
    assert share > 0.17, f"{locale}: {share:.0%} of names are short"
    return f"{len(names)} names, {share:.0%} short"


def company(grammar, source):
    text = source.choices([text for text, _ in grammar.templates], [weight for _, weight in grammar.templates])[0]
    return grammar.draw(text, source)


def check(locale):
    for name, (width, fewest, weight) in FORMS.items():
        path = DATA / locale / f"{name}.tsv"
        text = path.read_text(encoding="utf-8")
        assert unicodedata.is_normalized("NFC", text) and "\r" not in text and text.endswith("\n"), path
        assert not re.search(r"[\u200b-\u200f\u202a-\u202e\ufeff\u00ad]", text.replace("\u200d", "").replace("\u200c", "")), f"{path}: invisible sign"
        rows = read(locale, name)
        assert all(len(row) == width for row in rows), f"{path}: {next(row for row in rows if len(row) != width)}"
        assert len({tuple(row) for row in rows}) == len(rows), f"{path}: a row twice: {[r for r in rows if rows.count(r) > 1][:6]}"
        assert all(field == field.strip() and "  " not in field for row in rows for field in row), f"{path}: a space at an edge"
        assert len(rows) >= fewest, f"{path}: {len(rows)} rows"
        if weight is not None:
            assert all(row[weight].isdecimal() and int(row[weight]) > 0 for row in rows), f"{path}: a weight"
            if name != "company_words":
                weights = [int(row[weight]) for row in rows]
                assert weights == sorted(weights, reverse=True), f"{path}: heaviest first"
                first = [row[1] if name == "products" else row[0] for row in rows]
                assert len(set(first)) == len(first), f"{path}: a value twice: {[v for v in first if first.count(v) > 1][:8]}"
    products = {}
    for category, _, _ in read(locale, "products"):
        products[category] = products.get(category, 0) + 1
    assert len(products) >= 14 and min(products.values()) >= 12, f"{locale}: {products}"
    colors = read(locale, "colors")
    assert all(re.fullmatch("[0-9a-f]{6}", code) for _, code, _ in colors), f"{locale}: colors"
    nations = read(locale, "nationalities")
    assert nations[0][0] == locale[3:] and len({code for code, *_ in nations}) == len(nations), f"{locale}: nationalities"
    assert all(re.fullmatch("[A-Z]{2}", code) and demonym for code, demonym, _ in nations), f"{locale}: nationalities"
    print(f"{locale}: {check_sentences(locale)}; {check_companies(locale)}; {sum(f.stat().st_size for f in (DATA / locale).iterdir())} bytes")


def main():
    npm = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    for locale in sys.argv[2:] or LOCALES:
        if npm:
            calendar(npm, locale)
            words(npm, locale)
        check(locale)


if __name__ == "__main__":
    main()
