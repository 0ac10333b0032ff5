"""The table of rules S002-S005 and S009-S013: which modules and builtins each forbids, by dotted path.

The longest entry that matches the first parts of a path decides. `socket.*` matches everything inside `socket` but not the module
itself: importing is not using. Entries under HARMLESS are exceptions, which no rule forbids.
"""

from __future__ import annotations

from functools import lru_cache

DYNAMIC, PROCESS, NETWORK, MODEL = "S002", "S003", "S004", "S005"
FILES, INTROSPECTION, ENVIRONMENT, PROGRAM, INTERNALS = "S009", "S010", "S011", "S012", "S013"
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
    NETWORK: """
        socket.* socketserver.* ssl.* ftplib.* smtplib.* poplib.* imaplib.* nntplib.* telnetlib.* urllib.request.*
        urllib.urlopen urllib.urlretrieve urllib2.* urllib3.* http.client.* http.server.* requests.* httpx.* aiohttp.*
        websocket.* websockets.* paramiko.* grpc.* zmq.* pycurl.* httplib2.* xmlrpc.client.* xmlrpc.server.*
        webbrowser.* wsgiref.* asyncore.* boto3.* fabric.* redis.* multiprocessing.connection.*
        asyncio: open_connection start_server open_unix_connection start_unix_server
    """,
    MODEL: """
        openai.* anthropic.* cohere.* litellm.* ollama.* groq.* together.* replicate.* mistralai.* vllm.*
        google.generativeai.* google.genai.* vertexai.* llama_cpp.* gpt4all.* ctransformers.* dspy.* guidance.*
        langchain.* langchain_openai.* langchain_community.* langchain_anthropic.* huggingface_hub.* transformers.*
        exllamav2.* xllamacpp.* instructor.* llm.* openrouter.* ai21.* fireworks.*
    """,
    FILES: """
        importlib.resources.* builtins.open io.open io.open_code io.FileIO codecs.open _io.open _io.FileIO
        tokenize.open shutil.* tempfile.* glob.* fileinput.* linecache.* sqlite3.* shelve.* dbm.* filecmp.* mmap.*
        zipfile.ZipFile zipfile.PyZipFile tarfile.* gzip.open gzip.GzipFile bz2.open bz2.BZ2File lzma.open
        lzma.LZMAFile zipfile.is_zipfile logging.FileHandler logging.handlers.* aiofiles.* h5py.* pathlib.Path.home
        pathlib.Path.cwd numpy.lib.format.open_memmap numpy.lib.npyio.* joblib.dump joblib.Memory scipy.io.*
        os: open read write fdopen listdir walk fwalk scandir remove unlink rename renames replace rmdir removedirs
        os: mkdir makedirs stat lstat chmod chown chdir fchdir getcwd getcwdb link symlink readlink truncate utime
        os: access mkfifo mknod statvfs sendfile chroot pread pwrite ftruncate
        os.path: exists lexists isfile isdir islink ismount getsize getmtime getctime getatime realpath samefile
        pathlib.Path(): open read_text read_bytes write_text write_bytes exists is_file is_dir iterdir glob rglob
        pathlib.Path(): mkdir rmdir unlink rename replace stat lstat touch chmod symlink_to hardlink_to owner group
        pathlib.Path(): samefile readlink is_symlink walk
        numpy: save savez savez_compressed load loadtxt savetxt genfromtxt fromfile memmap DataSource fromregex
        pandas: read_csv read_json read_pickle read_parquet read_excel read_table read_hdf read_feather
    """,
    INTROSPECTION: """
        inspect.* dis.* bdb.* trace.*
        gc: get_objects get_referrers get_referents garbage callbacks get_stats
        sys: _getframe _current_frames _current_exceptions modules settrace setprofile gettrace getprofile
        sys: exc_info()[] last_traceback last_value _getframemodulename addaudithook monitoring.*
        threading: settrace setprofile _active
        traceback: walk_tb walk_stack extract_stack extract_tb StackSummary.* TracebackException.*
    """,
    ENVIRONMENT: """
        platform.* getpass.* pwd.* grp.* site.* sysconfig.* dotenv.* decouple.* environ.* psutil.* socket.gethostname
        socket.getfqdn
        os: environ environb getenv getenvb putenv unsetenv uname getuid geteuid getgid getegid getlogin getppid
        os: getgroups path.expandvars get_exec_path getloadavg sysconf confstr
        sys: argv orig_argv flags _xoptions
    """,
    INTERNALS: """
        strop.* channel.* frames.* handles.* __main__.* channel frames handles __main__ strop
    """,
    HARMLESS: """
        importlib.metadata subprocess.list2cmdline shutil.get_terminal_size sqlite3.Error sqlite3.OperationalError
        glob.escape sqlite3.connect()
        subprocess: PIPE STDOUT DEVNULL TimeoutExpired CalledProcessError SubprocessError CompletedProcess
        multiprocessing: cpu_count TimeoutError dummy pool.ThreadPool current_process pool.ThreadPool() pool
        multiprocessing: pool.AsyncResult Lock RLock Queue SimpleQueue Value Array Event
        socket: timeout error gaierror herror
        inspect: cleandoc isfunction isclass ismethod isbuiltin isgenerator iscoroutinefunction
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


HIDDEN = words(
    """
    __globals__ __closure__ __code__ __subclasses__ __builtins__ cell_contents f_back f_locals f_globals f_builtins f_code
    tb_frame tb_next gi_frame cr_frame ag_frame gi_code func_globals func_code co_consts co_names co_code co_varnames
    """
)
"""Attributes of any object that lead into frames, closures and classes (S010)."""

HIDDEN_ELSEWHERE = words(
    "__defaults__ __kwdefaults__ __self__ __wrapped__ __loader__ __spec__ __dict__ __bases__ __base__ __mro__"
)
"""Attributes that lead there too, of objects that are not the program's own (S010)."""

FILE_METHODS = words("tofile read_text write_text read_bytes write_bytes to_csv to_pickle savefig")
"""Methods that use a file, of objects that are not the program's own (S009)."""


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
