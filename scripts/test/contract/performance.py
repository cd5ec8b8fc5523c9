"""Every row and sentence of the contract's performance service, through the gateway: the catalogue."""
import secrets
import time
from urllib.parse import quote

from call import ABSENT, SERVICE, call, end, problem, same, wait_for
from stack import new_session, sql

TAG = "계약" + secrets.token_hex(4)
ID = "C" + secrets.token_hex(5).upper()
SORT = {"empty": True, "sorted": False, "unsorted": True}


def get(path):
    return call("GET", "/performance" + path)


def load(titles, genre="연극", facility="NULL"):
    """Performances with these titles, each with a session; their ids."""
    ids = ["%s%04d" % (ID, load.count + n) for n in range(len(titles))]
    load.count += len(titles)
    for prf, title in zip(ids, titles):
        sql("performance", """
            INSERT INTO performance (performance_id, title, start_date, end_date, genre, sty_urls, schedule_text, price_text, facility_id)
            VALUES ('{0}', '{1}', CURDATE(), CURDATE() + INTERVAL 60 DAY, '{2}', '[]', '', '', {3});
            INSERT INTO prf_session (performance_id, session_date, session_time) VALUES ('{0}', CURDATE() + INTERVAL 30 DAY, '19:30')
            """.format(prf, title, genre, facility))
    return ids


load.count = 0


def keywords():
    """As they are sent: a careful client escapes, the documented one may not."""
    ids = dict(zip("pct pctx amp under other plus half emoji".split(), load(
        [TAG + " " + title for title in ("100% 할인", "100x 할인", "a&b 공연", "a_b 공연", "axb 공연", "a+b 공연", "50%off", "🎭 극")])))
    tag = quote(TAG)
    rows = [
        (tag + "%20100%25", ["pct"]), (tag + "%20100%", ["pct"]), (tag + "%20100%&page=0", ["pct"]), (tag + "%20100%%20", ["pct"]),
        (tag + "%20100", ["pctx", "pct"]), (tag + "%20a%26b", ["amp"]), (tag + "%20a&b", ["amp"]), (tag + "%20a&b&page=0", ["amp"]),
        (tag + "%20a_b", ["under"]), (tag + "%20a%5Fb", ["under"]), (tag + "%20A_B", ["under"]), (tag + "%20a%2Bb", ["plus"]),
        (tag + "%2050%of", ["half"]), (tag + "%2050%25of", ["half"]), (tag + "%20%F0%9F%8E%AD", ["emoji"]),
        (tag + "%20100%25%20%ED%95%A0", ["pct"]), (tag.lower() + "%20a_b", ["under"]),
        (tag + "%20%", []), (tag + "%25", []), (tag + "_", []), (tag + "%20a%00b", []), (tag + "%20%zz", []), (tag + "%5C", []),
        (tag + "%27%20OR%201=1", []),
    ]
    for raw, want in rows:
        answer = get("/search?keyword=" + raw)
        if not want:
            answer.failed("NO_DATA_SEARCHED")
            same("%s: data" % answer, answer.data, ABSENT)
        else:
            same("%s: rows" % answer, [row["prfId"] for row in answer.done().data["content"]], [ids[name] for name in want])
    # The gateway takes no byte above 127 in an address (RFC 3986; browsers never send one); the service itself does.
    answer = call("GET", "/performance/search?keyword=%s%%20100%%" % TAG, at=SERVICE["performance"]).done()
    same("unescaped Hangul", [item["prfId"] for item in answer.data["content"]], [ids["pct"]])
    same("no keyword finds all", get("/search").done().data["first"], True)
    get("/search?keyword=").done()
    call("GET", "/performance/search?keyword=" + "x" * 201).failed("INVALID_VALUE").names("keyword")


def row(prf, title):
    day = sql("performance", "SELECT start_date, end_date FROM performance WHERE performance_id = '%s'" % prf)[0]
    return {"prfId": prf, "title": title, "startDate": day[0], "endDate": day[1], "viewingAge": None, "genre": "복합", "poster": None,
            "facilityName": None}


