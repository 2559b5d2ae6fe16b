"""The ledger's tables in SQL, as migration 0001 makes them: never edited, changed only by later migrations."""

SEQUENCES = """
CREATE SEQUENCE ledger_posting_id AS bigint CACHE 100;
-- A lot takes the number of the entry that made it, so lots and entries share one sequence.
CREATE SEQUENCE ledger_entry_id AS bigint CACHE 100;
"""

HOLDERS = """
CREATE TABLE ledger_holder (
    holder_id bigint NOT NULL,
    kind text NOT NULL,
    opened_at timestamptz NOT NULL,
    CONSTRAINT ledger_holder_pkey PRIMARY KEY (holder_id),
    CONSTRAINT ledger_holder_id_is_62_bits CHECK (holder_id > 0 AND holder_id < 4611686018427387904),
    CONSTRAINT ledger_holder_kind_known CHECK (kind IN ('membership', 'household'))
);

CREATE TABLE holder_successor (
    holder_id bigint NOT NULL,
    successor_id bigint NOT NULL,
    since timestamptz NOT NULL,
    CONSTRAINT holder_successor_pkey PRIMARY KEY (holder_id),
    CONSTRAINT holder_successor_is_another CHECK (holder_id <> successor_id)
);
CREATE INDEX holder_successor_of ON holder_successor (successor_id);

CREATE FUNCTION ledger_one_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- one succession at a time: two at once could make a chain neither of them sees
    PERFORM pg_advisory_xact_lock(hashtextextended('holder_successor', 0));
    IF EXISTS (SELECT 1 FROM holder_successor WHERE holder_id = NEW.successor_id)
       OR EXISTS (SELECT 1 FROM holder_successor WHERE successor_id = NEW.holder_id) THEN
        RAISE EXCEPTION 'holder % -> % would make a chain of successors', NEW.holder_id, NEW.successor_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'holder_successor_one_step';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER holder_successor_one_step BEFORE INSERT OR UPDATE ON holder_successor
    FOR EACH ROW EXECUTE FUNCTION ledger_one_step();
"""

WALLET = """
CREATE TABLE ledger_wallet (
    holder_id bigint NOT NULL,
    currency_id integer NOT NULL,
    total bigint NOT NULL DEFAULT 0,
    held bigint NOT NULL DEFAULT 0,
    debt bigint NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 0,
    frozen_reason text NOT NULL DEFAULT '',
    CONSTRAINT ledger_wallet_pkey PRIMARY KEY (holder_id, currency_id),
    CONSTRAINT ledger_wallet_balance_not_negative CHECK (total >= 0),
    CONSTRAINT ledger_wallet_held_within_total CHECK (held >= 0 AND held <= total),
    CONSTRAINT ledger_wallet_debt_not_negative CHECK (debt >= 0)
) WITH (fillfactor = 80);
"""

LOT = """
CREATE TABLE ledger_lot (
    holder_id bigint NOT NULL,
    lot_id bigint NOT NULL,
    posting_id bigint NOT NULL,
    activity_id bigint,
    initial bigint NOT NULL,
    remaining bigint NOT NULL,
    held bigint NOT NULL DEFAULT 0,
    available_at timestamptz NOT NULL,
    expires_at timestamptz,
    currency_id integer NOT NULL,
    occurred_on date NOT NULL,
    CONSTRAINT ledger_lot_pkey PRIMARY KEY (holder_id, lot_id),
    CONSTRAINT ledger_lot_initial_positive CHECK (initial > 0),
    CONSTRAINT ledger_lot_held_within_remaining CHECK (held >= 0 AND held <= remaining),
    CONSTRAINT ledger_lot_remaining_within_initial CHECK (remaining <= initial),
    CONSTRAINT ledger_lot_matures_before_it_dies CHECK (expires_at > available_at)
) WITH (fillfactor = 80);
-- The order of consumption: nearest expiry, then oldest, never-expiring last. Expiry walks it holder by holder too: an
-- index of its own by expires_at made posting a year 0.5 s slower.
CREATE INDEX ledger_lot_open ON ledger_lot (holder_id, currency_id, expires_at, occurred_on, lot_id) WHERE remaining > 0;
"""

POSTING = """
CREATE TABLE ledger_posting (
    holder_id bigint NOT NULL,
    posting_id bigint NOT NULL,
    idem uuid NOT NULL,
    source_id bigint,
    reverses bigint,
    transfer_id bigint,
    effective_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    store_id integer,
    kind text NOT NULL,
    source_type text NOT NULL DEFAULT '',
    actor text NOT NULL,
    channel text NOT NULL DEFAULT '',
    fingerprint bytea,
    CONSTRAINT ledger_posting_pkey PRIMARY KEY (holder_id, posting_id),
    CONSTRAINT ledger_posting_once UNIQUE (holder_id, idem),
    CONSTRAINT ledger_posting_kind_known
        CHECK (kind IN ('earn', 'take_back', 'spend', 'expire', 'adjust', 'transfer', 'opening')),
    CONSTRAINT ledger_posting_fingerprint_is_sha256 CHECK (octet_length(fingerprint) = 32)
);
CREATE UNIQUE INDEX ledger_posting_reversed_once ON ledger_posting (holder_id, reverses) WHERE reverses IS NOT NULL;
CREATE INDEX ledger_posting_transfer ON ledger_posting (transfer_id) WHERE transfer_id IS NOT NULL;
CREATE INDEX ledger_posting_recorded ON ledger_posting USING brin (recorded_at);
"""

ENTRY = """
CREATE TABLE ledger_entry (
    holder_id bigint NOT NULL,
    entry_id bigint NOT NULL,
    posting_id bigint NOT NULL,
    lot_id bigint NOT NULL,
    amount bigint NOT NULL,
    effective_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    currency_id integer NOT NULL,
    kind text NOT NULL,
    contra text NOT NULL,
    cost_centre text NOT NULL DEFAULT '',
    CONSTRAINT ledger_entry_pkey PRIMARY KEY (holder_id, entry_id),
    CONSTRAINT ledger_entry_moves_something CHECK (amount <> 0),
    CONSTRAINT ledger_entry_kind_known
        CHECK (kind IN ('earn', 'take_back', 'spend', 'expire', 'adjust', 'transfer', 'opening', 'repay')),
    CONSTRAINT ledger_entry_contra_known
        CHECK (contra IN ('issue', 'redeem', 'expire', 'clawback', 'goodwill', 'transfer', 'breakage', 'opening', 'debt_repay'))
);
CREATE INDEX ledger_entry_of_lot ON ledger_entry (holder_id, lot_id);
CREATE INDEX ledger_entry_recorded ON ledger_entry USING brin (recorded_at);

CREATE TABLE ledger_debt_entry (
    holder_id bigint NOT NULL,
    entry_id bigint NOT NULL,
    posting_id bigint NOT NULL,
    amount bigint NOT NULL,
    effective_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    currency_id integer NOT NULL,
    reason text NOT NULL,
    CONSTRAINT ledger_debt_entry_pkey PRIMARY KEY (holder_id, entry_id),
    CONSTRAINT ledger_debt_entry_moves_something CHECK (amount <> 0),
    CONSTRAINT ledger_debt_entry_reason_known CHECK (
        (amount > 0 AND reason IN ('return', 'offline', 'fraud')) OR (amount < 0 AND reason IN ('repay', 'forgiven')))
);
"""

MAKE = (SEQUENCES, HOLDERS, WALLET, LOT, POSTING, ENTRY)
DROP = """
DROP TABLE ledger_debt_entry, ledger_entry, ledger_posting, ledger_lot, ledger_wallet, holder_successor, ledger_holder;
DROP FUNCTION ledger_one_step();
DROP SEQUENCE ledger_posting_id, ledger_entry_id;
"""
