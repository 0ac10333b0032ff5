"""OpenTelemetry: spans over OTLP/HTTP to the endpoint of the OTEL_* variables (extra `otel`)."""

from __future__ import annotations

import logging
import os
from collections import deque

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event as SpanEvent
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from strop.base.events import Event
from strop.report.tracking.base import Subject
from strop.report.tracking.spans import KINDS, Span, Spans
from strop.store import Stored

_KINDS = {"internal": SpanKind.INTERNAL, "client": SpanKind.CLIENT}


def make(subject: Subject) -> OpenTelemetry:
    """See the class."""
    return OpenTelemetry(subject)


class OpenTelemetry:
    """Sends spans that have ended. Endpoint, headers, time limits and resource come from the standard variables."""

    kinds = KINDS

    def __init__(self, subject: Subject) -> None:
        self._spans = Spans(subject.facts, content=subject.content)
        self._waiting: list[ReadableSpan] = []
        self._log = _ExporterLog()
        service = {} if "OTEL_SERVICE_NAME" in os.environ else {"service.name": "strop"}
        self._resource = Resource.create(service)
        self._scope = InstrumentationScope("strop")
        self._exporter = OTLPSpanExporter()

    def event(self, stored: Stored[Event], *, known: bool) -> None:
        """Prepare the spans that end with it."""
        ended = self._spans.add(stored)
        if not known:
            self._waiting += [self._readable(span) for span in ended]

    def flush(self) -> None:
        """Send them. Raises ConnectionError with the exporter's reason."""
        if self._waiting and self._exporter.export(self._waiting) is not SpanExportResult.SUCCESS:
            raise ConnectionError(self._log.last or "the collector did not take the spans")
        self._waiting = []

    def close(self) -> None:
        """Close the connection."""
        self._exporter.shutdown()
        self._log.close()

    def _readable(self, span: Span) -> ReadableSpan:
        attributes = {name: _sendable(value) for name, value in span.attributes.items()}
        if span.error:
            attributes["error.type"] = span.error
        return ReadableSpan(
            name=span.name,
            context=self._context(span.id),
            parent=None if span.parent is None else self._context(span.parent),
            resource=self._resource,
            attributes=attributes,
            events=[SpanEvent(note.name, note.attributes, _nanoseconds(note.at)) for note in span.notes],
            kind=_KINDS[span.kind],
            status=Status(StatusCode.ERROR, span.error) if span.error else Status(StatusCode.UNSET),
            start_time=_nanoseconds(min(span.start, span.end)),
            end_time=_nanoseconds(span.end),
            instrumentation_scope=self._scope,
        )

    def _context(self, number: int) -> SpanContext:
        return SpanContext(self._spans.trace, number, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))


class _ExporterLog(logging.Handler):
    """Keeps the log messages of the exporter, which are its only report of a failure, from the terminal."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._messages: deque[str] = deque(maxlen=2)
        self._logger = logging.getLogger("opentelemetry.exporter")
        self._logger.addHandler(self)
        self._logger.propagate = False

    def emit(self, record: logging.LogRecord) -> None:
        self._messages.append(record.getMessage())

    @property
    def last(self) -> str:
        """The last message, or the reason of the last repeated attempt."""
        reasons = [text.partition(" encountered while")[0] for text in self._messages if " encountered while" in text]
        return [*self._messages, *reasons][-1] if self._messages else ""

    def close(self) -> None:
        self._logger.removeHandler(self)
        self._logger.propagate = True
        super().close()


def _sendable(value: object) -> object:
    """Lone surrogates of a guest's text as escapes: no protocol carries them."""
    return value.encode("utf-8", "backslashreplace").decode("utf-8") if isinstance(value, str) else value


def _nanoseconds(at: float) -> int:
    return int(at * 1e9)
