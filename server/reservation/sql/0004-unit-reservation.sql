CREATE OR REPLACE SQL SECURITY INVOKER VIEW UNIT_RESERVATION AS
    SELECT reservation_id, member_id, hold_id, performance_id, performance_title, reservation_poster, facility,
        prf_session_id, reservation_date, reservation_time, reservation_ticket_count, reservation_price,
        reservation_unit_price, clerk_id, terminal, channel, created_at, 'N' AS reservation_deleted
    FROM RESERVATION
    UNION ALL
    SELECT reservation_id, member_id, hold_id, performance_id, performance_title, reservation_poster, facility,
        prf_session_id, reservation_date, reservation_time, reservation_ticket_count, reservation_price,
        reservation_unit_price, clerk_id, terminal, channel, created_at, 'Y'
    FROM DELETE_RESERVATION;
