-- Live seats only: the primary key is why no seat is ever sold twice. utf8mb4_bin, because the default
-- collation takes `a1`, `A1` and `A1 ` for one. RESTRICT: nobody deletes a reservation and strands its seats.
CREATE TABLE IF NOT EXISTS reservation_seat (
    session_id BIGINT NOT NULL,
    seat VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    reservation_id BIGINT NOT NULL,
    grade VARCHAR(50) NOT NULL,
    price BIGINT NOT NULL CHECK (price >= 0),
    PRIMARY KEY (session_id, seat),
    KEY reservation (reservation_id),
    CONSTRAINT seat_of_reservation FOREIGN KEY (reservation_id) REFERENCES RESERVATION (reservation_id)
        ON DELETE RESTRICT ON UPDATE RESTRICT
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
