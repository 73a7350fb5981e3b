-- Selects the generation of the vault: while this text is the same, no hub or link row has been removed (see
-- V7__speed.sql). Besides the number it contains the database, the start of the server and the tables: after a
-- failover, or after one of these was restored or replaced, the number alone could be equal for different rows. A
-- sequence has its first value before that is taken; `is_called` distinguishes the two.
SELECT
    concat_ws(
        '/',
        e.last_value,
        e.is_called,
        d.oid,
        extract(EPOCH FROM pg_postmaster_start_time()),
        to_regclass('dds.h_user')::oid,
        to_regclass('dds.h_product')::oid,
        to_regclass('dds.h_category')::oid,
        to_regclass('dds.h_restaurant')::oid,
        to_regclass('dds.l_product_restaurant')::oid,
        to_regclass('dds.l_product_category')::oid
    ) AS edition
FROM public.tagmill_vault_edition AS e
INNER JOIN pg_database AS d ON d.datname = current_database()
