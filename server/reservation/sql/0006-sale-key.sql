-- One row for each hold that was ever asked to become a sale, and how that ended. Never deleted: a replay after
-- a cancel finds its answer here, and a create that comes too late dies on it.
-- `create_key` is the Idempotency-Key under which the member bought, where he sent one: one key sells once. Only a
-- sale has it.
CREATE TABLE IF NOT EXISTS sale_key (
    hold_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    state ENUM ('sold', 'refused') NOT NULL,
    body_hash VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
    reservation_id BIGINT NULL,
    answer LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    created_at DATETIME NOT NULL,
    member_id BIGINT NULL,
    create_key VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
    UNIQUE KEY create_key (member_id, create_key)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
