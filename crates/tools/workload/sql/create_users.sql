-- The customer's table of users.
CREATE TABLE users (
    id         integer PRIMARY KEY,
    name       varchar,
    email      varchar,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX users_updated_at ON users (updated_at);
