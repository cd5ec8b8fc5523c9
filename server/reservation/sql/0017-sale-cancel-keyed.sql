-- sale_cancel with an Idempotency-Key: `reused` and nothing changed when the key belongs to another reservation.
-- Cancelling is safe to repeat by itself, so the key needs no transaction with it: it is written first, and only for
-- a reservation that this member has, so that guessing ids fills no table.
CREATE OR REPLACE PROCEDURE sale_cancel_keyed(
    IN p_reservation BIGINT,
    IN p_member BIGINT,
    IN p_trace VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin,
    IN p_key VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin)
    MODIFIES SQL DATA
    SQL SECURITY INVOKER
BEGIN
    INSERT IGNORE INTO cancel_key (member_id, idempotency_key, reservation_id, created_at)
        SELECT p_member, p_key, p_reservation, UTC_TIMESTAMP() + INTERVAL 9 HOUR
        FROM UNIT_RESERVATION WHERE reservation_id = p_reservation AND member_id = p_member;
    IF EXISTS (SELECT 1 FROM cancel_key WHERE member_id = p_member AND idempotency_key = p_key
            AND reservation_id <> p_reservation) THEN
        SELECT 'reused' AS result;
    ELSE
        CALL sale_cancel(p_reservation, p_member, p_trace);
    END IF;
END
