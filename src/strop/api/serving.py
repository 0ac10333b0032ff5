"""The MCP server of `strop serve`: a coding agent sends programs, and strop measures them.

One thread speaks the protocol. Measurements run one at a time in the thread that called `serve`, where signals stop them as they
stop every other command.
"""

from __future__ import annotations

import asyncio
import json
import os
import queue
import re
import select
import signal
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from operator import methodcaller
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from strop.base.as_document import to_json
from strop.base.console import notify, results_stream
from strop.base.errors import ConfigurationError, StropError
from strop.base.interpreter import to_add
from strop.base.terminal_text import escape
from strop.base.version import __version__
from strop.runs.interrupts import stop

if TYPE_CHECKING:
    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
    from mcp.server import Server, ServerRequestContext
    from mcp.shared.message import SessionMessage
    from mcp.types import CallToolRequestParams, CallToolResult, ListToolsResult

Document: TypeAlias = dict[str, Any]
"""A result as `as_document` returns it, with the key `sentence`."""
MOST_BYTES = 8 << 20
"""Most bytes of a message of the client."""
MOST_WAITING = 32
"""Most calls that wait for the running call."""
MOST_UNREAD = 64
"""Most answers that wait for the client to read. With more, the server stops reading messages."""
PROGRESS_SECONDS = 2.0
"""Seconds between two notifications of progress."""
INSTRUCTIONS = """\
strop measures programs that you write. Call `task` first: it says what may change, how it is scored, and what you may spend.
Then call `measure` with candidates. Call `verdict` at the end: it compares the best candidate with the original on inputs
that no measurement used, and ends the search. Report its sentence as it stands."""
_FULL: Document = {
    "full": {"type": "boolean", "description": "Whether to answer with the whole document of the result."}
}
MEASURE_SCHEMA: Document = {
    "type": "object",
    "properties": {
        "files": {
            "type": "object",
            "description": "Path of each changed file, as `task` names it, with its whole new text. Others stay as they are.",
            "additionalProperties": {"type": "string"},
        },
        **_FULL,
    },
    "required": ["files"],
    "additionalProperties": False,
}
NOTHING_SCHEMA: Document = {"type": "object", "properties": {}, "additionalProperties": False}
TOOLS: Mapping[str, tuple[str, Document]] = {
    "task": ("What may change, with its present text, how it is scored, and the budget.", NOTHING_SCHEMA),
    "measure": (
        "Measure one candidate in training, relative to the original. It may take minutes, and counts against the budget, also "
        "if you cancel the request.",
        MEASURE_SCHEMA,
    ),
    "verdict": (
        "End the search, and compare the best candidate with the original on held-out inputs. Later calls give the same.",
        NOTHING_SCHEMA | {"properties": _FULL},
    ),
}
"""Name of a tool → what it does, and the schema of its arguments."""


class OutsideSearch(Protocol):
    """A search by somebody else, on one target."""

    def task(self) -> str:
        """A text for the agent: the files that may change, how a program is scored, and the budget."""
        ...

    def measure(self, files: Mapping[str, str]) -> str | Document:
        """Measure a candidate: path → whole new text.

        Raises:
            ConfigurationError: the candidate cannot be measured; the message says why.
            RunBudgetSpent: nothing more may be measured.
            SearchOver: the verdict was given.
        """
        ...

    def verdict(self) -> Document:
        """End the search, and compare the best candidate with the original on held-out inputs; later calls give the same."""
        ...

    def ways_on(self) -> Sequence[str]:
        """The commands with which the user goes on, a line each."""
        ...


Answer: TypeAlias = str | Document
_SHORT, _MOST_NOTES = ("sentence", "finding", "verdict", "error", "details"), 3
"""What a short answer has of a document, beside the first notes that differ."""
_NO_TEXT = re.compile("[\0\ud800-\udfff]")
"""Characters that no text file can have: NUL, and a lone surrogate."""


class Call(Future[Answer]):
    """A request of the client, which the main thread carries out."""

    def __init__(self, name: str, ask: Callable[[OutsideSearch], Answer]) -> None:
        super().__init__()
        self.name, self.ask = name, ask


