"""The scripts of tools/examples, run on a ledger that stays, and the files that they are meant for."""
import json
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[3]
EXAMPLES = ROOT / "tools" / "examples"


def data_file(name):
    """A file of real data; None if this machine does not have it. DAYBOOK_DATA names its folder."""
    path = pathlib.Path(os.environ.get("DAYBOOK_DATA", ROOT.parent / "shared" / "data")) / name
    return path if path.is_file() else None


def run(programs, script, folder, *arguments):
    """What a script prints, and what it says meanwhile. Its ledger is `folder`/ledger, before and after."""
    environment = dict(os.environ, DAYBOOK_BIN=str(pathlib.Path(programs.daybookd).parent),
                       DAYBOOK_KEEP=str(folder / "ledger"), TMPDIR=str(folder))
    done = subprocess.run([EXAMPLES / script, *arguments], env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(f"{script} ended with {done.returncode}: {done.stderr}")
    return json.loads(done.stdout), done.stderr


def begin_import(programs, server, folder, mapping, *arguments):
    """An import into a running server, under way."""
    command = [programs.daybook, "--server", server.target, "import", "--mapping", EXAMPLES / mapping,
               "--refused", folder / "refused.csv", "--temp", folder, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
