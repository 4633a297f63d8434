# SPDX-License-Identifier: Apache-2.0
# A private certificate authority and the good and bad server certificates of the TLS tests.
"""Makes certificates with the openssl command line, in a folder of the caller."""

import atexit
import functools
import hashlib
import pathlib
import shutil
import ssl
import subprocess
import tempfile
import threading
from typing import NamedTuple

LOCAL_NAMES = ("DNS:localhost", "IP:127.0.0.1", "IP:::1")

CA_CONFIG = """
[ca]
default_ca = test_ca
[test_ca]
new_certs_dir = {folder}
database = {folder}/index.txt
rand_serial = yes
default_md = sha256
policy = any_name
email_in_dn = no
unique_subject = no
copy_extensions = none
[any_name]
commonName = supplied
[req]
distinguished_name = name
prompt = no
[name]
[authority]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
"""


# Threads of one test start servers, each of which asks for the same certificate.
_MAKING = threading.Lock()


class Pair(NamedTuple):
    """Paths of a certificate (PEM) and its private key (PEM)."""

    certificate: pathlib.Path
    key: pathlib.Path

    def pin(self) -> str:
        """SHA-256 of the certificate's DER form, in hex."""
        der = ssl.PEM_cert_to_DER_cert(self.certificate.read_text())
        return hashlib.sha256(der).hexdigest()


class Certificates:
    """A certificate authority in `folder`; `ca_file` is what a client must trust."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._config = self.folder / "ca.conf"
        self._config.write_text(CA_CONFIG.format(folder=self.folder))
        (self.folder / "index.txt").touch()
        self.ca_file = self.folder / "ca.pem"
        self._ca_key = self._new_key("ca")
        self._openssl("req", "-config", self._config, "-new", "-x509", "-key", self._ca_key,
                      "-subj", "/CN=mboxferry test authority", "-days", "3650", "-sha256",
                      "-extensions", "authority", "-out", self.ca_file)

    def good(self) -> Pair:
        """Valid for localhost and the loopback addresses."""
        return self.issue("good")

    def expired(self) -> Pair:
        return self.issue("expired", start="20200101000000Z", end="20210101000000Z")

    def not_yet_valid(self) -> Pair:
        return self.issue("future", start="20900101000000Z", end="20910101000000Z")

    def wrong_host(self) -> Pair:
        return self.issue("wrong", names=("DNS:mail.elsewhere.example",))

    def self_signed(self) -> Pair:
        """Right names, but signed by nobody."""
        pair = Pair(self.folder / "self.pem", self._new_key("self"))
        if not pair.certificate.exists():
            self._openssl("req", "-config", self._config, "-new", "-x509", "-key", pair.key,
                          "-subj", "/CN=localhost", "-days", "30", "-sha256",
                          "-addext", "subjectAltName=" + ",".join(LOCAL_NAMES),
                          "-out", pair.certificate)
        return pair

    def issue(self, name, names=LOCAL_NAMES, start=None, end=None, rsa=False,
              bits=None) -> Pair:
        """A certificate of this authority; `rsa` for the ciphers of TLS 1.0 and 1.1, `bits` for an
        RSA key of another length; without `names` it has a common name only."""
        with _MAKING:
            return self._issued(name, names, start, end, rsa, bits)

    def _issued(self, name, names, start, end, rsa, bits):
        pair = Pair(self.folder / f"{name}.pem", self._new_key(name, rsa or bits, bits or 2048))
        if pair.certificate.exists():
            return pair
        extensions = self.folder / f"{name}.ext"
        extensions.write_text("basicConstraints=CA:false\nextendedKeyUsage=serverAuth\n"
                              + (f"subjectAltName={','.join(names)}\n" if names else ""))
        request = self.folder / f"{name}.csr"
        self._openssl("req", "-config", self._config, "-new", "-key", pair.key,
                      "-subj", f"/CN={(names or LOCAL_NAMES)[0].partition(':')[2]}", "-out", request)
        validity = (("-startdate", start, "-enddate", end) if start else ("-days", "365"))
        self._openssl("ca", "-batch", "-notext", "-config", self._config, "-cert", self.ca_file,
                      "-keyfile", self._ca_key, "-in", request, "-extfile", extensions,
                      *validity, "-out", pair.certificate)
        return pair

    def _new_key(self, name, rsa=False, bits=2048):
        path = self.folder / f"{name}.key"
        if not path.exists():
            kind = (("RSA", "-pkeyopt", f"rsa_keygen_bits:{bits}") if rsa else
                    ("EC", "-pkeyopt", "ec_paramgen_curve:P-256"))
            self._openssl("genpkey", "-algorithm", *kind, "-out", path)
        return path

    @classmethod
    def common(cls):
        """One authority for all servers of this process that do not ask for their own."""
        with _MAKING:
            return cls._common()

    @classmethod
    @functools.cache
    def _common(cls):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="mf-authority-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o755)
        return cls(folder)

    @staticmethod
    def _openssl(*arguments):
        done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True,
                              check=False)
        if done.returncode != 0:
            raise RuntimeError(f"openssl {arguments[0]}: {done.stderr}")