def serve(opened: Callable[[], OutsideSearch]) -> None:
    """Serve one client on standard input and output until it closes its end.

    `opened` opens the search; the client can already talk to the server meanwhile.

    Raises:
        ConfigurationError: the MCP SDK is not installed, or the search cannot be opened.
        StropError, KeyboardInterrupt: a signal stopped the server; a note says how to go on.
    """
    client = Client()
    client.begin()
    search = opened()
    try:
        while (call := client.next_call()) is not None:
            if call.set_running_or_notify_cancel():
                carry_out(call, search)
    except (StropError, KeyboardInterrupt) as error:
        if not client.ended_call:
            error.__notes__ = [*search.ways_on()]
            raise
    for line in search.ways_on():
        notify(escape(line, 1000))


def carry_out(call: Call, search: OutsideSearch) -> None:
    """Carry out a call and set its answer. An error is an answer, too, unless the user stopped the server."""
    try:
        answer = call.ask(search)
        call.set_result(answer if isinstance(answer, str) else json.loads(to_json(answer)))
    except StropError as error:
        if stop.since is not None:
            raise
        call.set_exception(error)
    except Exception as error:  # noqa: BLE001 - the client learns that, and no more
        name = type(error).__name__
        notify(f"{call.name} failed: {name}: {escape(str(error), 300)}")
        call.set_exception(StropError(f"strop itself failed ({name}); its standard error says more"))