def slices():
    """20 a page, newest loaded first, `last` exact, the quirk of an empty page 0."""
    titles = ["%s 쪽 %02d" % (TAG, n) for n in range(41)]
    first, more = load(titles[:40], "복합"), titles[40]
    word = quote(TAG + " 쪽")
    pages = {}

    def facts(number):
        answer = get("/search?keyword=%s&page=%d" % (word, number)).done()
        pages[number] = [item["prfId"] for item in answer.data["content"]]
        return [answer.data[name] for name in ("numberOfElements", "first", "last", "empty", "number")] + [answer.data["pageable"]["offset"]]

    same("page 0 of 40", facts(0), [20, True, False, False, 0, 0])
    same("page 1 of 40", facts(1), [20, False, True, False, 1, 20])
    same("page 2 of 40", facts(2), [0, False, True, True, 2, 40])
    same("order", pages[0] + pages[1], first[::-1])
    first += load([more], "복합")
    time.sleep(1.1)  # an answer is remembered for a second
    same("page 1 of 41", facts(1), [20, False, False, False, 1, 20])
    same("page 2 of 41", facts(2), [1, False, True, False, 2, 40])
    answer = get("/search?keyword=" + quote(TAG + " 쪽 40"))
    answer.ok({"content": [row(first[40], more)],
               "pageable": {"sort": SORT, "offset": 0, "pageNumber": 0, "pageSize": 20, "paged": True, "unpaged": False},
               "size": 20, "number": 0, "numberOfElements": 1, "sort": SORT, "first": True, "last": True, "empty": False})
    for wrong in ("-1", "x", "1.5", "9223372036854775808", "1000001", "%00", "%ED%95%9C"):
        get("/search?keyword=x&page=" + wrong).failed("INVALID_VALUE").names("page")
        get("/cat?genre=x&page=" + wrong).failed("INVALID_VALUE").names("page")


def genres():
    for genre in ("연극", "무용", "서양음악(클래식)", "한국음악(국악)", "대중음악", "복합", "서커스/마술", "뮤지컬"):
        load([TAG + " " + genre], genre)
        want = [found[0] for found in sql("performance", "SELECT performance_id FROM performance WHERE genre = '%s' "
                                          "ORDER BY loaded DESC LIMIT 20" % genre)]
        for raw in (quote(genre, safe=""), quote(genre, safe="/()"), quote(genre, safe="!'()*~")):
            wait_for("genre %s shows the newest first" % genre, 3,
                     lambda: [item["prfId"] for item in get("/cat?genre=%s&page=0" % raw).done().data["content"]] == want)
        same("all of one genre", {item["genre"] for item in get("/cat?genre=" + raw).data["content"]}, {genre})
    for menu in ("클래식", "국악", "뮤지", "없는 장르", ""):
        get("/cat?genre=%s&page=0" % quote(menu)).failed("NO_DATA_SEARCHED")
    same("a page past the end", get("/cat?genre=%s&page=999" % quote("연극")).done().data["content"], [])


def ranks():
    def numbers(want):
        wait_for("ranks %s" % want, 4, lambda: [item["rnum"] for item in get("/rank").done().data] == want)

    sql("performance", "CREATE TABLE rank_kept AS SELECT * FROM prf_rank")
    try:
        sql("performance", "DELETE FROM prf_rank")
        numbers([])
        values = ", ".join("(CURDATE() - INTERVAL 2 DAY, %d, '%s%04d')" % (n + 1, ID, n) for n in range(3))
        sql("performance", "INSERT INTO prf_rank VALUES " + values)
        numbers(["1", "2", "3"])
        values = ", ".join("(CURDATE() - INTERVAL 1 DAY, %d, '%s%04d')" % (n, ID, n) for n in range(12, 0, -1))
        sql("performance", "INSERT INTO prf_rank VALUES " + values)
        numbers([str(n) for n in range(1, 11)])
        sql("performance", "DELETE FROM prf_rank; INSERT INTO prf_rank VALUES (CURDATE(), 1, '%s0000'), (CURDATE() - INTERVAL 3 DAY, 1, '%s0000')"
            % (ID, ID))
        numbers([])
    finally:
        sql("performance", "DELETE FROM prf_rank; INSERT INTO prf_rank SELECT * FROM rank_kept; DROP TABLE rank_kept")


