-- Rebuilds: a layer made anew from its topic, beside the one that people look at.
--
-- Outside the three schemas, like the history of the migrations: emptying a schema by hand must not end a rebuild.

CREATE TABLE public.tagmill_rebuilds (
    service text PRIMARY KEY,
    id bigint GENERATED ALWAYS AS IDENTITY,
    group_id text NOT NULL,
    phase text NOT NULL CHECK (phase IN ('replaying', 'publishing')),
    targets bigint[] NOT NULL,
    published_to uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    started_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE public.tagmill_rebuilds IS 'Rebuilds under way; a row goes when its rebuild is complete';
COMMENT ON COLUMN public.tagmill_rebuilds.id IS 'Tells a rebuild from the one before it';
COMMENT ON COLUMN public.tagmill_rebuilds.group_id IS
    'The consumer group that was wound back; a service of another group must not believe its own offsets';
COMMENT ON COLUMN public.tagmill_rebuilds.phase IS
    'replaying: the source topic is read again up to the targets; publishing: what came of it is told to the next layer';
COMMENT ON COLUMN public.tagmill_rebuilds.targets IS
    'Where each partition of the source topic ended when the rebuild began, partition 0 first';
COMMENT ON COLUMN public.tagmill_rebuilds.published_to IS 'Hub key of the last user whose counters were told';

-- The marts of a rebuild, while the topic is read again; empty otherwise. The same columns under the same names as in
-- `cdm`, but for `id`: the statements of the service name no schema and write to one or the other. Logged tables: a
-- rebuild survives a crash of the server.
CREATE SCHEMA cdm_rebuild;

CREATE TABLE cdm_rebuild.users (
    user_id uuid PRIMARY KEY,
    source_id varchar NOT NULL UNIQUE
);

CREATE TABLE cdm_rebuild.user_product_counters (
    user_id uuid NOT NULL,
    product_id uuid NOT NULL,
    product_name varchar NOT NULL,
    order_cnt int NOT NULL CHECK (order_cnt >= 0),
    version bigint NOT NULL,
    PRIMARY KEY (user_id, product_id)
);

CREATE TABLE cdm_rebuild.user_category_counters (
    user_id uuid NOT NULL,
    category_id uuid NOT NULL,
    category_name varchar NOT NULL,
    order_cnt int NOT NULL CHECK (order_cnt >= 0),
    version bigint NOT NULL,
    PRIMARY KEY (user_id, category_id)
);
