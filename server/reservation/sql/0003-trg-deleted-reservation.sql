-- Seoul's clock is UTC+9 without summer time, whatever zone the connection speaks.
CREATE OR REPLACE TRIGGER trg_deletedReservation AFTER DELETE ON RESERVATION FOR EACH ROW
    INSERT INTO DELETE_RESERVATION (reservation_id, member_id, hold_id, performance_id, performance_title,
        reservation_poster, facility, prf_session_id, reservation_date, reservation_time,
        reservation_ticket_count, reservation_price, reservation_unit_price, clerk_id, terminal, channel,
        customer_name, customer_phone, customer_email, created_at, deleted_at)
    VALUES (OLD.reservation_id, OLD.member_id, OLD.hold_id, OLD.performance_id, OLD.performance_title,
        OLD.reservation_poster, OLD.facility, OLD.prf_session_id, OLD.reservation_date, OLD.reservation_time,
        OLD.reservation_ticket_count, OLD.reservation_price, OLD.reservation_unit_price, OLD.clerk_id,
        OLD.terminal, OLD.channel, OLD.customer_name, OLD.customer_phone, OLD.customer_email, OLD.created_at,
        UTC_TIMESTAMP() + INTERVAL 9 HOUR);
