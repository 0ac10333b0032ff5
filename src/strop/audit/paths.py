"""Which rule a thing from outside falls under, by its dotted path: the table behind S002-S005, S009-S014.

The longest entry that a path begins with decides, a part at a time. `socket.*` stands for everything inside of `socket` and not
for the module itself: importing is not using. An empty rule is an exception: harmless.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

DYNAMIC, PROCESS, NETWORK, MODEL = "S002", "S003", "S004", "S005"
FILES, INTROSPECTION, ENVIRONMENT, PROGRAM, INTERNALS = "S009", "S010", "S011", "S012", "S013"
HARMLESS = ""


def _each(rule: str, prefix: str, names: str) -> Iterable[tuple[str, str]]:
    return ((f"{prefix}.{name}" if prefix else name, rule) for name in names.split())


_DYNAMIC = (
    *_each(DYNAMIC, "builtins", "exec eval compile __import__ __build_class__"),
    *_each(
        DYNAMIC, "", "importlib.* runpy.* code.* codeop.* imp.* zipimport.* pkgutil.resolve_name pkgutil.find_loader"
    ),
    *_each(HARMLESS, "importlib", "metadata"),
    *_each("S009", "importlib", "resources.*"),
    *_each(DYNAMIC, "types", "FunctionType CodeType LambdaType"),
    *_each(DYNAMIC, "marshal", "load loads"),
    *_each(DYNAMIC, "pickle", "load loads Unpickler"),
    *_each(DYNAMIC, "_pickle", "load loads Unpickler"),
    *_each(DYNAMIC, "cPickle", "load loads Unpickler"),
    *_each(DYNAMIC, "dill", "load loads"),
    *_each(DYNAMIC, "cloudpickle", "load loads"),
    *_each(DYNAMIC, "joblib", "load"),
    *_each(DYNAMIC, "cProfile", "run runctx"),
    *_each(DYNAMIC, "profile", "run runctx"),
    *_each(DYNAMIC, "pdb", "run runeval runcall"),
    *_each(DYNAMIC, "doctest", "*"),
    *_each(DYNAMIC, "py_compile", "compile"),
    *_each(DYNAMIC, "pandas", "eval"),
    *_each(DYNAMIC, "numexpr", "evaluate"),
)
_PROCESS = (
    *_each(PROGRAM, "subprocess", "*"),
    *_each(
        HARMLESS, "subprocess", "PIPE STDOUT DEVNULL TimeoutExpired CalledProcessError SubprocessError CompletedProcess"
    ),
    *_each(HARMLESS, "subprocess", "list2cmdline"),
    *_each(PROGRAM, "os", "system popen posix_spawn posix_spawnp startfile"),
    *_each(PROGRAM, "os", "execl execle execlp execlpe execv execve execvp execvpe"),
    *_each(PROGRAM, "os", "spawnl spawnle spawnlp spawnlpe spawnv spawnve spawnvp spawnvpe"),
    *_each(PROCESS, "os", "fork forkpty"),
    *_each(PROGRAM, "platform", "popen"),
    *_each(PROGRAM, "pty", "spawn"),
    *_each(PROCESS, "pty", "fork"),
    *_each(PROCESS, "multiprocessing", "*"),
    *_each(
        HARMLESS, "multiprocessing", "cpu_count TimeoutError dummy pool.ThreadPool current_process pool.ThreadPool()"
    ),
    *_each(HARMLESS, "multiprocessing", "pool pool.AsyncResult Lock RLock Queue SimpleQueue Value Array Event"),
    *_each(PROCESS, "multiprocessing", "pool.Pool"),
    *_each(PROCESS, "concurrent.futures", "ProcessPoolExecutor process.*"),
    *_each(PROGRAM, "asyncio", "create_subprocess_exec create_subprocess_shell subprocess.create_subprocess_exec"),
    *_each(PROCESS, "", "ctypes.* cffi.* _ctypes.* cppyy.*"),
    *_each(PROGRAM, "", "pexpect.* sh.* plumbum.* psutil.Popen commands.* _posixsubprocess.*"),
    *_each(PROCESS, "joblib", "Parallel"),
    *_each(PROCESS, "", "ray.* dask.distributed.* loky.* pathos.* billiard.*"),
)
_NETWORK = (
    *_each(NETWORK, "", "socket.* socketserver.* ssl.* ftplib.* smtplib.* poplib.* imaplib.* nntplib.* telnetlib.*"),
    *_each(HARMLESS, "socket", "timeout error gaierror herror"),
    *_each(
        NETWORK,
        "",
        "urllib.request.* urllib.urlopen urllib.urlretrieve urllib2.* urllib3.* http.client.* http.server.*",
    ),
    *_each(
        NETWORK, "", "requests.* httpx.* aiohttp.* websocket.* websockets.* paramiko.* grpc.* zmq.* pycurl.* httplib2.*"
    ),
    *_each(NETWORK, "", "xmlrpc.client.* xmlrpc.server.* webbrowser.* wsgiref.* asyncore.* boto3.* fabric.* redis.*"),
    *_each(NETWORK, "asyncio", "open_connection start_server open_unix_connection start_unix_server"),
    *_each(NETWORK, "multiprocessing.connection", "*"),
)
_MODEL = (
    *_each(
        MODEL, "", "openai.* anthropic.* cohere.* litellm.* ollama.* groq.* together.* replicate.* mistralai.* vllm.*"
    ),
    *_each(
        MODEL,
        "",
        "google.generativeai.* google.genai.* vertexai.* llama_cpp.* gpt4all.* ctransformers.* dspy.* guidance.*",
    ),
    *_each(MODEL, "", "langchain.* langchain_openai.* langchain_community.* langchain_anthropic.* huggingface_hub.*"),
    *_each(MODEL, "", "transformers.* exllamav2.* xllamacpp.* instructor.* llm.* openrouter.* ai21.* fireworks.*"),
)
_FILES = (
    *_each(FILES, "", "builtins.open io.open io.open_code io.FileIO codecs.open _io.open _io.FileIO tokenize.open"),
    *_each(FILES, "os", "open read write fdopen listdir walk fwalk scandir remove unlink rename renames replace rmdir"),
    *_each(FILES, "os", "removedirs mkdir makedirs stat lstat chmod chown chdir fchdir getcwd getcwdb link symlink"),
    *_each(FILES, "os", "readlink truncate utime access mkfifo mknod statvfs sendfile chroot pread pwrite ftruncate"),
    *_each(
        FILES,
        "os.path",
        "exists lexists isfile isdir islink ismount getsize getmtime getctime getatime realpath samefile",
    ),
    *_each(FILES, "", "shutil.* tempfile.* glob.* fileinput.* linecache.* sqlite3.* shelve.* dbm.* filecmp.* mmap.*"),
    *_each(
        HARMLESS, "", "shutil.get_terminal_size sqlite3.Error sqlite3.OperationalError glob.escape sqlite3.connect()"
    ),
    *_each(
        FILES, "", "zipfile.ZipFile zipfile.PyZipFile tarfile.* gzip.open gzip.GzipFile bz2.open bz2.BZ2File lzma.open"
    ),
    *_each(FILES, "", "lzma.LZMAFile zipfile.is_zipfile logging.FileHandler logging.handlers.* aiofiles.* h5py.*"),
    *_each(
        FILES, "pathlib.Path()", "open read_text read_bytes write_text write_bytes exists is_file is_dir iterdir glob"
    ),
    *_each(
        FILES, "pathlib.Path()", "rglob mkdir rmdir unlink rename replace stat lstat touch chmod symlink_to hardlink_to"
    ),
    *_each(FILES, "pathlib.Path()", "owner group samefile readlink is_symlink walk"),
    *_each(FILES, "pathlib.Path", "home cwd"),
    *_each(
        FILES,
        "numpy",
        "save savez savez_compressed load loadtxt savetxt genfromtxt fromfile memmap DataSource fromregex",
    ),
    *_each(FILES, "numpy", "lib.format.open_memmap lib.npyio.*"),
    *_each(FILES, "pandas", "read_csv read_json read_pickle read_parquet read_excel read_table read_hdf read_feather"),
    *_each(FILES, "joblib", "dump Memory"),
    *_each(FILES, "scipy.io", "*"),
)
_INTROSPECTION = (
    *_each(INTROSPECTION, "", "inspect.* dis.* bdb.* trace.*"),
    *_each(HARMLESS, "inspect", "cleandoc isfunction isclass ismethod isbuiltin isgenerator iscoroutinefunction"),
    *_each(INTROSPECTION, "gc", "get_objects get_referrers get_referents garbage callbacks get_stats"),
    *_each(
        INTROSPECTION,
        "sys",
        "_getframe _current_frames _current_exceptions modules settrace setprofile gettrace getprofile",
    ),
    *_each(
        INTROSPECTION, "sys", "exc_info()[] last_traceback last_value _getframemodulename addaudithook monitoring.*"
    ),
    *_each(INTROSPECTION, "threading", "settrace setprofile _active"),
    *_each(
        INTROSPECTION, "traceback", "walk_tb walk_stack extract_stack extract_tb StackSummary.* TracebackException.*"
    ),
)
_ENVIRONMENT = (
    *_each(
        ENVIRONMENT,
        "os",
        "environ environb getenv getenvb putenv unsetenv uname getuid geteuid getgid getegid getlogin",
    ),
    *_each(ENVIRONMENT, "os", "getppid getgroups path.expandvars get_exec_path getloadavg sysconf confstr"),
    *_each(ENVIRONMENT, "sys", "argv orig_argv flags _xoptions"),
    *_each(
        ENVIRONMENT, "", "platform.* getpass.* pwd.* grp.* site.* sysconfig.* dotenv.* decouple.* environ.* psutil.*"
    ),
    *_each(ENVIRONMENT, "socket", "gethostname getfqdn"),
)
_INTERNALS = (
    *_each(INTERNALS, "", "strop.* channel.* frames.* handles.* __main__.*"),
    *_each(INTERNALS, "", "channel frames handles __main__ strop"),
)
TABLE: dict[str, str] = dict(
    [*_DYNAMIC, *_PROCESS, *_NETWORK, *_MODEL, *_FILES, *_INTROSPECTION, *_ENVIRONMENT, *_INTERNALS]
)
"""Path or `path.*` → rule."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


