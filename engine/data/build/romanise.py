"""Romanisation of names: Hepburn without macrons, pinyin, the usual Korean and the usual Indian English spelling, all in ASCII."""

import re
import unicodedata

KANA = {
    kana: latin
    for row in (
        "あa いi うu えe おo かka きki くku けke こko さsa しshi すsu せse そso たta ちchi つtsu てte とto なna にni ぬnu ねne のno はha ひhi ふfu へhe ほho",
        "まma みmi むmu めme もmo やya ゆyu よyo らra りri るru れre ろro わwa をo んn がga ぎgi ぐgu げge ごgo ざza じji ずzu ぜze ぞzo だda ぢji づzu でde どdo",
        "ばba びbi ぶbu べbe ぼbo ぱpa ぴpi ぷpu ぺpe ぽpo きゃkya きゅkyu きょkyo しゃsha しゅshu しょsho ちゃcha ちゅchu ちょcho にゃnya にゅnyu にょnyo",
        "ひゃhya ひゅhyu ひょhyo みゃmya みゅmyu みょmyo りゃrya りゅryu りょryo ぎゃgya ぎゅgyu ぎょgyo じゃja じゅju じょjo びゃbya びゅbyu びょbyo",
    )
    for kana, latin in re.findall(r"([^a-z ]+)([a-z]+)", row)
}
# Where the package has a rarer reading or a mistaken one, and where two vowels belong to two parts of the name.
JAPANESE_READINGS = {
    re.match(r"[^A-Za-z]+", item)[0]: re.search(r"[A-Z][a-z]+", item)[0]
    for item in (
        "新田Nitta 金山Kaneyama 秦Hata 山上Yamagami 末吉Sueyoshi 坂内Bannai 畑Hata 川原Kawahara 河原Kawahara 菅Kan 狩野Kano 有田Arita 飯野Iino 白石Shiraishi 菅野Kanno "
        "中谷Nakatani 仲谷Nakatani 中田Nakata 平Taira 吉原Yoshihara 二瓶Nihei 水田Mizuta 白鳥Shiratori 三枝Saegusa 横尾Yokoo 横川Yokokawa 小栗Oguri 川越Kawagoe 神戸Kanbe "
        "今Kon 田尻Tajiri 下地Shimoji 東野Higashino 土肥Doi 越川Koshikawa 三瓶Sanpei 八幡Yawata 米谷Yonetani 上地Uechi 神Jin 一戸Ichinohe 宗像Munakata 広岡Hirooka 豊岡Toyooka "
        "諸岡Morooka 大賀Oga 土方Hijikata 安里Asato 新居Nii 深山Miyama 前山Maeyama 三角Misumi 山地Yamaji 錦織Nishikori 四方Yomo 広野Hirono 具志堅Gushiken 一色Isshiki 仙波Senba "
        "寺門Terakado 新野Niino 原野Harano 迫Sako 肥田Hida 白水Shiramizu 荒Ara 道下Michishita 甲田Koda 蜂谷Hachiya 舘Tachi 金原Kanehara 白岩Shiraiwa 角谷Kakutani 福崎Fukuzaki "
        "高本Takamoto 熊沢Kumazawa 高沢Takazawa 富沢Tomizawa 玉置Tamaki 角Sumi 伴Ban 新山Niiyama 金Kin 金野Konno"
    ).split()
}


def hepburn(kana, kanji):
    """Hepburn without macrons: long vowels are written short, but not across the parts of a name (Inoue, Yokouchi, Matsuura)."""
    if kanji in JAPANESE_READINGS:
        return JAPANESE_READINGS[kanji]
    out, i = "", 0
    while i < len(kana):
        if kana[i] == "っ":
            following = KANA.get(kana[i + 1 : i + 3]) or KANA[kana[i + 1]]
            out += "t" if following.startswith("ch") else following[0]
            i += 1
            continue
        step = 2 if kana[i : i + 2] in KANA else 1
        out += KANA[kana[i : i + step]]
        i += step
    tail = {"内": "uchi", "浦": "ura", "上": "ue", "海": "umi", "臼": "usu", "牛": "ushi", "裏": "ura", "梅": "ume", "打": "uchi", "植": "ue"}.get(kanji[-1])
    if tail and out.endswith(tail) and kanji != "河内":
        out, tail = out[: -len(tail)], tail
    else:
        tail = ""
    return (re.sub(r"oo|ou", "o", re.sub(r"uu", "u", out)) + tail).capitalize()


