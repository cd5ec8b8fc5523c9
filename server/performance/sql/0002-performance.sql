-- `loaded` counts performances in the order in which they first came: "newest loaded first", without ties.
-- Titles compare without case, and every emoji is a letter of its own (unicode_ci takes them all for one);
-- a genre is compared byte by byte. sty_urls is a JSON array of strings. price_rev rises whenever the rows of
-- prf_grade change: whoever remembers grades by their number compares it.
CREATE TABLE IF NOT EXISTS performance (
    performance_id VARCHAR(20)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    loaded         BIGINT        NOT NULL AUTO_INCREMENT,
    title          VARCHAR(400)  NOT NULL,
    start_date     DATE          NOT NULL,
    end_date       DATE          NOT NULL,
    cast_names     VARCHAR(2000) NULL,
    crew           VARCHAR(2000) NULL,
    runtime        VARCHAR(100)  NULL,
    pro_comp       VARCHAR(1000) NULL,
    viewing_age    VARCHAR(100)  NULL,
    poster         VARCHAR(1000) NULL,
    story          TEXT          NULL,
    genre          VARCHAR(60)   COLLATE utf8mb4_bin NULL,
    state          VARCHAR(30)   NULL,
    sty_urls       TEXT          NOT NULL,
    facility_id    VARCHAR(20)   CHARACTER SET ascii COLLATE ascii_bin NULL,
    schedule_text  VARCHAR(2000) NOT NULL,
    price_text     VARCHAR(4000) NOT NULL,
    price_rev      INT           NOT NULL DEFAULT 1,
    updated_at     DATETIME(3)   NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
    PRIMARY KEY (performance_id),
    UNIQUE KEY performance_loaded (loaded),
    KEY performance_genre (genre, loaded),
    KEY performance_title (title),
    KEY performance_facility (facility_id),
    CONSTRAINT performance_facility FOREIGN KEY (facility_id) REFERENCES facility (facility_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_520_ci
