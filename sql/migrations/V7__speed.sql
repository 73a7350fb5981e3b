-- Room for updates in place, and a way to notice that rows of the vault have gone.

-- An update of these rows changes no indexed column. Where the page has room for the new row, the update is "heap only":
-- no index is touched, and the next reader of the page clears the old row away. Pages are therefore filled to 80 %; what
-- is there already is left as it is. Orders change a few times and then never again: a little room is enough for them.
ALTER TABLE dds.bv_order_states SET (fillfactor = 90);
ALTER TABLE dds.bv_user_product_counters SET (fillfactor = 80);
ALTER TABLE dds.bv_user_category_counters SET (fillfactor = 80);
ALTER TABLE cdm.user_product_counters SET (fillfactor = 80);
ALTER TABLE cdm.user_category_counters SET (fillfactor = 80);
ALTER TABLE cdm_rebuild.user_product_counters SET (fillfactor = 80);
ALTER TABLE cdm_rebuild.user_category_counters SET (fillfactor = 80);

-- An order is about 2 KB, which PostgreSQL compresses. LZ4 takes half the time of its own method for hardly more bytes; a
-- server that was built without it keeps to its own.
DO $$
BEGIN
    ALTER TABLE stg.order_events ALTER payload SET COMPRESSION lz4, ALTER enriched SET COMPRESSION lz4;
EXCEPTION
    WHEN feature_not_supported THEN NULL;
END
$$;

-- DDS remembers which keys of the tables below are committed and does not send them again. What it remembers is true of
-- one edition of the vault; whoever takes rows away begins another.
--
-- A sequence, because everybody sees the next value at once, before the deletion is committed, and because nobody waits
-- for it. BEFORE, so that no batch that ends from now on relies on rows that are going. AFTER, so that what a batch has
-- learned in the meantime, while the rows it met were still there, is forgotten as well. A deletion that is undone has
-- begun an edition for nothing, which costs one batch its memory.
--
-- Inserts fire no trigger and cost nothing. Outside schema `dds`, like the history of the migrations: emptying the schema
-- by hand must not begin the count again.
CREATE SEQUENCE public.tagmill_vault_edition;

COMMENT ON SEQUENCE public.tagmill_vault_edition IS 'Grows when rows of hubs or links may have gone';

-- With the rights of its owner: who may delete the rows needs no right to the sequence.
CREATE FUNCTION public.tagmill_begin_vault_edition() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM nextval('public.tagmill_vault_edition');
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION public.tagmill_begin_vault_edition IS 'Trigger: rows of hubs or links may have gone';

-- ALWAYS: a restore that silences triggers (session_replication_role) does not silence these. The tables come in the order
-- in which a batch locks them.
DO $$
DECLARE
    vault_table text;
    moment text;
BEGIN
    FOREACH vault_table IN ARRAY ARRAY[
        'h_user', 'h_product', 'h_category', 'h_restaurant', 'l_product_restaurant', 'l_product_category'
    ]
    LOOP
        FOREACH moment IN ARRAY ARRAY['BEFORE', 'AFTER']
        LOOP
            EXECUTE format(
                'CREATE TRIGGER %I %s DELETE OR UPDATE OR TRUNCATE ON dds.%I
                FOR EACH STATEMENT EXECUTE FUNCTION public.tagmill_begin_vault_edition()',
                'tagmill_edition_' || lower(moment), moment, vault_table
            );
            EXECUTE format(
                'ALTER TABLE dds.%I ENABLE ALWAYS TRIGGER %I', vault_table, 'tagmill_edition_' || lower(moment)
            );
        END LOOP;
    END LOOP;
END
$$;