# Surnames whose reading is not that of the character elsewhere; the same for a few given names.
CHINESE_SURNAMES = {
    part[:-1].rstrip("abcdefghijklmnopqrstuvwxyz"): re.search(r"[a-z]+", part)[0]
    for part in (
        "曾zeng; 单shan; 解xie; 仇qiu; 区ou; 查zha; 朴piao; 覃qin; 盖ge; 乐yue; 翟zhai; 尉迟yuchi; 尉wei; 单于chanyu; 长孙zhangsun; 任ren; 车che; 冼xian; 宿su; "
        "令狐linghu; 澹台tantai; 缪miao; 臧zang; 郗xi; 谌chen; 褚chu; 晁chao; 能nai; 都du; 相xiang; 哈ha; 那na; 和he; 应ying; 宁ning; 干gan; 卜bu; 曲qu; 强qiang; "
        "盛sheng; 鲜于xianyu; 仝tong; 亓qi; 逯lu; 昝zan; 佟tong; 佘she; 纪ji; 贾jia; 俞yu; 阚kan; 郜gao; 邸di; 芮rui; 么yao; 员yun; 占zhan; 万wan; 石shi; "
        "燕yan; 宓mi; 洗xian; 钭tou; 郏jia; 种chong; 华hua; 皮pi; 师shi; 尹yin; 要yao; 费fei; 折she; 吕lyu; 闾丘lyuqiu; 欧阳ouyang; 上官shangguan; 诸葛zhuge; "
        "司马sima; 皇甫huangfu; 慕容murong; 公孙gongsun; 夏侯xiahou; 东方dongfang; 司徒situ; 钟离zhongli; 宇文yuwen; 轩辕xuanyuan; 申屠shentu; 濮阳puyang; 沈shen; "
        "行xing; 阴yin; 乌wu; 隗wei; 从cong; 藏zang; 降xiang; 祭zhai; 句gou; 柏bai; 薄bo; 过guo; 葛ge; 谷gu; 召shao; 牟mou; 撒sa; 覃qin; 娄lou; 莘shen;"
    ).split(" ")
}
CHINESE_GIVEN = {"茜": "qian", "行": "xing", "乐": "le", "朝": "chao", "莘": "xin", "长": "chang"}


def pinyin(name, is_surname):
    import pypinyin

    syllables = [syllable[0] for syllable in pypinyin.pinyin(name, style=pypinyin.Style.NORMAL)]
    if is_surname:
        text = CHINESE_SURNAMES.get(name) or "".join(syllables)
    else:
        text = "".join(CHINESE_GIVEN.get(character, syllable) for character, syllable in zip(name, syllables))
    # As passports write it: u with dots is yu.
    return re.sub(r"([ln])[vü]", r"\1yu", text).capitalize()


KOREAN = {
    part[0]: part[1:]
    for part in (
        "가ga 강kang 건gun 경kyung 고go 곤gon 관kwan 광kwang 교kyo 구koo 국kuk 군gun 권kwon 귀kwi 규kyu 균kyun 그geu 근geun 금geum 기ki 길gil 김kim 끝kkeut 나na "
        "난nan 남nam 녀nyeo 노noh "
        "늘neul 니ni 다da 단dan 달dal 담dam 대dae 덕deok 도do 돈don 동dong 두doo 듬deum 든deun 라ra 란ran 람ram 랑rang 래rae 량ryang 련ryeon 렬ryul 례rye 로ro 롬rom "
        "롱rong 루ru 류ryu 률ryul 리ri "
        "린rin 림rim 립rip 마ma 만man 말mal 망mang 매mae 맹maeng 명myung 모mo 무moo 문moon 미mi 민min 박park 방bang 배bae 백baek 번beon 범beom 별byul 병byung 보bo "
        "복bok 봄bom 봉bong 부boo 분boon "
        "비bi 빈bin 빛bit 쁨ppeum 사sa 산san 삼sam 상sang 새sae 샛saet 서seo 석seok 선sun 설seol 섭seop 성sung 세se 소so 솔sol 솜som 송song 수soo 숙sook 순soon "
        "슬seul 승seung 시si 식sik 신shin 실sil 심shim 아a "
        "안ahn 애ae 양yang 어eo 엄eom 여yeo 연yeon 열yeol 염yeom 엘el 영young 예ye 오oh 옥ok 온on 완wan 왕wang 용yong 우woo 욱wook 운woon 울wool 웅woong 원won 월wol "
        "위wi 유yu 육yook 윤yoon 율yul 은eun 을eul 음eum 의eui "
        "이i 익ik 인in 일il 임im 자ja 장jang 재jae 전jeon 점jeom 정jung 제je 조jo 종jong 주joo 준jun 중joong 지ji 진jin 차cha 찬chan 창chang 채chae 천cheon 철chul "
        "초cho 최choi 추choo 춘choon 충choong 치chi 탁tak 태tae 택taek "
        "표pyo 푸poo 필pil 하ha 학hak 한han 함ham 해hae 향hyang 허heo 헌hun 혁hyuk 현hyun 형hyung 혜hye 호ho 홍hong 화hwa 환hwan 황hwang 효hyo 후hoo 훈hoon 휘hwi "
        "흔heun 희hee 열yeol 률ryul 결gyul 겸gyeom 름reum"
    ).split()
}


