-- token_hash is SHA-256 of the token. A login starts a family; each refresh replaces its newest token. `seed` is
-- set at that moment: the successor is a keyed hash of the token with it, so a repeated refresh answers the same.
CREATE TABLE IF NOT EXISTS refresh_token (
    token_hash  BINARY(32)  NOT NULL,
    family      BINARY(16)  NOT NULL,
    member_id   BIGINT      NOT NULL,
    issued_at   DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    expires_at  DATETIME(3) NOT NULL,
    replaced_at DATETIME(3) NULL,
    seed        BINARY(32)  NULL,
    PRIMARY KEY (token_hash),
    KEY refresh_token_family (family),
    KEY refresh_token_member (member_id, expires_at),
    CONSTRAINT refresh_token_member FOREIGN KEY (member_id) REFERENCES member (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4
