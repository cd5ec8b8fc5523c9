-- What the collector set aside, and why. `id` names the thing, or the file when not even that could be read;
-- `col` is the first character of `text` that was not understood, 0 when no character is at fault. A row goes
-- when its thing is understood at last.
CREATE TABLE IF NOT EXISTS quarantine (
    kind       VARCHAR(20)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    id         VARCHAR(190) NOT NULL,
    field      VARCHAR(40)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    text       TEXT         NOT NULL,
    col        INT          NOT NULL,
    reason     VARCHAR(300) NOT NULL,
    first_seen DATETIME(3)  NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    last_seen  DATETIME(3)  NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    PRIMARY KEY (kind, id, field)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin
