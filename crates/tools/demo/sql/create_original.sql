-- Creates the database of the customer's first service with one segment and forty users: members before, on and after last Tuesday.
CREATE TABLE public.users (
    user_id int PRIMARY KEY,
    name text NOT NULL,
    lastname text NOT NULL,
    sex int NOT NULL,
    age int NOT NULL,
    is_deleted bool NOT NULL
);
CREATE TABLE public.segments (segment_id int PRIMARY KEY, name text NOT NULL UNIQUE, is_deleted bool NOT NULL);
CREATE TABLE public.users_segments (
    id int PRIMARY KEY,
    user_id int NOT NULL REFERENCES public.users,
    segment_id int NOT NULL REFERENCES public.segments,
    start_date timestamp NOT NULL,
    end_date timestamp
);
INSERT INTO public.users SELECT n, 'Имя', 'Фамилия', n % 2, 20 + n, false FROM generate_series(1, 40) AS n;
INSERT INTO public.segments VALUES (1, 'AVITO_MUSIC_SERVICE', false);
INSERT INTO public.users_segments
SELECT
    n,
    n,
    1,
    tuesday + (n - 25) * interval '1 hour',
    CASE n % 3 WHEN 0 THEN tuesday + (n - 15) * interval '1 hour' END
FROM generate_series(1, 40) AS n,
    (SELECT date_trunc('week', (now() AT TIME ZONE 'UTC') - interval '2 days') + interval '1 day 12 hours' AS tuesday) AS last;
