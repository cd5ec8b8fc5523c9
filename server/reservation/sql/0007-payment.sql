-- Append-only: what is owed or settled later is another row. No foreign key, so that no cascade ever takes money
-- away. A refund_due row without a reservation is a card that was charged for a sale that was then refused.
CREATE TABLE IF NOT EXISTS payment (
    payment_id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    hold_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    reservation_id BIGINT NULL,
    kind ENUM ('pay', 'refund') NOT NULL,
    state ENUM ('paid', 'refund_due', 'refunded') NOT NULL,
    method VARCHAR(16) NOT NULL,
    amount BIGINT NOT NULL CHECK (amount >= 0),
    tendered BIGINT NULL,
    clerk_id BIGINT NULL,
    created_at DATETIME NOT NULL,
    UNIQUE KEY once (hold_id, kind, state),
    KEY reservation (reservation_id),
    KEY state (state, payment_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
