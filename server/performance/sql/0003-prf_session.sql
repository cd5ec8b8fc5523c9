-- Dated sessions. An id is given once and stays: tickets and seat maps hang on it. A session that has left the
-- schedule is closed, never deleted, because seats of it may have been sold. remaining_seat is written behind
-- from the seat map.
CREATE TABLE IF NOT EXISTS prf_session (
    prf_session_id BIGINT      NOT NULL AUTO_INCREMENT,
    performance_id VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    session_date   DATE        NOT NULL,
    session_time   TIME        NOT NULL,
    total_seat     INT         NOT NULL DEFAULT 200,
    remaining_seat INT         NOT NULL DEFAULT 200,
    state          ENUM('open', 'closed') NOT NULL DEFAULT 'open',
    PRIMARY KEY (prf_session_id),
    UNIQUE KEY prf_session_once (performance_id, session_date, session_time),
    KEY prf_session_date (session_date),
    CONSTRAINT prf_session_performance FOREIGN KEY (performance_id)
        REFERENCES performance (performance_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_520_ci AUTO_INCREMENT = 1