HIDDEN = _words(
    """
    __globals__ __closure__ __code__ __subclasses__ __builtins__ cell_contents f_back f_locals f_globals f_builtins f_code
    tb_frame tb_next gi_frame cr_frame ag_frame gi_code func_globals func_code co_consts co_names co_code co_varnames
    """
)
"""Attributes of whatever object that lead into frames, closures and classes (S010)."""

HIDDEN_ELSEWHERE = _words(
    "__defaults__ __kwdefaults__ __self__ __wrapped__ __loader__ __spec__ __dict__ __bases__ __base__ __mro__"
)
"""The same, of what is not the program's own."""

FILE_METHODS = _words("tofile read_text write_text read_bytes write_bytes to_csv to_pickle savefig")
"""Methods that use a file, of whatever is not the program's own (S009)."""


@lru_cache(maxsize=4096)
def rule_of(path: str) -> tuple[str, str]:
    """The rule for `path`, and the entry of the table that decides; ("", "") where there is none."""
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        begin = ".".join(parts[:length])
        if begin in TABLE:
            return TABLE[begin], begin
        # What a call gave is no part of the module any more: `subprocess.run().returncode`.
        if length < len(parts) and not parts[length].endswith("()") and f"{begin}.*" in TABLE:
            return TABLE[f"{begin}.*"], ".".join(parts[: length + 1])
    return HARMLESS, ""
