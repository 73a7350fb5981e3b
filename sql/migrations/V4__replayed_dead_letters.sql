-- What operators have sent back. Outside the three schemas: emptying one of them by hand, or rebuilding it, must not make
-- a second replay of the same dead letters out of the first.

CREATE TABLE public.tagmill_replayed_dead_letters (
    topic       text NOT NULL,
    partition   int NOT NULL,
    "offset"    bigint NOT NULL,
    replayed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, partition, "offset")
);

COMMENT ON TABLE public.tagmill_replayed_dead_letters IS
    'Dead letters that `dead-letters replay` has sent back. When a dead-letter topic is made anew, its rows must go';
COMMENT ON COLUMN public.tagmill_replayed_dead_letters.topic IS 'The dead-letter topic, not the one it was sent to';
