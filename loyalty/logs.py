"""JSON logs through structlog, one object a line, without local variables (they hold people's data)."""

from __future__ import annotations

import re
from typing import Any

import structlog

_SIGNED = re.compile(r"/[^/\s:]+:[^/\s]{8,}")
"""A segment of a path that is signed: what follows from it is done for whoever holds it."""


def without_query(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """What is typed into a search box, or comes with a call, is about people: a line keeps the path alone."""
    request = event.get("request")
    if isinstance(request, str):
        event["request"] = request.partition("?")[0]
    return event


def without_tokens(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """A link in a mail says "not me" or leaves a household for whoever has it: the log has it not."""
    for name in ("request", "event"):
        if isinstance(said := event.get(name), str) and ":" in said:
            event[name] = _SIGNED.sub("/...", said)
    return event


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    without_query,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.PositionalArgumentsFormatter(),
    without_tokens,
]


def configuration(*, debug: bool) -> dict[str, Any]:
    """Django's LOGGING, and structlog set up to go through it."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.processors.StackInfoRenderer(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _SHARED,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.dict_tracebacks if debug else structlog.processors.format_exc_info,
                    structlog.processors.JSONRenderer(),
                ],
            }
        },
        "handlers": {"stream": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stream"], "level": "WARNING"},
        "loggers": {
            name: {"level": "INFO"}
            for name in ("loyalty", "earning", "activity", "ledger", "members", "django_structlog", "celery")
        }
        | {"django_structlog.celery": {"level": "WARNING"}},  # a doorbell is not worth a line
    }
