CREATE OR REPLACE TRIGGER trg_payment_delete BEFORE DELETE ON payment FOR EACH ROW
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'payment is append-only: insert another row';
