# SPDX-License-Identifier: Apache-2.0
# A private Dovecot in a temporary folder, on free loopback ports.
"""Runs Dovecot 2.3 as a foreground child, as root or as an ordinary user."""

import functools
import grp
import os
import pwd
import re

from .imap_server import SPECIAL_USE, ImapServer, as_bytes, check, logout
from .imap_stream import commands_of

CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
instance_name = mboxferry-test
log_path = {folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
default_internal_user = {internal_user}
default_internal_group = {internal_group}
default_login_user = {login_user}
ssl = {ssl}
ssl_cert = <{certificate}
ssl_key = <{key}
disable_plaintext_auth = {disable_plaintext_auth}
auth_mechanisms = {auth_mechanisms}
auth_username_chars =
auth_failure_delay = {auth_failure_delay}
auth_cache_size = 0
mail_location = {mail_location}
mail_fsync = {mail_fsync}
mail_max_userip_connections = {mail_max_userip_connections}
first_valid_uid = 1
shutdown_clients = yes
{rawlog}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid={mail_uid} gid={mail_gid} home={folder}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = {separator}
  prefix = {prefix}
{special_use}
}}
service imap-login {{
  {no_chroot}
  # The process of 2.3.19 panics (epoll_ctl) when a client is killed at the wrong moment, and every
  # TLS session that it carries ends. So each carries one at a time. That it carries others later
  # saves most of what a session costs, as in the imap service.
  client_limit = 1
  service_count = 1000
  process_min_avail = 1
  process_limit = 200
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  {no_chroot}
}}
service stats {{
  {no_chroot}
}}
service imap {{
  process_limit = 200
  service_count = 1000
}}
{extra}
"""

RAWLOG_TIME = re.compile(rb"(?m)^\d+\.\d{6} ")


class Dovecot(ImapServer):
    """One private Dovecot. Options keep their values over stop, kill and restart.

    users: no NUL or tab in a password and no quote in a user name, as Dovecot takes none.
    storage: maildir, sdbox or mdbox. capabilities: replaces the advertised list after login;
    without: advertised as usual, less these. quota: a rule such as "*:storage=100K".
    compress: offers COMPRESS=DEFLATE.
    tls=False: the clear port does not offer STARTTLS, and there is no TLS port either.
    rawlog: keep what every session received and sent after login.
    """

    name = "Dovecot"

    def __init__(self, users=None, *, storage="maildir", separator="", prefix="",
                 special_use=False, quota=None, compress=False, capabilities=None, without=(),
                 rawlog=False,
                 mail_fsync="never", max_connections=100, tls=True, plaintext_auth=False,
                 auth_mechanisms="plain login", pair=None, certificates=None, failure_delay="0",
                 extra="", folder=None):
        super().__init__(users, pair=pair, certificates=certificates, folder=folder)
        self._tls = tls
        self._rawlog = rawlog
        if special_use:
            self._kept |= {prefix + name for name in SPECIAL_USE}
        advertised = None
        if capabilities is not None or without:
            words = capabilities.split() if capabilities else default_capabilities()
            advertised = [word for word in words if word.upper() not in without]
        self._options = dict(
            separator=separator, prefix=prefix, mail_fsync=mail_fsync,
            mail_max_userip_connections=max_connections, auth_mechanisms=auth_mechanisms,
            auth_failure_delay=failure_delay, ssl="yes" if tls else "no",
            disable_plaintext_auth="no" if plaintext_auth or not tls else "yes",
            mail_location=f"{storage}:{self.folder}/mail/%u/{storage}",
            special_use="".join(_special_use(name) for name in SPECIAL_USE) if special_use else "",
            extra=self._extra(quota, compress, advertised) + extra)

    # Life

    def _command(self):
        return ["dovecot", "-F", "-c", str(self.folder / "dovecot.conf")]

    def kill(self):
        super().kill()
        # One that was killed between making a lock file and writing its PID there would be waited
        # for, for two minutes.
        for lock in (self.folder / "mail").rglob("*.lock"):
            lock.unlink(missing_ok=True)

    # Looking inside

    def sessions(self, user=None) -> list:
        """With rawlog: for every session after its login, the commands it sent."""
        user = user or next(iter(self.users))
        logs = sorted((self.folder / "rawlog" / user).glob("*.in"),
                      key=lambda path: path.stat().st_mtime)
        return [commands_of(RAWLOG_TIME.sub(b"", path.read_bytes())) for path in logs]

    def logins(self) -> list:
        """With rawlog: users in the order in which they were let in. A login is seen as soon as its
        client is told of it, which the log is not: other processes write that."""
        found = []
        for path in (self.folder / "rawlog").glob("*/*.out"):
            begun = RAWLOG_TIME.match(path.read_bytes())
            found.append((float(begun.group()) if begun else path.stat().st_ctime, path.parent.name))
        return [user for _, user in sorted(found)]

    def clear_sessions(self, user=None):
        for path in (self.folder / "rawlog" / (user or next(iter(self.users)))).glob("*"):
            path.unlink()

    # Files

    def _extra(self, quota, compress, advertised):
        text = ""
        plugins = (["quota"] if quota else []) + (["zlib"] if compress else [])
        if plugins:
            imap_plugins = plugins + [f"imap_{name}" for name in plugins]
            text += (f"mail_plugins = {' '.join(plugins)}\n"
                     f"protocol imap {{\n  mail_plugins = {' '.join(imap_plugins)}\n}}\n")
        if quota:
            text += ("plugin {\n  quota = count:User quota\n  quota_vsizes = yes\n"
                     f"  quota_rule = {quota}\n}}\n")
        if advertised is not None:
            text += f"imap_capability = {' '.join(advertised)}\n"
        return text

    def _write_files(self):
        root = os.geteuid() == 0
        me = pwd.getpwuid(os.geteuid())
        owner = pwd.getpwnam("mail") if root else me
        for name in ("run", "state", "mail", "rawlog"):
            (self.folder / name).mkdir(exist_ok=True)
            if root and name in ("mail", "rawlog"):
                os.chown(self.folder / name, owner.pw_uid, owner.pw_gid)
        for user in self.users:
            for path in (self.folder / "mail" / user, self.folder / "rawlog" / user):
                path.mkdir(exist_ok=True)
                if root:
                    os.chown(path, owner.pw_uid, owner.pw_gid)
        group = grp.getgrgid(me.pw_gid).gr_name
        lines = [user.encode() + b":{PLAIN.HEX}" + as_bytes(password).hex().encode() + b"::::::\n"
                 for user, password in self.users.items()]
        users = self.folder / "users"
        users.write_bytes(b"".join(lines))
        users.chmod(0o600)
        if root:
            os.chown(users, pwd.getpwnam("dovecot").pw_uid, -1)
        (self.folder / "dovecot.conf").write_text(CONFIG.format(
            folder=self.folder, certificate=self.pair.certificate, key=self.pair.key,
            internal_user="dovecot" if root else me.pw_name,
            internal_group="dovecot" if root else group,
            login_user="dovenull" if root else me.pw_name,
            no_chroot="" if root else "chroot =",
            rawlog=f"rawlog_dir = {self.folder}/rawlog/%u" if self._rawlog else "",
            mail_uid=owner.pw_uid, mail_gid=owner.pw_gid, port=self.port,
            tls_port=self.tls_port if self._tls else 0, **self._options))


def _special_use(name):
    return f"  mailbox {name} {{\n    special_use = \\{name}\n    auto = subscribe\n  }}\n"


@functools.cache
def default_capabilities() -> list:
    """What this machine's Dovecot advertises after login."""
    with Dovecot() as server:
        connection = server.client()
        words = check(connection.capability())[0].decode().split()
        logout(connection)
        return words
