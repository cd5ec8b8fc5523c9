-- Idempotency keys of cancels, where a client sent one: a key belongs to one reservation of its member.
CREATE TABLE IF NOT EXISTS cancel_key (
    member_id BIGINT NOT NULL,
    idempotency_key VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    reservation_id BIGINT NOT NULL,
    created_at DATETIME NOT NULL,
    PRIMARY KEY (member_id, idempotency_key)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
