-- Asking is a write. A plain SELECT says "nothing" while a COMMIT is in flight, and the sale then appears after
-- its seats were given away. This inserts `refused` unless a row exists: it waits for the in-flight transaction's
-- lock, and a create that comes later dies on the key.
-- Answers one row (result, answer): `old` with the sale's stored answer, or `refused`.
CREATE OR REPLACE PROCEDURE sale_ask(IN p_hold VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin)
    MODIFIES SQL DATA
    SQL SECURITY INVOKER
BEGIN
    DECLARE v_state VARCHAR(8) CHARACTER SET ascii DEFAULT 'refused';
    DECLARE v_answer LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT JSON_OBJECT('outcome', 'refused');
    DECLARE v_known BOOLEAN DEFAULT FALSE;
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        ROLLBACK;
        RESIGNAL;
    END;

    SET SESSION innodb_lock_wait_timeout = 2;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    START TRANSACTION;
    BEGIN
        DECLARE CONTINUE HANDLER FOR 1062 SET v_known = TRUE;
        INSERT INTO sale_key (hold_id, state, answer, created_at)
            VALUES (p_hold, 'refused', v_answer, UTC_TIMESTAMP() + INTERVAL 9 HOUR);
    END;
    IF v_known THEN
        SELECT state, answer INTO v_state, v_answer FROM sale_key WHERE hold_id = p_hold LOCK IN SHARE MODE;
    END IF;
    COMMIT;
    SELECT IF(v_state = 'sold', 'old', 'refused') AS result, v_answer AS answer;
END
