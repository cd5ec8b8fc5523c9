-- What is still to be published. The id of a seat's row is that seat's change number: it is taken while the seat
-- rows are locked, so that for one seat ids come in commit order. The counter must never fall back: no TRUNCATE.
CREATE TABLE IF NOT EXISTS outbox (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    kind ENUM ('seat', 'mail', 'floor') NOT NULL,
    body LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    reservation_id BIGINT NULL,
    traceparent VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin NULL,
    created_at DATETIME(3) NOT NULL DEFAULT (UTC_TIMESTAMP(3)),
    next_at DATETIME(3) NOT NULL DEFAULT (UTC_TIMESTAMP(3)),
    tries INT NOT NULL DEFAULT 0,
    KEY due (kind, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
