-- What a member's create key has sold. A locking read: it waits for a sale under this key that is still under way.
-- Answers one row (result, answer): `old` with the sale's stored answer, or `none`.
CREATE OR REPLACE PROCEDURE sale_ask_key(
    IN p_member BIGINT,
    IN p_key VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin)
    MODIFIES SQL DATA
    SQL SECURITY INVOKER
BEGIN
    DECLARE v_answer LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        ROLLBACK;
        RESIGNAL;
    END;

    SET SESSION innodb_lock_wait_timeout = 2;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    START TRANSACTION;
    SELECT answer INTO v_answer FROM sale_key
        WHERE member_id = p_member AND create_key = p_key LOCK IN SHARE MODE;
    COMMIT;
    SELECT IF(v_answer IS NULL, 'none', 'old') AS result,
        IFNULL(v_answer, JSON_OBJECT('outcome', 'none')) AS answer;
END
