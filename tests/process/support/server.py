"""One daybookd as a child process.

    server = Server(programs, data)
    server.start()                 # returns when it serves; raises DidNotStart if it ends instead
    server.target                  # "127.0.0.1:PORT"
    server.kill()                  # kill -9
    server.stop()                  # SIGTERM, drains; returns the exit code

Waiting is for what the server says: its log is read line by line, and "serving" means that it serves. One thread reads
the log; all methods from one thread.
"""
import collections
import json
import os
import pathlib
import subprocess
import threading

Programs = collections.namedtuple("Programs", "daybookd daybook")

# A start replays what the views lack; far more than the tests' data needs on a slow machine.
START_SECONDS = 120
STOP_SECONDS = 60

USAGE, IN_USE, DATA_LOSS = 2, 3, 4  # server/exit_code.h


class DidNotStart(Exception):
    """The server ended before it served: its exit code and its log."""

    def __init__(self, code, log):
        super().__init__(f"daybookd ended with {code}:\n{log}")
        self.code = code
        self.log = log


class Server:
    def __init__(self, programs, data, *options, environment=None):
        self._environment = {**os.environ, **(environment or {})}
        self._command = [str(programs.daybookd), "--data-dir", str(data), *options]
        self._port_file = pathlib.Path(str(data) + ".port")
        self._process = None
        self._lines = []
        self.target = None

    def start(self, again_at=None):
        """Serves on any free port, or at the target of an earlier start."""
        self._port_file.unlink(missing_ok=True)
        self._lines = []
        serving_or_ended = threading.Event()
        self._process = subprocess.Popen([*self._command, "--listen", again_at or "127.0.0.1:0",
                                          "--port-file", str(self._port_file)],
                                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                         env=self._environment)
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout, serving_or_ended), daemon=True)
        self._reader.start()
        if not serving_or_ended.wait(START_SECONDS):
            self.kill()
            raise DidNotStart("no end", self.log)
        if not self._port_file.exists():
            code = self._process.wait()
            self._reader.join()
            self._process = None
            raise DidNotStart(code, self.log)
        self.target = "127.0.0.1:" + self._port_file.read_text().strip().rpartition(":")[2]
        return self

    def _read(self, output, serving_or_ended):
        for line in output:
            self._lines.append(line)
            if _message(line) == "serving":
                serving_or_ended.set()
        output.close()
        serving_or_ended.set()

    @property
    def log(self):
        return "".join(self._lines)

    def is_running(self):
        return self._process is not None

    def kill(self):
        """Ends it as a power switch would end the process; harmless if it does not run."""
        if self._process is None:
            return
        self._process.kill()
        self._finish()

    def stop(self):
        self._process.terminate()
        return self._finish()

    def _finish(self):
        code = self._process.wait(STOP_SECONDS)
        self._reader.join()
        self._process = None
        return code

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.kill()


def _message(line):
    try:
        return json.loads(line).get("message")
    except ValueError:
        return None
