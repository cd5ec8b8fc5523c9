-- The box office list of a day, as it came. It may name performances that the catalogue does not have.
CREATE TABLE IF NOT EXISTS prf_rank (
    rank_date      DATE        NOT NULL,
    rnum           INT         NOT NULL,
    performance_id VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    PRIMARY KEY (rank_date, rnum)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4
