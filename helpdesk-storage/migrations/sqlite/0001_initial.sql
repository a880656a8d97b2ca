-- The first schema of SqliteStorage.
--
-- Encodings, the same in every database of the helpdesk: an id is the 16 bytes of its UUID, a time is the number of
-- microseconds since 1970 in UTC, a name out of a list is its snake_case text, and what is never searched by its parts is
-- JSON. No default takes the time: it comes with the change set.

-- What made a change set happen, so that it happens once.
CREATE TABLE helpdesk_causes (
    scope   TEXT NOT NULL,
    key     TEXT NOT NULL,
    outcome TEXT NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX helpdesk_causes_at ON helpdesk_causes (at);

CREATE TABLE helpdesk_customers (
    id         BLOB NOT NULL PRIMARY KEY,
    name       TEXT NOT NULL,
    language   TEXT NOT NULL,
    host_id    TEXT,
    attributes TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- `place` is the order in which a customer's addresses came.
CREATE TABLE helpdesk_addresses (
    place             INTEGER PRIMARY KEY,
    channel           TEXT NOT NULL,
    address_key       TEXT NOT NULL,
    customer          BLOB NOT NULL REFERENCES helpdesk_customers (id),
    handle            TEXT,
    unreachable_since INTEGER,
    UNIQUE (channel, address_key)
) STRICT;
CREATE INDEX helpdesk_addresses_customer ON helpdesk_addresses (customer, place);

-- `state` is the name that lists filter by, `state_detail` the whole state. Sessions are never deleted, so the next
-- `number` is always one more than the highest.
CREATE TABLE helpdesk_sessions (
    number             INTEGER PRIMARY KEY,
    id                 BLOB NOT NULL UNIQUE,
    customer           BLOB NOT NULL REFERENCES helpdesk_customers (id),
    chat               BLOB NOT NULL,
    channel            TEXT NOT NULL,
    address_key        TEXT NOT NULL,
    state              TEXT NOT NULL,
    state_detail       TEXT NOT NULL,
    revision           INTEGER NOT NULL,
    rating             INTEGER,
    opened_at          INTEGER NOT NULL,
    touched_at         INTEGER NOT NULL,
    handed_over_at     INTEGER,
    person_answered_at INTEGER,
    closed_at          INTEGER
) STRICT;
CREATE INDEX helpdesk_sessions_customer ON helpdesk_sessions (customer, number);
CREATE INDEX helpdesk_sessions_address ON helpdesk_sessions (channel, address_key);
CREATE INDEX helpdesk_sessions_handed_over ON helpdesk_sessions (number) WHERE handed_over_at IS NOT NULL;
-- Unclosed sessions are few beside the closed ones; lists of open work read these alone.
CREATE UNIQUE INDEX helpdesk_sessions_unclosed ON helpdesk_sessions (customer) WHERE state <> 'closed';
CREATE INDEX helpdesk_sessions_waiting
    ON helpdesk_sessions (coalesce(handed_over_at, opened_at), number) WHERE state <> 'closed';

CREATE TABLE helpdesk_chats (
    id          BLOB NOT NULL PRIMARY KEY,
    kind        TEXT NOT NULL,
    session     BLOB,
    title       TEXT NOT NULL,
    description TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    archived_at INTEGER
) STRICT, WITHOUT ROWID;

-- `place` is the order of joining.
CREATE TABLE helpdesk_chat_members (
    place       INTEGER PRIMARY KEY,
    chat        BLOB NOT NULL REFERENCES helpdesk_chats (id),
    staff       BLOB NOT NULL,
    role        TEXT NOT NULL,
    joined_at   INTEGER NOT NULL,
    read_seq    INTEGER NOT NULL,
    cleared_seq INTEGER NOT NULL,
    pinned      INTEGER NOT NULL,
    muted       INTEGER NOT NULL,
    UNIQUE (chat, staff)
) STRICT;

-- `place` is the order of the commits over all chats: what search sorts by, and the row of `helpdesk_search`.
-- `delivery_waits` is 1 while the delivery follows its customer to a new address.
CREATE TABLE helpdesk_messages (
    place                 INTEGER PRIMARY KEY,
    id                    BLOB NOT NULL UNIQUE,
    chat                  BLOB NOT NULL REFERENCES helpdesk_chats (id),
    seq                   INTEGER NOT NULL,
    author                TEXT NOT NULL,
    visibility            TEXT NOT NULL,
    text                  TEXT NOT NULL,
    format                TEXT NOT NULL,
    prompt                TEXT,
    prompt_open           INTEGER NOT NULL,
    sources               TEXT NOT NULL,
    reply_to              BLOB,
    forwarded_from        BLOB,
    created_at            INTEGER NOT NULL,
    edited_at             INTEGER,
    deleted_at            INTEGER,
    pinned_at             INTEGER,
    external_id           TEXT,
    album                 TEXT,
    delivery_channel      TEXT,
    delivery_address_key  TEXT,
    delivery_status       TEXT,
    delivery_external_ids TEXT,
    delivery_updated_at   INTEGER,
    delivery_waits        INTEGER NOT NULL,
    UNIQUE (chat, seq)
) STRICT;
CREATE UNIQUE INDEX helpdesk_messages_album ON helpdesk_messages (chat, album) WHERE album IS NOT NULL;
CREATE INDEX helpdesk_messages_delivery
    ON helpdesk_messages (delivery_channel, delivery_address_key) WHERE delivery_waits = 1;

CREATE TABLE helpdesk_message_revisions (
    place       INTEGER PRIMARY KEY,
    message     BLOB NOT NULL REFERENCES helpdesk_messages (id),
    text        TEXT NOT NULL,
    replaced_at INTEGER NOT NULL
) STRICT;
CREATE INDEX helpdesk_message_revisions_message ON helpdesk_message_revisions (message, place);

CREATE TABLE helpdesk_attachments (
    place   INTEGER PRIMARY KEY,
    id      BLOB NOT NULL UNIQUE,
    message BLOB NOT NULL REFERENCES helpdesk_messages (id),
    body    TEXT NOT NULL
) STRICT;
CREATE INDEX helpdesk_attachments_message ON helpdesk_attachments (message, place);

-- What a channel calls a message at an address: one name for what came in, one for every part of what was sent out.
CREATE TABLE helpdesk_external_ids (
    channel     TEXT NOT NULL,
    address_key TEXT NOT NULL,
    external_id TEXT NOT NULL,
    message     BLOB NOT NULL REFERENCES helpdesk_messages (id),
    PRIMARY KEY (channel, address_key, external_id)
) STRICT, WITHOUT ROWID;

-- The words of each message, stemmed before they come here (FTS5 knows no Russian). They hold nothing but letters and
-- digits, so the plainest tokenizer cuts them at the spaces; only whether a word is there is asked, never where.
CREATE VIRTUAL TABLE helpdesk_search
    USING fts5 (words, content = '', contentless_delete = 1, detail = 'none', tokenize = 'ascii');

-- The folded columns are lower case as Unicode has it, which SQLite's own lower() does not know.
CREATE TABLE helpdesk_staff (
    id               BLOB NOT NULL PRIMARY KEY,
    login            TEXT NOT NULL,
    login_folded     TEXT NOT NULL UNIQUE,
    password_hash    TEXT,
    full_name        TEXT NOT NULL,
    full_name_folded TEXT NOT NULL,
    role             TEXT NOT NULL,
    active           INTEGER NOT NULL,
    language         TEXT NOT NULL,
    profile          TEXT NOT NULL,
    revision         INTEGER NOT NULL,
    created_at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX helpdesk_staff_full_name ON helpdesk_staff (full_name_folded, id);

CREATE TABLE helpdesk_staff_tokens (
    hash       BLOB NOT NULL PRIMARY KEY,
    staff      BLOB NOT NULL REFERENCES helpdesk_staff (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX helpdesk_staff_tokens_staff ON helpdesk_staff_tokens (staff);

-- AUTOINCREMENT: a position is never given twice, also after its event was pruned.
CREATE TABLE helpdesk_events (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    at       INTEGER NOT NULL,
    kind     TEXT NOT NULL
) STRICT;
CREATE INDEX helpdesk_events_at ON helpdesk_events (at);

-- `place` is the order of creation. `head` is 1 for the one task of each lane that may be taken up next: its oldest, or one
-- that is held already. A lane with tasks has exactly one head, so looking for work reads heads alone, however many tasks
-- wait behind them.
CREATE TABLE helpdesk_tasks (
    place       INTEGER PRIMARY KEY,
    id          BLOB NOT NULL UNIQUE,
    lane        TEXT NOT NULL,
    task        TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    due_at      INTEGER NOT NULL,
    tries       INTEGER NOT NULL,
    fence       INTEGER NOT NULL,
    lease_until INTEGER,
    head        INTEGER NOT NULL
) STRICT;
CREATE INDEX helpdesk_tasks_lane ON helpdesk_tasks (lane, place);
CREATE INDEX helpdesk_tasks_due ON helpdesk_tasks (due_at, place) WHERE head = 1;
CREATE INDEX helpdesk_tasks_held ON helpdesk_tasks (lane, place) WHERE lease_until IS NOT NULL;

-- A head that leaves makes room for the next of its lane.
CREATE TRIGGER helpdesk_tasks_next AFTER DELETE ON helpdesk_tasks WHEN old.head = 1
BEGIN
    UPDATE helpdesk_tasks SET head = 1 WHERE place = coalesce(
        (SELECT min(place) FROM helpdesk_tasks WHERE lane = old.lane AND lease_until IS NOT NULL),
        (SELECT min(place) FROM helpdesk_tasks WHERE lane = old.lane)
    );
END;

-- Tasks that could not be read, out of the way of their lanes, for a person to look at.
CREATE TABLE helpdesk_unreadable_tasks (
    id         BLOB NOT NULL PRIMARY KEY,
    lane       TEXT NOT NULL,
    task       TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    moved_at   INTEGER NOT NULL,
    reason     TEXT NOT NULL
) STRICT, WITHOUT ROWID;
