-- A hold becomes a sale: one transaction, one round trip, safe to repeat by its hold id (the key),
-- and by the member's own key, where he sent one.
--
-- p_sale: {memberId, clerkId, terminal, channel, performanceId, performanceTitle, poster, facility,
--   prfSessionId, date, time, total, ticketKey, method, tendered, customerName, customerPhone, customerEmail,
--   createKey, seats: [{seat, grade, price, ticket}]}, checked by the caller.
-- Answers one row (result, answer): `new` or `old` with the sale's stored answer, `refused` with {outcome, change?,
-- conflicts?}, `reused` (another body) with NULL. An error means that nothing was changed. A create key that has
-- sold another hold answers `old` with that one's answer, or `reused`, and leaves this hold as it was.
--
-- READ COMMITTED: rows are locked, gaps are not, so that sales of one session do not wait for each other; and a
-- read after a lock wait sees what the other transaction left. (`v + 0`: JSON_OBJECT quotes a bare variable.)
CREATE OR REPLACE PROCEDURE sale_create(
    IN p_hold VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin,
    IN p_hash VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin,
    IN p_sale LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN p_trace VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin)
    MODIFIES SQL DATA
    SQL SECURITY INVOKER
BEGIN
    DECLARE v_known, v_taken BOOLEAN DEFAULT FALSE;
    DECLARE v_result VARCHAR(8) CHARACTER SET ascii DEFAULT 'new';
    DECLARE v_state VARCHAR(8) CHARACTER SET ascii;
    DECLARE v_hash VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin;
    DECLARE v_answer, v_names LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_now DATETIME DEFAULT UTC_TIMESTAMP() + INTERVAL 9 HOUR;
    DECLARE v_reservation, v_change BIGINT;
    DECLARE v_session BIGINT DEFAULT JSON_VALUE(p_sale, '$.prfSessionId');
    DECLARE v_member BIGINT DEFAULT JSON_VALUE(p_sale, '$.memberId');
    DECLARE v_key VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin DEFAULT JSON_VALUE(p_sale, '$.createKey');
    DECLARE v_clerk BIGINT DEFAULT JSON_VALUE(p_sale, '$.clerkId');
    DECLARE v_total BIGINT DEFAULT JSON_VALUE(p_sale, '$.total');
    DECLARE v_count INT DEFAULT JSON_LENGTH(p_sale, '$.seats');
    DECLARE v_low, v_high BIGINT;
    DECLARE v_method VARCHAR(16) DEFAULT IFNULL(JSON_VALUE(p_sale, '$.method'), 'none');
    DECLARE v_email VARCHAR(190) DEFAULT JSON_VALUE(p_sale, '$.customerEmail');
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        ROLLBACK;
        RESIGNAL;
    END;

    SET SESSION innodb_lock_wait_timeout = 2;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    START TRANSACTION;

    BEGIN
        -- Waits for an asker or another create of the same hold or key that is still under way.
        DECLARE CONTINUE HANDLER FOR 1062 SET v_known = TRUE;
        INSERT INTO sale_key (hold_id, state, body_hash, member_id, create_key, created_at)
            VALUES (p_hold, 'sold', p_hash, v_member, v_key, v_now);
    END;

    IF v_known THEN
        SELECT state, body_hash, answer INTO v_state, v_hash, v_answer
            FROM sale_key WHERE member_id = v_member AND create_key = v_key LOCK IN SHARE MODE;
        IF v_state IS NULL THEN
            SELECT state, body_hash, answer INTO v_state, v_hash, v_answer
                FROM sale_key WHERE hold_id = p_hold LOCK IN SHARE MODE;
        END IF;
        SET v_result = IF(v_state = 'refused', 'refused', IF(v_hash = p_hash, 'old', 'reused'));
    ELSE
        SAVEPOINT asked;
        SELECT MIN(s.price), MAX(s.price), JSON_ARRAYAGG(s.seat) INTO v_low, v_high, v_names
            FROM JSON_TABLE(p_sale, '$.seats[*]' COLUMNS (
                seat VARCHAR(32) PATH '$.seat', price BIGINT PATH '$.price')) AS s;
        INSERT INTO RESERVATION (member_id, hold_id, performance_id, performance_title, reservation_poster,
                facility, prf_session_id, reservation_date, reservation_time, reservation_ticket_count,
                reservation_price, reservation_unit_price, clerk_id, terminal, channel, customer_name,
                customer_phone, customer_email, created_at)
            SELECT v_member, p_hold, r.performance_id, r.title, IFNULL(r.poster, ''), IFNULL(r.facility, ''),
                v_session, NULLIF(r.day, ''), NULLIF(r.minute, ''), v_count, v_total,
                IF(v_low = v_high, v_low, NULL), v_clerk, r.terminal, r.channel, r.name, r.phone, v_email, v_now
            FROM JSON_TABLE(p_sale, '$' COLUMNS (
                performance_id VARCHAR(20) PATH '$.performanceId', title VARCHAR(1000) PATH '$.performanceTitle',
                poster VARCHAR(1000) PATH '$.poster', facility VARCHAR(1000) PATH '$.facility',
                day VARCHAR(10) PATH '$.date', minute VARCHAR(5) PATH '$.time',
                terminal VARCHAR(64) PATH '$.terminal', channel VARCHAR(16) PATH '$.channel',
                name VARCHAR(100) PATH '$.customerName', phone VARCHAR(32) PATH '$.customerPhone')) AS r;
        SET v_reservation = LAST_INSERT_ID();
        BEGIN
            DECLARE CONTINUE HANDLER FOR 1062 SET v_taken = TRUE;
            -- In one order for everybody, so that two sales of the same seats wait instead of deadlocking.
            INSERT INTO reservation_seat (session_id, seat, reservation_id, grade, price)
                SELECT v_session, s.seat, v_reservation, s.grade, s.price
                FROM JSON_TABLE(p_sale, '$.seats[*]' COLUMNS (
                    seat VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin PATH '$.seat',
                    grade VARCHAR(50) PATH '$.grade', price BIGINT PATH '$.price')) AS s
                ORDER BY s.seat;
        END;
    END IF;

    IF v_taken THEN
        ROLLBACK TO SAVEPOINT asked;
        -- Which of them are sold, locked until the commit: no cancel can slip between this and the number.
        SELECT STRAIGHT_JOIN JSON_ARRAYAGG(t.seat) INTO v_names
            FROM JSON_TABLE(p_sale, '$.seats[*]' COLUMNS (
                seat VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin PATH '$.seat')) AS s
            JOIN reservation_seat AS t FORCE INDEX (PRIMARY) ON t.session_id = v_session AND t.seat = s.seat
            LOCK IN SHARE MODE;
        IF v_names IS NULL THEN
            SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213, MESSAGE_TEXT = 'the conflict is gone: try again';
        END IF;
        INSERT INTO outbox (kind, body, traceparent) VALUES ('seat', JSON_OBJECT(
            'prfSessionId', v_session + 0, 'seats', JSON_COMPACT(v_names), 'state', 'sold'), p_trace);
        SET v_change = LAST_INSERT_ID();
        SET v_result = 'refused';
        SET v_answer = JSON_OBJECT('outcome', 'refused', 'change', v_change + 0,
            'conflicts', JSON_COMPACT(v_names));
        UPDATE sale_key SET state = 'refused', create_key = NULL, answer = v_answer WHERE hold_id = p_hold;
    ELSEIF NOT v_known THEN
        INSERT INTO payment (hold_id, reservation_id, kind, state, method, amount, tendered, clerk_id, created_at)
            VALUES (p_hold, v_reservation, 'pay', 'paid', v_method, v_total, JSON_VALUE(p_sale, '$.tendered'),
                v_clerk, v_now);
        INSERT INTO ticket (ticket_id, reservation_id, session_id, seat, grade, price, key_id)
            SELECT s.ticket, v_reservation, v_session, s.seat, s.grade, s.price,
                JSON_VALUE(p_sale, '$.ticketKey')
            FROM JSON_TABLE(p_sale, '$.seats[*]' COLUMNS (
                ticket BIGINT UNSIGNED PATH '$.ticket',
                seat VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin PATH '$.seat',
                grade VARCHAR(50) PATH '$.grade', price BIGINT PATH '$.price')) AS s;
        -- After the seats, never before: their locks are what orders the numbers.
        INSERT INTO outbox (kind, body, reservation_id, traceparent) VALUES ('seat', JSON_OBJECT(
            'prfSessionId', v_session + 0, 'seats', JSON_COMPACT(v_names), 'state', 'sold'), v_reservation, p_trace);
        SET v_change = LAST_INSERT_ID();
        IF v_member <> 0 OR v_email IS NOT NULL THEN
            INSERT INTO outbox (kind, body, reservation_id, traceparent) VALUES ('mail', JSON_OBJECT(
                'reservationId', v_reservation + 0, 'memberId', v_member + 0, 'memberEmail', v_email,
                'memberName', JSON_VALUE(p_sale, '$.customerName'),
                'performanceId', JSON_VALUE(p_sale, '$.performanceId'),
                'performanceTitle', JSON_VALUE(p_sale, '$.performanceTitle'),
                'reservationTicketCount', v_count + 0,
                'reservationDate', IFNULL(JSON_VALUE(p_sale, '$.date'), ''),
                'reservationTime', IFNULL(JSON_VALUE(p_sale, '$.time'), ''),
                'reservationPrice', v_total + 0,
                'reservationPoster', IFNULL(JSON_VALUE(p_sale, '$.poster'), ''),
                'reservationCreateAt', DATE_FORMAT(v_now, '%Y-%m-%dT%H:%i:%s'),
                'facility', IFNULL(JSON_VALUE(p_sale, '$.facility'), ''),
                'ticketKey', JSON_EXTRACT(p_sale, '$.ticketKey'),
                'seats', JSON_EXTRACT(p_sale, '$.seats')), v_reservation, p_trace);
        END IF;
        SET v_answer = JSON_OBJECT('outcome', 'sold', 'holdId', p_hold, 'reservationId', v_reservation + 0,
            'change', v_change + 0, 'seats', JSON_EXTRACT(p_sale, '$.seats'), 'ticketKey', JSON_EXTRACT(p_sale, '$.ticketKey'),
            'total', v_total + 0, 'createdAt', DATE_FORMAT(v_now, '%Y-%m-%dT%H:%i:%s'), 'requestHash', p_hash);
        UPDATE sale_key SET reservation_id = v_reservation, answer = v_answer WHERE hold_id = p_hold;
    END IF;

    -- A card was charged at a terminal for what is now definitely no sale: staff owe it back, once.
    IF v_result = 'refused' AND v_method = 'card' THEN
        INSERT IGNORE INTO payment (hold_id, kind, state, method, amount, clerk_id, created_at)
            VALUES (p_hold, 'refund', 'refund_due', v_method, v_total, v_clerk, v_now);
    END IF;
    COMMIT;
    SELECT v_result AS result, IF(v_result = 'reused', NULL, v_answer) AS answer;
END
