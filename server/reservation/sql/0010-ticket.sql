-- One ticket for each seat sold, kept after a cancel, so that the door can say why it is not good. The code
-- itself is not stored: a copy of this table prints no ticket (shared/model/ticket.h).
CREATE TABLE IF NOT EXISTS ticket (
    ticket_id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    reservation_id BIGINT NOT NULL,
    session_id BIGINT NOT NULL,
    seat VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    grade VARCHAR(50) NOT NULL,
    price BIGINT NOT NULL,
    key_id TINYINT UNSIGNED NOT NULL,
    generation SMALLINT UNSIGNED NOT NULL DEFAULT 1,
    state ENUM ('valid', 'cancelled') NOT NULL DEFAULT 'valid',
    UNIQUE KEY reservation (reservation_id, seat),
    KEY session (session_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
