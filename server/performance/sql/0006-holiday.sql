-- Public holidays. One day may have two names.
CREATE TABLE IF NOT EXISTS holiday (
    holiday_date DATE         NOT NULL,
    name         VARCHAR(100) NOT NULL,
    PRIMARY KEY (holiday_date, name)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin
