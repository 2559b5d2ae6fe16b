"""The floor: COPY of every row the pipeline wrote, a receipt line a row, into bare tables without keys or checks."""

from __future__ import annotations

import statistics
import time
from typing import Any

from loyalty import owner

# every table the pipeline grew, with what is copied of it; activity's arrays become rows of their own
TABLES = {
    "activity": "SELECT activity_id, occurred_on, occurred_at, kind, source_id, external_id, original_external_id,"
    " bearer_id, store_id, channel, currency, gross, net, event_type, tenders, attributes, file_id, recorded_at"
    " FROM activity",
    "line": "SELECT a.activity_id, a.occurred_on, l.* FROM activity a,"
    " unnest(a.states, a.quantities, a.grosses, a.discounts, a.nets) AS l(state, quantity, gross, discount, net)",
    "activity_key": "SELECT * FROM activity_key",
    "attribution": "SELECT * FROM attribution",
    "mark": "SELECT t.attribution_id AS mark_id, (t.holder_id % 64)::smallint AS bucket, t.holder_id, t.activity_id,"
    " t.occurred_on, 'landed'::text AS reason, t.at FROM attribution t",
    "award": "SELECT * FROM award",
    "posting": "SELECT * FROM ledger_posting",
    "lot": "SELECT * FROM ledger_lot",
    "entry": "SELECT * FROM ledger_entry",
    "wallet": "SELECT * FROM ledger_wallet",
    "bearer": "SELECT * FROM bearer",
    "inbound_chunk": "SELECT * FROM inbound_chunk",
}


def measure(times: int) -> dict[str, Any]:
    """Median seconds of `times` runs, and how many rows each run copied."""
    with owner.connect() as owning:
        data: dict[str, bytes] = {}
        rows = 0
        for name, query in TABLES.items():
            owning.execute(f"DROP TABLE IF EXISTS floor_{name}")
            owning.execute(f"CREATE TABLE floor_{name} AS {query} WITH NO DATA")
            with owning.cursor().copy(f"COPY ({query}) TO STDOUT (FORMAT csv)") as copy:
                data[name] = b"".join(copy)
            rows += data[name].count(b"\n")
        taken = []
        for _ in range(times):
            for name in TABLES:
                owning.execute(f"TRUNCATE floor_{name}")
            begun = time.monotonic()
            for name, content in data.items():
                with owning.cursor().copy(f"COPY floor_{name} FROM STDIN (FORMAT csv)") as copy:
                    copy.write(content)
            taken.append(time.monotonic() - begun)
        for name in TABLES:
            owning.execute(f"DROP TABLE floor_{name}")
    return {"seconds": round(statistics.median(taken), 3), "rows": rows}
