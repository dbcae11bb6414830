"""Python classes of the services, generated from proto/ into a temporary folder when this module is first imported.

    from support.stubs import sales_pb2, sales_pb2_grpc
"""
import atexit
import pathlib
import shutil
import subprocess
import sys
import tempfile

PROTO = pathlib.Path(__file__).resolve().parents[3] / "proto"


def generate(folder):
    """Generates the classes into `folder` and puts it on Python's path."""
    sources = sorted(str(p.relative_to(PROTO)) for p in PROTO.glob("**/*.proto"))
    plugin = shutil.which("grpc_python_plugin")
    # protoc of the system and not that of grpc_tools: Debian 12's is too old for proto3's `optional`.
    subprocess.run(["protoc", f"-I{PROTO}", f"--plugin=protoc-gen-grpc_python={plugin}", f"--python_out={folder}",
                    f"--grpc_python_out={folder}", *sources], check=True)
    sys.path.insert(0, str(folder))


_folder = tempfile.mkdtemp(prefix="daybook-stubs.")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
generate(_folder)

# pylint: disable=wrong-import-position,unused-import
from daybook.event.v1 import loyalty_pb2 as loyalty_events_pb2
from daybook.v1 import (common_pb2, customers_pb2, customers_pb2_grpc, errors_pb2, ledger_pb2, ledger_pb2_grpc,
                        loyalty_pb2, loyalty_pb2_grpc, policies_pb2, policies_pb2_grpc, sales_pb2, sales_pb2_grpc,
                        views_pb2, views_pb2_grpc)
