-- Venues. A performance may name one whose detail has not come yet: then only the id, and the name that the
-- performance gives, are known. seat_scale 0 is unknown.
CREATE TABLE IF NOT EXISTS facility (
    facility_id VARCHAR(20)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    name        VARCHAR(200)  NULL,
    tel_no      VARCHAR(100)  NULL,
    relate_url  VARCHAR(1000) NULL,
    address     VARCHAR(300)  NULL,
    latitude    DECIMAL(10,7) NULL,
    longitude   DECIMAL(10,7) NULL,
    seat_scale  INT           NOT NULL DEFAULT 0,
    detailed    TINYINT(1)    NOT NULL DEFAULT 0,
    updated_at  DATETIME(3)   NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
    PRIMARY KEY (facility_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_520_ci
