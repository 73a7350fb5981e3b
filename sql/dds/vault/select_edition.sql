-- The edition of the vault: while it is the same text, no hub or link has been taken away (see V7__speed.sql). Beside the
-- number of the edition it names the database, the server's run and the tables: after a failover, or when any of them was
-- restored or exchanged, the number alone might say the same of other rows. The first value of a sequence is there before
-- it is taken: `is_called` tells one from the other.
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
