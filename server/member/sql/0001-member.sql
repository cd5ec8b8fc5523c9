-- Ids start at 1: 0 stands for walk-in customers. The address is stored canonical (rules.h), so the unique
-- key compares bytes. birth, phone and gender are unknown for staff. ADULT or CHILD is computed, not stored.
CREATE TABLE IF NOT EXISTS member (
    id         BIGINT       NOT NULL AUTO_INCREMENT,
    email      VARCHAR(190) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    password   VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    name       VARCHAR(50)  NOT NULL,
    birth      DATE         NULL,
    phone      VARCHAR(13)  CHARACTER SET ascii COLLATE ascii_bin NULL,
    gender     ENUM('M', 'F') NULL,
    scope      VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'member',
    state      ENUM('active', 'locked', 'disabled') NOT NULL DEFAULT 'active',
    created_at DATETIME(3)  NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    PRIMARY KEY (id),
    UNIQUE KEY member_email (email)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 AUTO_INCREMENT = 1
