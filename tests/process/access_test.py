#!/usr/bin/env python3
"""A server that other machines reach: TLS with reload, clients' certificates, tokens by the command line and a client in
another language; and the refusal to be reached without them.

    access_test.py DAYBOOKD DAYBOOK
"""
import json
import os
import pathlib
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

import grpc

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "clients" / "python"))
from support.server import DidNotStart, Programs, Server, USAGE
from support import stubs  # makes the classes that the client imports

# pylint: disable=wrong-import-order,wrong-import-position
from daybook_client import DaybookClient, Refused

WAIT_SECONDS = 60

programs = None


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


class Authority:
    """Signs certificates for 127.0.0.1."""

    def __init__(self, folder):
        self.folder = folder
        self.key, self.certificate = folder / "ca.key", folder / "ca.pem"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                "-subj", "/CN=test authority", "-keyout", self.key, "-out", self.certificate)

    def sign(self, name):
        """Paths of a new certificate and its key."""
        key, request, certificate = (self.folder / f"{name}.{kind}" for kind in ("key", "csr", "pem"))
        extensions = self.folder / f"{name}.ext"
        extensions.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                "-keyout", key, "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial",
                "-days", "1", "-extfile", extensions, "-out", certificate)
        return certificate, key


class AccessTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="daybook-access.")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.authority = Authority(self.folder)
        self.certificate, self.key = self.folder / "server.pem", self.folder / "server.key"
        self.install(*self.authority.sign("first"))
        self.data = self.folder / "data"
        self.server = None

    def start(self, *options):
        self.server = Server(programs, self.data, "--segment-mb", "8", "--require-tokens", "--tls-cert",
                             str(self.certificate), "--tls-key", str(self.key), *options).start()
        self.addCleanup(self.server.kill)

    def install(self, certificate, key):
        """Puts a pair where the server looks, each file whole."""
        for source, target in ((certificate, self.certificate), (key, self.key)):
            new = target.with_suffix(".new")
            new.write_bytes(pathlib.Path(source).read_bytes())
            os.replace(new, target)

    def daybook(self, *arguments, token=None, code=0, options=()):
        result = subprocess.run(
            [programs.daybook, "--server", self.server.target, "--tls-ca", self.authority.certificate, "--token-file",
             token or self.data / "admin.token", *options, *arguments], capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, code, result.stderr)
        return result

    def serving_certificate(self):
        host, port = self.server.target.split(":")
        return ssl.get_server_certificate((host, int(port)))

    def await_certificate(self, wanted):
        wanted = ssl.DER_cert_to_PEM_cert(ssl.PEM_cert_to_DER_cert(wanted.read_text()))
        until = time.monotonic() + WAIT_SECONDS
        while self.serving_certificate() != wanted:
            self.assertLess(time.monotonic(), until, self.server.log)
            time.sleep(0.1)

    def await_log(self, text):
        until = time.monotonic() + WAIT_SECONDS
        while text not in self.server.log:
            self.assertLess(time.monotonic(), until, self.server.log)
            time.sleep(0.1)

    def test_tokens_by_the_command_line_and_a_client_in_another_language(self):
        self.start()
        agent, auditor = self.folder / "agent.token", self.folder / "auditor.token"
        self.daybook("token", "issue", "desk", "--principal", "desk-1", "--role", "agent", "--out", agent)
        self.daybook("token", "issue", "audit", "--principal", "auditor-1", "--role", "auditor", "--out", auditor)
        self.assertEqual(agent.stat().st_mode & 0o777, 0o600)
        token = agent.read_text().strip()

        root = self.authority.certificate.read_bytes()
        with DaybookClient(self.server.target, tls_ca=root, token=token) as client:
            client.register("ada", name="Ada Lovelace", email="ada@example.org")
            self.assertEqual(client.find_by_email("ada@example.org"), ["customers/ada"])
        self.daybook("customer", "show", "ada", token=agent, options=("--read-purpose", "service"))
        records = [json.loads(line) for line in self.daybook(
            "--output", "json", "access", "list", "--customer", "ada", token=auditor).stdout.splitlines()]
        self.assertEqual([(r["actor"]["id"], r["method"].rpartition("/")[2], r["purpose"]) for r in records],
                         [("desk-1", "GetCustomer", "service")])
        self.daybook("access", "list", token=agent, code=1)

        self.daybook("tenant", "create", "acme", "--days-in", "Europe/London", "--currency", "GBP", "--language",
                     "en-GB")
        self.assertIn("acme", self.daybook("tenant", "list").stdout)
        acme = self.folder / "acme.token"
        self.daybook("token", "issue", "boss", "--principal", "boss-1", "--role", "admin", "--tenant", "acme", "--out",
                     acme)
        self.daybook("customer", "show", "ada", token=acme, code=1)

        self.daybook("token", "revoke", "desk")
        with DaybookClient(self.server.target, tls_ca=root, token=token) as client:
            with self.assertRaises(Refused) as refused:
                client.find_by_email("ada@example.org")
            self.assertEqual(refused.exception.reason, "TOKEN_INVALID")
        listed = self.daybook("token", "list").stdout
        self.assertIn("desk-1", listed)
        self.assertNotIn(token, listed)
        self.assertNotIn(token.removeprefix("daybook_"), self.server.log)

    def test_tokens_live_through_a_kill(self):
        self.start()
        agent = self.folder / "agent.token"
        self.daybook("token", "issue", "desk", "--principal", "desk-1", "--role", "agent", "--out", agent)
        self.server.kill()
        self.server.start()
        self.daybook("customer", "register", "ada", "--kind", "person", token=agent)

    def test_a_new_certificate_is_taken_and_a_broken_one_is_not(self):
        self.start()
        self.await_certificate(self.authority.folder / "first.pem")
        self.install(*self.authority.sign("second"))
        self.await_certificate(self.authority.folder / "second.pem")
        self.daybook("ledger", "info")

        # A key that is not the certificate's.
        certificate, _ = self.authority.sign("third")
        self.install(certificate, self.authority.folder / "second.key")
        self.await_log("the key is not the certificate's")
        self.await_certificate(self.authority.folder / "second.pem")
        self.daybook("ledger", "info")
        # Not PEM at all, and a file that is gone.
        self.certificate.write_text("rubbish\n")
        self.await_log("no certificate in PEM form")
        self.certificate.unlink()
        self.await_log("cannot be read")
        self.daybook("ledger", "info")

        self.install(*self.authority.sign("fourth"))
        self.await_certificate(self.authority.folder / "fourth.pem")
        self.daybook("ledger", "info")

    def test_clients_show_certificates_where_they_are_asked_for(self):
        self.start("--tls-client-ca", str(self.authority.certificate))
        self.daybook("ledger", "info", code=3, options=("--timeout", "5"))
        certificate, key = self.authority.sign("client")
        self.daybook("ledger", "info", options=("--tls-cert", certificate, "--tls-key", key))
        stranger = Authority(pathlib.Path(tempfile.mkdtemp(dir=self.folder)))
        certificate, key = stranger.sign("stranger")
        self.daybook("ledger", "info", code=3, options=("--timeout", "5", "--tls-cert", certificate, "--tls-key", key))

    def test_without_a_token_or_tls_nothing_is_said(self):
        self.start()
        result = subprocess.run([programs.daybook, "--server", self.server.target, "--tls-ca",
                                 self.authority.certificate, "ledger", "info"], capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn("TOKEN_MISSING", result.stderr)
        with grpc.insecure_channel(self.server.target) as channel:
            with self.assertRaises(grpc.RpcError) as refused:
                stubs.ledger_pb2_grpc.LedgerServiceStub(channel).GetLedger(
                    stubs.ledger_pb2.GetLedgerRequest(), timeout=20)
        self.assertEqual(refused.exception.code(), grpc.StatusCode.UNAVAILABLE)

    def test_other_machines_reach_it_only_with_tls_and_tokens(self):
        tls = ("--tls-cert", str(self.certificate), "--tls-key", str(self.key))
        for options, why in (((), "whoever reaches"), (("--require-tokens",), "without TLS"), (tls, "without tokens")):
            with self.assertRaises(DidNotStart) as refused:
                Server(programs, self.data, *options).start(again_at="0.0.0.0:0")
            self.assertEqual(refused.exception.code, USAGE)
            self.assertIn(why, refused.exception.log)
        self.assertFalse(self.data.exists())
        self.server = Server(programs, self.data, "--segment-mb", "8", "--require-tokens", *tls)
        self.server.start(again_at="0.0.0.0:0")
        self.addCleanup(self.server.kill)
        self.daybook("ledger", "info")


def main():
    global programs
    programs = Programs(*sys.argv[1:3])
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)


if __name__ == "__main__":
    main()
