-- The sold seats of a session and the floor: a change number that every change in `sold` is below and every later
-- one above. A locking read under REPEATABLE READ over the primary key, gaps too: a sale or cancel of this session
-- that is under way is waited for, and one that comes waits for us.
-- Answers one row (floor, sold): a number and a JSON array.
CREATE OR REPLACE PROCEDURE sale_rebuild(IN p_session BIGINT)
    MODIFIES SQL DATA
    SQL SECURITY INVOKER
BEGIN
    DECLARE v_sold LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_floor BIGINT;
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        ROLLBACK;
        RESIGNAL;
    END;

    SET SESSION innodb_lock_wait_timeout = 2;
    -- The aggregate is cut at this length, with a mere warning, if it is shorter than the list.
    SET SESSION group_concat_max_len = 16777216;
    SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;
    START TRANSACTION;
    SELECT JSON_ARRAYAGG(seat) INTO v_sold
        FROM reservation_seat FORCE INDEX (PRIMARY) WHERE session_id = p_session LOCK IN SHARE MODE;
    INSERT INTO outbox (kind, body) VALUES ('floor', '{}');
    SET v_floor = LAST_INSERT_ID();
    -- Only its number was wanted; there is nothing to publish.
    DELETE FROM outbox WHERE id = v_floor;
    COMMIT;
    SELECT v_floor AS floor, IFNULL(v_sold, '[]') AS sold;
END