def korean(name):
    """Syllable by syllable, as Koreans write their given names."""
    text = "".join(KOREAN[syllable] for syllable in name)
    return ("Ah" + text[1:] if name[0] == "아" else text).capitalize()


DEVANAGARI = {
    part[0]: part[1:]
    for part in "कk खkh गg घgh ङn चch छchh जj झjh ञn टt ठth डd ढdh णn तt थth दd धdh नn पp फph बb भbh मm यy रr लl ळl वv शsh षsh सs हh".split()
}
INDEPENDENT = dict(zip("अ आ इ ई उ ऊ ऋ ए ऐ ओ औ ऑ".split(), "a a i i u u ri e ai o au o".split()))
SIGNS = dict(zip("ा ि ी ु ू ृ े ै ो ौ ॉ".split(), "a i i u u ri e ai o au o".split()))


# First parts of compound names; the vowel before the second part is silent.
HINDI_PARTS = (
    "राम शिव श्याम प्रेम राज हर जस मन धर्म ओम जय लव वेद प्रभु दीन देवी घन हंस कनक फूल लाल माता काली संत अवध नंद भज मान दुर्गा गंगा हनु सुख "
    "गुर मोहन जगत".split()
)


def hindi(name):
    """The usual Indian English spelling: Hunterian without marks, inherent vowels dropped where they are not spoken."""
    for part in HINDI_PARTS:
        rest = name.removeprefix(part)
        if rest != name and len(rest) > 2 and unicodedata.category(rest[0]) == "Lo":
            return hindi(part) + hindi(rest).lower()
    name = unicodedata.normalize("NFD", name).replace("\u093c", "")
    letters = []  # [consonants, vowel, whether the vowel is inherent, nasal]
    for c in name:
        if c in DEVANAGARI:
            letters.append([DEVANAGARI[c], "a", True, ""])
        elif c in INDEPENDENT:
            letters.append(["", INDEPENDENT[c], False, ""])
        elif c in SIGNS:
            letters[-1][1:3] = [SIGNS[c], False]
        elif c == "्":
            letters[-1][1:3] = ["", False]
        elif c in "ंँ":
            letters[-1][3] = "n"
        else:
            raise SystemExit(f"no romanisation of {c} in {name}")
    units = []  # the consonants of a cluster together, with their number
    for consonants, vowel, inherent, nasal in letters:
        if units and units[-1][1] == "" and not units[-1][3]:
            before = units.pop()
            units.append([before[0] + consonants, vowel, inherent, nasal, before[4] + 1])
        else:
            units.append([consonants, vowel, inherent, nasal, 1])
    silent_clusters = {"rj", "rm", "rsh", "st", "rth"}
    if len(units) > 1 and units[-1][2] and not units[-1][3] and (units[-1][4] == 1 or units[-1][0] in silent_clusters):
        units[-1][1] = ""
    for at in range(len(units) - 2, 0, -1):
        here, before, after = units[at], units[at - 1], units[at + 1]
        if here[2] and here[4] == 1 and not here[3] and before[1] and not before[3] and after[1] and after[4] == 1 and here[0]:
            here[1] = ""
    # Long i is written ee at the beginning of short names and before a last consonant.
    if re.match(r"[क-ह]़?(?:्[क-ह])?ी", name) and len(units) <= 3:
        units[0][1] = "ee"
    if len(units) > 1 and not units[-1][1] and units[-1][0] and re.search(r"ी[क-ह]़?$", name):
        units[-2][1] = "ee"
    if len(units) > 1 and not units[-1][1] and units[-1][0] and re.search(r"ू[क-ह]़?$", name):
        units[-2][1] = "oo"
    text = ""
    for at, (consonants, vowel, _, nasal, _) in enumerate(units):
        if nasal and at + 1 < len(units):
            nasal = "m" if units[at + 1][0][:1] in set("pbm") else "ng" if units[at + 1][0] == "h" else nasal
        text += re.sub(r"(?<=[sdtj])v|(?<=sh)v", "w", consonants.replace("jn", "gy")) + vowel + nasal
    text = re.sub(r"vant$|(?<=bhag)van", lambda m: "w" + m[0][1:], text.replace("ngh", "ngh"))
    return re.sub(r"(?<=[vm])ti$", "ati", text).replace("gomati", "gomti").capitalize()


def roman(locale, name, written, is_surname):
    """The romanisation that was written beside a name, else the one by rule."""
    if written:
        return written
    if locale == "zh_CN":
        return pinyin(name, is_surname)
    if locale == "ko_KR":
        return korean(name)
    if locale == "hi_IN":
        return hindi(name)
    raise SystemExit(f"{locale}: no romanisation of {name}")
