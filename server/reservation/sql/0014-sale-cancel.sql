-- Cancels a member's reservation: one transaction, safe to repeat.
-- Answers one row (result): `cancelled`, `again` (it was already), `closed` (the performance has begun),
-- `absent` (no such reservation of this member; another member's looks exactly the same).
CREATE OR REPLACE PROCEDURE sale_cancel(
    IN p_reservation BIGINT,
    IN p_member BIGINT,
    IN p_trace VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin)
    MODIFIES SQL DATA
    SQL SECURITY INVOKER
BEGIN
    DECLARE v_result VARCHAR(10) CHARACTER SET ascii DEFAULT 'cancelled';
    DECLARE v_names LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_now DATETIME DEFAULT UTC_TIMESTAMP() + INTERVAL 9 HOUR;
    DECLARE v_begins DATETIME;
    DECLARE v_session, v_price BIGINT;
    DECLARE v_hold VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin;
    DECLARE v_method VARCHAR(16);
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        ROLLBACK;
        RESIGNAL;
    END;

    SET SESSION innodb_lock_wait_timeout = 2;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    START TRANSACTION;
    SELECT hold_id, prf_session_id, reservation_price, TIMESTAMP(reservation_date, reservation_time)
        INTO v_hold, v_session, v_price, v_begins
        FROM RESERVATION WHERE reservation_id = p_reservation AND member_id = p_member FOR UPDATE;
    IF v_hold IS NULL THEN
        -- A locking read: the cancel that we may just have waited for must be seen.
        SELECT IF(COUNT(*), 'again', 'absent') INTO v_result
            FROM DELETE_RESERVATION WHERE reservation_id = p_reservation AND member_id = p_member
            LOCK IN SHARE MODE;
    ELSEIF v_begins <= v_now THEN
        SET v_result = 'closed';
    ELSE
        SELECT JSON_ARRAYAGG(seat) INTO v_names
            FROM reservation_seat WHERE reservation_id = p_reservation FOR UPDATE;
        DELETE FROM reservation_seat WHERE reservation_id = p_reservation;
        DELETE FROM RESERVATION WHERE reservation_id = p_reservation;
        UPDATE ticket SET state = 'cancelled' WHERE reservation_id = p_reservation;
        SELECT method INTO v_method FROM payment WHERE hold_id = v_hold AND kind = 'pay' AND state = 'paid';
        -- Money that changed hands is owed until a clerk has given it back; what was never collected is not.
        INSERT INTO payment (hold_id, reservation_id, kind, state, method, amount, created_at)
            VALUES (v_hold, p_reservation, 'refund', IF(v_method IN ('none', 'web', 'comp'), 'refunded', 'refund_due'),
                v_method, v_price, v_now);
        -- After the seats, never before: their locks are what orders the numbers.
        INSERT INTO outbox (kind, body, reservation_id, traceparent) VALUES ('seat', JSON_OBJECT(
            'prfSessionId', v_session + 0, 'seats', JSON_COMPACT(v_names), 'state', 'free'), p_reservation, p_trace);
    END IF;
    COMMIT;
    SELECT v_result AS result;
END
