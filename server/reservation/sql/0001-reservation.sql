-- Live reservations. The sum charged is reservation_price; reservation_unit_price is null when the seats differ.
-- Member 0 is a walk-in customer; clerk, terminal and channel say who sold.
CREATE TABLE IF NOT EXISTS RESERVATION (
    reservation_id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    member_id BIGINT NOT NULL,
    hold_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    performance_id VARCHAR(20) NOT NULL,
    performance_title VARCHAR(1000) NOT NULL,
    reservation_poster VARCHAR(1000) NOT NULL,
    facility VARCHAR(1000) NOT NULL,
    prf_session_id BIGINT NOT NULL,
    reservation_date DATE NULL,
    reservation_time TIME NULL,
    reservation_ticket_count INT NOT NULL CHECK (reservation_ticket_count > 0),
    reservation_price BIGINT NOT NULL CHECK (reservation_price >= 0),
    reservation_unit_price BIGINT NULL,
    clerk_id BIGINT NULL,
    terminal VARCHAR(64) NULL,
    channel VARCHAR(16) NULL,
    customer_name VARCHAR(100) NULL,
    customer_phone VARCHAR(32) NULL,
    customer_email VARCHAR(190) NULL,
    created_at DATETIME NOT NULL,
    UNIQUE KEY hold (hold_id),
    KEY member (member_id, reservation_id),
    KEY session (prf_session_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