class Client:
    """The connection to the client on standard input and output, with the client's requests in order."""

    def __init__(self) -> None:
        self.ended_call = False
        """Whether the client left while a call ran, which ended that call."""
        self._gone = False
        self._calls: queue.Queue[Call | None] = queue.Queue()
        self._runs = False
        """Whether the main thread carries out a call."""
        self._lock = threading.Lock()
        self._undelivered: deque[str] = deque()
        """Answers to requests that the client cancelled while they ran."""
        self._lines = 0
        self._reads, self._writes = -1, -1

    def begin(self) -> None:
        """Start to listen to the client. Nothing else can use standard input and output from now on.

        Raises:
            ConfigurationError: the MCP SDK is not installed.
        """
        try:
            import mcp.server.lowlevel  # noqa: F401 - in the thread that can say so
        except ImportError as error:
            raise ConfigurationError(f"strop serve needs the MCP SDK: {to_add('mcp')}") from error
        self._reads, self._writes = os.dup(0), os.dup(results_stream().fileno())
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)  # a scorer or a build must not read the client's messages
        os.close(nothing)
        threading.Thread(target=self._listen, name="strop-client", daemon=True).start()

    def next_call(self) -> Call | None:
        """The next request, for which this waits; None if the client has gone.

        Raises:
            StropError: a signal asked the process to stop.
        """
        with self._lock:
            self._runs = False
        while True:
            with suppress(queue.Empty):
                call = self._calls.get(timeout=0.2)
                with self._lock:
                    self._runs = call is not None and not self._gone
                return call if self._runs else None
            if stop.since is not None:  # a session takes signals without waking this thread
                raise StropError("stopped")

    def _listen(self) -> None:
        try:
            asyncio.run(self._converse())
        except* OSError:  # the client has gone
            pass
        finally:
            self._calls.put(None)
            with self._lock:
                self._gone = True
                self.ended_call = self._runs and stop.since is None
                if self.ended_call:  # nobody will read its answer
                    os.kill(os.getpid(), signal.SIGTERM)

    async def _converse(self) -> None:
        import anyio
        from mcp.server.lowlevel import Server

        server: Server[Any] = Server(
            "strop",
            version=__version__,
            instructions=INSTRUCTIONS,
            on_list_tools=_list_tools,
            on_call_tool=self._call_tool,
        )
        incoming_sink, incoming = anyio.create_memory_object_stream[Any](0)
        outgoing_sink, outgoing = anyio.create_memory_object_stream[Any](0)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._write, outgoing)
            tasks.start_soon(self._read, incoming_sink, outgoing_sink.clone(), tasks.start_soon)
            tasks.start_soon(self._watch, tasks.cancel_scope.cancel)
            await server.run(incoming, outgoing_sink, server.create_initialization_options())
            tasks.cancel_scope.cancel()

    async def _read(
        self,
        incoming_sink: MemoryObjectSendStream[SessionMessage | Exception],
        outgoing_sink: MemoryObjectSendStream[SessionMessage],
        start_soon: Callable[..., object],
    ) -> None:
        """Pass the client's messages on to the server, until the client closes its end."""
        from mcp.shared.message import SessionMessage
        from mcp.types import PARSE_ERROR, ErrorData, JSONRPCError, jsonrpc_message_adapter

        async with incoming_sink, outgoing_sink:
            async for line in lines_of(self._reads):
                self._lines += 1
                while outgoing_sink.statistics().tasks_waiting_send > MOST_UNREAD:
                    await asyncio.sleep(0.1)
                if line is not None and not line.strip():
                    continue
                try:
                    if line is None:
                        raise ValueError(f"a message has more than {MOST_BYTES >> 20} MiB")
                    message = jsonrpc_message_adapter.validate_json(line, by_name=False)
                except ValueError as error:
                    problem = str(error) if line is None else "not a message of JSON-RPC 2.0"
                    refusal = JSONRPCError(jsonrpc="2.0", id=None, error=ErrorData(code=PARSE_ERROR, message=problem))
                    start_soon(outgoing_sink.send, SessionMessage(refusal))
                else:
                    if "arguments" in (params := getattr(message, "params", None) or {}):
                        params["arguments"] = object_of(params["arguments"])
                    await incoming_sink.send(SessionMessage(message))

    async def _write(self, outgoing: MemoryObjectReceiveStream[SessionMessage]) -> None:
        async with outgoing:
            async for reply in outgoing:
                unwritten = reply.message.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n"
                while unwritten:
                    await ready(self._writes, to_write=True)
                    unwritten = unwritten[
                        os.write(self._writes, unwritten[: select.PIPE_BUF]) :
                    ]  # so much does not block

    async def _watch(self, end: Callable[[], None]) -> None:
        """Call `end` when the client has closed its end and the server reads no more of its messages.

        The server stops reading while a client does not read its answers.
        """
        poll, before = select.poll(), -1
        poll.register(self._reads, select.POLLRDHUP)
        while not (poll.poll(0) and before == self._lines):
            before = self._lines
            await asyncio.sleep(1)
        end()

    async def _call_tool(self, context: ServerRequestContext[Any], params: CallToolRequestParams) -> CallToolResult:
        """The answer to a call of a tool. A measurement that the client cancels while it runs ends and counts; the next answer
        reports it."""
        from mcp.shared.exceptions import MCPError
        from mcp.types import INVALID_PARAMS

        if params.name not in TOOLS:
            raise MCPError(INVALID_PARAMS, f"there is no tool {escape(params.name, 80)}; there are {', '.join(TOOLS)}")
        try:
            arguments = params.arguments or {}
            answer = await self._waited_for(self._new_call(params.name, arguments), context)
        except StropError as error:
            return self._result(str(error), is_error=True)
        return self._result(answer if isinstance(answer, str) or arguments.get("full") is True else short(answer))

    def _new_call(self, name: str, arguments: Document) -> Call:
        """A new call at the end of the queue.

        Raises:
            ConfigurationError: its arguments are wrong, or too many calls wait.
        """
        unknown = {*arguments} - {*TOOLS[name][1]["properties"]}
        if unknown:
            raise ConfigurationError(f"{name} takes no argument {escape(min(unknown), 80)}")
        if name == "measure":
            call = Call(name, methodcaller(name, files_of(object_of(arguments.get("files")))))
        else:
            call = Call(name, methodcaller(name))
        if self._calls.qsize() >= MOST_WAITING:
            raise ConfigurationError(
                f"{MOST_WAITING} calls wait already; nothing was measured: wait for an answer first"
            )
        self._calls.put(call)
        return call

    async def _waited_for(self, call: Call, context: ServerRequestContext[Any]) -> Answer:
        began, waiting = time.monotonic(), asyncio.wrap_future(call)
        try:
            while not waiting.done():
                state = "it runs" if call.running() else "it waits for its turn"
                await context.session.report_progress(time.monotonic() - began, message=state)
                await asyncio.wait([waiting], timeout=PROGRESS_SECONDS)
        except asyncio.CancelledError:
            if not call.cancel():
                call.add_done_callback(self._keep_undelivered)
            waiting.cancel()  # nobody will ask for its result
            raise
        return waiting.result()

    def _keep_undelivered(self, call: Future[Answer]) -> None:
        error = call.exception()
        self._undelivered.append(str(error) if error else sentence_of(call.result()))

    def _result(self, answer: Answer, *, is_error: bool = False) -> CallToolResult:
        """An answer in the form of the protocol, together with the answers to requests that the client cancelled."""
        from mcp.types import CallToolResult, TextContent

        before = [self._undelivered.popleft() for _ in range(len(self._undelivered))]
        lines = [f"Of a request that you cancelled, which counts: {sentence}" for sentence in before]
        if isinstance(answer, str):
            texts, document = [answer, *lines], None
        else:
            document = answer | ({"cancelled": before} if before else {})
            texts = [in_words(answer), *lines]
        return CallToolResult(
            content=[TextContent(type="text", text=text) for text in texts],
            structured_content=document,
            is_error=is_error,
        )


async def _list_tools(context: ServerRequestContext[Any], params: object) -> ListToolsResult:
    from mcp.types import ListToolsResult, Tool

    tools = [
        Tool(name=name, description=description, input_schema=schema) for name, (description, schema) in TOOLS.items()
    ]
    return ListToolsResult(tools=tools)


def sentence_of(answer: Answer) -> str:
    """The sentence of an answer."""
    return answer if isinstance(answer, str) else str(answer["sentence"])


def short(document: Document) -> Document:
    """What an agent needs of a document: what was found, and why."""
    notes = [*dict.fromkeys(filter(None, document.get("notes", ())))][:_MOST_NOTES]
    found = {name: document[name] for name in _SHORT if document.get(name)}
    return found | ({"notes": notes} if notes else {})


def in_words(document: Document) -> str:
    """A document in a few lines; whole, where it is more than short."""
    if document.keys() - {*_SHORT, "notes"}:
        return json.dumps(document)
    facts = [f"{fact['name']}: {fact['text']}" for fact in document.get("details", ())]
    return "\n".join(filter(None, [document["sentence"], document.get("error"), *facts, *document.get("notes", ())]))


def object_of(value: object) -> object:
    """The object that a client sends; some clients send its JSON text. Anything else is returned as it is."""
    with suppress(ValueError, RecursionError):
        return made if isinstance(value, str) and isinstance(made := json.loads(value), dict) else value
    return value


def files_of(value: object) -> dict[str, str]:
    """Path → text of the files of a candidate that a client sent.

    Raises:
        ConfigurationError: the value is not an object of texts, or a path leads out of the target's folder.
    """
    if not isinstance(value, dict) or not value:
        raise ConfigurationError("`files` must be an object of at least one path with its whole new text")
    files = {}
    for path, text in value.items():
        parts = PurePosixPath(path).parts
        if _NO_TEXT.search(path) or not parts or parts[0] == "/" or ".." in parts:
            raise ConfigurationError(
                f"{escape(path, 200)!r} is not a path inside the target's folder, as `task` names them"
            )
        if not isinstance(text, str) or _NO_TEXT.search(text):
            raise ConfigurationError(f"{escape(path, 200)}: its new text must be a text in UTF-8 without NUL")
        if (name := "/".join(parts)) in files:
            raise ConfigurationError(f"{escape(name, 200)} is given twice")
        files[name] = text
    return files


async def lines_of(descriptor: int) -> AsyncIterator[bytes | None]:
    """The lines that can be read from a descriptor; None in place of a line of more than MOST_BYTES."""
    line = bytearray()
    while True:
        await ready(descriptor)
        if not (chunk := os.read(descriptor, 1 << 16)):
            return
        first, *others = chunk.split(b"\n")
        line += first
        for other in others:
            yield bytes(line) if len(line) <= MOST_BYTES else None
            line = bytearray(other)
        del line[MOST_BYTES + 1 :]


async def ready(descriptor: int, *, to_write: bool = False) -> None:
    """Wait until reading, or writing a little, does not block."""
    loop = asyncio.get_running_loop()
    now = asyncio.Event()
    add, remove = (loop.add_writer, loop.remove_writer) if to_write else (loop.add_reader, loop.remove_reader)
    try:
        add(descriptor, now.set)
    except PermissionError:  # a regular file, which is always ready
        await asyncio.sleep(0)
        return
    try:
        await now.wait()
    finally:
        remove(descriptor)
