-- A performance's price list: ord is the number of the grade, from 0, in the order of the list.
CREATE TABLE IF NOT EXISTS prf_grade (
    performance_id VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    ord            INT         NOT NULL,
    seat_type      VARCHAR(50) NOT NULL,
    price          BIGINT      NOT NULL,
    PRIMARY KEY (performance_id, ord),
    CONSTRAINT prf_grade_performance FOREIGN KEY (performance_id)
        REFERENCES performance (performance_id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin
