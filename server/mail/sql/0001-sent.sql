CREATE TABLE IF NOT EXISTS sent (
    message_id VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY
        COMMENT 'Message-ID without its domain; stable however often the message arrives',
    kind ENUM('ticket', 'valid') NOT NULL,
    state ENUM('sending', 'sent', 'given-up') NOT NULL,
    first_seen DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    updated DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
    KEY by_time (first_seen)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin
