"""The table of rules S002, S003, S005, S012 and S013: which modules and builtins each forbids, by dotted path.

The longest entry that matches the first parts of a path decides. `socket.*` matches everything inside `socket` but not the module
itself: importing is not using. Entries under HARMLESS are exceptions, which no rule forbids.
"""

from __future__ import annotations

from functools import lru_cache

DYNAMIC, PROCESS, MODEL, PROGRAM, INTERNALS = "S002", "S003", "S005", "S012", "S013"
HARMLESS = ""


_ENTRIES = {
    DYNAMIC: """
        importlib.* runpy.* code.* codeop.* imp.* zipimport.* pkgutil.resolve_name pkgutil.find_loader marshal.load
        marshal.loads dill.load dill.loads cloudpickle.load cloudpickle.loads joblib.load cProfile.run cProfile.runctx
        profile.run profile.runctx doctest.* py_compile.compile pandas.eval numexpr.evaluate
        builtins: exec eval compile __import__ __build_class__
        types: FunctionType CodeType LambdaType
        pickle: load loads Unpickler
        _pickle: load loads Unpickler
        cPickle: load loads Unpickler
        pdb: run runeval runcall
    """,
    PROCESS: """
        os.fork os.forkpty pty.fork multiprocessing.* multiprocessing.pool.Pool concurrent.futures.ProcessPoolExecutor
        concurrent.futures.process.* ctypes.* cffi.* _ctypes.* cppyy.* joblib.Parallel ray.* dask.distributed.* loky.*
        pathos.* billiard.*
    """,
    PROGRAM: """
        subprocess.* platform.popen pty.spawn pexpect.* sh.* plumbum.* psutil.Popen commands.* _posixsubprocess.*
        os: system popen posix_spawn posix_spawnp startfile execl execle execlp execlpe execv execve execvp execvpe
        os: spawnl spawnle spawnlp spawnlpe spawnv spawnve spawnvp spawnvpe
        asyncio: create_subprocess_exec create_subprocess_shell subprocess.create_subprocess_exec
    """,
    MODEL: """
        openai.* anthropic.* cohere.* litellm.* ollama.* groq.* together.* replicate.* mistralai.* vllm.*
        google.generativeai.* google.genai.* vertexai.* llama_cpp.* gpt4all.* ctransformers.* dspy.* guidance.*
        langchain.* langchain_openai.* langchain_community.* langchain_anthropic.* huggingface_hub.* transformers.*
        exllamav2.* xllamacpp.* instructor.* llm.* openrouter.* ai21.* fireworks.*
    """,
    INTERNALS: """
        strop.* channel.* frames.* handles.* __main__.* channel frames handles __main__ strop
    """,
    HARMLESS: """
        importlib.metadata subprocess.list2cmdline
        subprocess: PIPE STDOUT DEVNULL TimeoutExpired CalledProcessError SubprocessError CompletedProcess
        multiprocessing: cpu_count TimeoutError dummy pool.ThreadPool current_process pool.ThreadPool() pool
        multiprocessing: pool.AsyncResult Lock RLock Queue SimpleQueue Value Array Event
    """,
}
"""Rule → its paths; a line that begins with a prefix and a colon lists names in that module."""


def _table() -> dict[str, str]:
    table: dict[str, str] = {}
    for rule, text in _ENTRIES.items():
        for line in text.split("\n"):
            prefix, colon, names = line.strip().rpartition(":")
            table.update({f"{prefix}.{name}" if colon else name: rule for name in names.split()})
    return table


TABLE = _table()
"""Path or `path.*` → rule."""


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


@lru_cache(maxsize=4096)
def rule_of(path: str) -> tuple[str, str]:
    """(the rule for `path`, the entry of the table that decides); ("", "") if there is none."""
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        begin = ".".join(parts[:length])
        if begin in TABLE:
            return TABLE[begin], begin
        if length < len(parts) and parts[length].endswith("()"):
            return HARMLESS, ""  # the result of a call is not part of the module: `subprocess.run().returncode`
        if length < len(parts) and f"{begin}.*" in TABLE:
            return TABLE[f"{begin}.*"], ".".join(parts[: length + 1])
    return HARMLESS, ""