def details():
    bare = load([TAG + " 알몸"], "복합")[0]
    sql("performance", "INSERT INTO facility (facility_id, name, tel_no, relate_url, address, latitude, longitude) VALUES "
        "('{0}', '시험 \"홀\"', '02-1', 'http://v.example.com/', '서울', 37.5, 127.12836364)".format(ID))
    full = load([TAG + " 가득"], "연극", "'%s'" % ID)[0]
    sql("performance", """
        UPDATE performance SET cast_names = '가, 나', crew = '다', runtime = '1시간', pro_comp = '라', viewing_age = '전체 관람가',
            poster = 'http://p.example.com/1.gif', story = '이야기', state = '공연중', sty_urls = '["http://a.example.com/1.jpg"]'
            WHERE performance_id = '{0}';
        INSERT INTO prf_grade VALUES ('{0}', 0, 'R석', 50000), ('{0}', 1, 'S석', 30000);
        INSERT INTO prf_session (performance_id, session_date, session_time) VALUES ('{0}', CURDATE() + INTERVAL 30 DAY, '09:05'),
            ('{0}', CURDATE() + INTERVAL 9 DAY, '20:00'), ('{0}', CURDATE() + INTERVAL 10 DAY, '00:00')""".format(full))
    days = sql("performance", "SELECT start_date, end_date FROM performance WHERE performance_id = '%s'" % full)[0]
    order = [{"prfSessionId": int(number), "prfSessionDate": day, "prfSessionTime": at} for number, day, at in sql(
        "performance", "SELECT prf_session_id, session_date, TIME_FORMAT(session_time, '%H:%i') FROM prf_session WHERE performance_id = '{0}' "
        "ORDER BY session_date, session_time".format(full))]
    info = {"prfId": full, "title": TAG + " 가득", "startDate": days[0], "endDate": days[1], "cast": "가, 나", "crew": "다", "runtime": "1시간",
            "proComp": "라", "viewingAge": "전체 관람가", "ticketPrice": [{"seatType": "R석", "price": 50000}, {"seatType": "S석", "price": 30000}],
            "poster": "http://p.example.com/1.gif", "story": "이야기", "genre": "연극", "styUrls": ["http://a.example.com/1.jpg"], "state": "공연중"}
    get("?p=" + full).ok({"performanceDetailInfo": info, "prfSessionList": order, "facilityDTO": {
        "facilityName": "시험 \"홀\"", "telNo": "02-1", "relateUrl": "http://v.example.com/", "address": "서울", "latitude": "37.5000000",
        "longitude": "127.1283636"}})
    got = get("?p=" + bare).done().data
    want = {name: value for name, value in row(bare, TAG + " 알몸").items() if name != "facilityName"}
    want.update({name: None for name in ("cast", "crew", "runtime", "proComp", "story", "state")}, ticketPrice=[], styUrls=[])
    same("nulls and empty lists", got["performanceDetailInfo"], want)
    same("a venue that is not known", set(got["facilityDTO"].values()), {None})
    sql("performance", "DELETE FROM prf_session WHERE performance_id = '%s'" % bare)
    wait_for("a performance without sessions is none", 3, lambda: get("?p=" + bare).error == "NO_SUCH_ELEMENT")
    for wrong in ("?p=", "", "?p=PF000", "?q=1", "?p=%27", "?p=%00", "?p=%ED%95%9C", "?p=" + "9" * 300):
        get(wrong).failed("NO_SUCH_ELEMENT")


def season():
    """All that the collector loaded is of the documented shape (document.py looks at every member)."""
    for prf, in sql("performance", "SELECT performance_id FROM performance WHERE performance_id LIKE 'PF%' LIMIT 40"):
        answer = get("?p=" + prf)
        if answer.error == "NO_SUCH_ELEMENT":
            continue
        data = answer.done().data
        types = [grade["seatType"] for grade in data["performanceDetailInfo"]["ticketPrice"]]
        same("%s: unique grades with names" % prf, (len(set(types)), all(types)), (len(types), True))
        whens = [(item["prfSessionDate"], item["prfSessionTime"]) for item in data["prfSessionList"]]
        same("%s: rising sessions" % prf, whens, sorted(set(whens)))
        for name in ("latitude", "longitude"):
            where = data["facilityDTO"][name]
            if where is not None and len(where.partition(".")[2]) != 7:
                problem("%s: %s is %r" % (prf, name, where))


def seats():
    _, session = new_session()
    get("/session/%d" % session).ok({"remainingSeat": 200, "totalSeat": 200})
    for wrong in ("0", "-1", "x", "9223372036854775808", "1.5"):
        answer = get("/session/" + wrong)
        answer.failed("INVALID_VALUE", "UNAUTHORIZED")  # what is no number is no public path at the gateway
    get("/session/9007199254740991").failed("NO_SUCH_ELEMENT")


for test in (keywords, slices, genres, ranks, details, season, seats):
    test()
end()
