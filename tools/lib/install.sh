# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages of tools/packages.txt that are missing, and unpacks Cyrus. Sourced by
# tools/demo and tools/test.

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# install_missing_packages ROOT [USE]: those for every use, and those for this one.
install_missing_packages() {
  local root="$1" use="${2-}" package only_for had_dovecot=no had_policy=no policy=/usr/sbin/policy-rc.d
  local missing=()
  while read -r package only_for; do
    case "$package" in '' | '#'*) continue ;; esac
    [ -z "$only_for" ] || [ "$only_for" = "$use" ] || continue
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
      missing+=("$package")
  done <"$root/tools/packages.txt"
  [ "${#missing[@]}" -gt 0 ] || return 0

  if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
    echo "Missing packages, and no sudo to install them: ${missing[*]}" >&2
    return 1
  fi
  echo "Installing: ${missing[*]}"
  [ "$(dpkg-query -W -f '${db:Status-Status}' dovecot-core 2>/dev/null)" = installed ] &&
    had_dovecot=yes
  # Packages start their services when installed; the tests bring their own, private ones.
  if [ -e "$policy" ]; then
    had_policy=yes
  else
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
  fi
  local status=0
  # --no-remove: a mail server that is here already must not go for our sake.
  local install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-remove
    --no-install-recommends "${missing[@]}")
  # Package lists may be absent or stale; they are only fetched when the first try fails.
  as_root "${install[@]}" || { as_root apt-get update -q && as_root "${install[@]}"; } || status=1
  [ "$had_policy" = yes ] || as_root rm -f "$policy"
  if [ "$status" -eq 0 ] && [ "$had_dovecot" = no ] && [ -d /run/systemd/system ]; then
    as_root systemctl disable dovecot.service dovecot.socket >/dev/null 2>&1 || true
  fi
  return "$status"
}

# Unpacks Cyrus IMAP for the tests; its packages conflict with Dovecot's and are never installed.
# tests/support/cyrus.py looks in the same places. Without it, tests say that they skipped.
unpack_cyrus() {
  unpack_server Cyrus usr/lib/cyrus/bin/master cyrus-imapd cyrus-common
}

# The same for Courier, with the libraries that it needs (tests/support/courier.py). Only root can
# start it from another place than the one that it was built for.
unpack_courier() {
  if [ "$(id -u)" -ne 0 ]; then
    echo "Only root can run Courier: the tests against it will be skipped." >&2
    return 1
  fi
  unpack_server Courier usr/bin/imapd courier-imap courier-base courier-authlib \
    courier-authlib-userdb libcourier-unicode4 gamin libgamin0 libltdl7 libidn12
}

# The same for GNU imap4d (tests/support/imap4d.py), whose packages would bring a mail system along.
unpack_imap4d() {
  unpack_server imap4d usr/sbin/imap4d mailutils-imap4d mailutils-common libmailutils9 libgsasl18 \
    libmariadb3 libidn12 libntlm0 libgssglue1 libnsl2 libgssapi-krb5-2
}

# Prometheus's promtool, which tests the alerts of jobs/prometheus; nothing of it runs.
unpack_promtool() {
  unpack_server Prometheus usr/bin/promtool prometheus
}

# The same for Pigeonhole's sievec and sieve-test (tests/support/pigeonhole.py), so that no package of
# Dovecot's that a mail server here does not use is added to it.
unpack_pigeonhole() {
  unpack_server Pigeonhole usr/bin/sieve-test dovecot-sieve
}

# The same with the server that scripts are uploaded to (tests/support/managesieve.py), which only root
# can lay over Dovecot.
unpack_managesieve() {
  if [ "$(id -u)" -ne 0 ]; then
    echo "Only root can run Pigeonhole's ManageSieve: the tests against it will be skipped." >&2
    return 1
  fi
  unpack_server ManageSieve usr/lib/dovecot/managesieve dovecot-managesieved dovecot-sieve
}

# The same for two name servers (tests/support/name_servers.py), so that none of a machine's own is
# disturbed; BIND's with its tools nsupdate and dig.
unpack_name_servers() {
  unpack_server BIND usr/bin/nsupdate bind9 bind9-dnsutils bind9-libs libfstrm0 libjemalloc2 liblmdb0 \
    libmaxminddb0 libprotobuf-c1 libuv1 libedit2
  unpack_server Knot usr/sbin/knotd knot libdnssec9 liblmdb0 libxdp1 libknot13 libzscanner4 liburcu8 \
    libbpf1 libfstrm0 libprotobuf-c1
}

# unpack_server NAME FILE PACKAGE...: FILE is a program that the packages have; the first has the
# version.
unpack_server() {
  local name="$1" file="$2" cache="${XDG_CACHE_HOME:-$HOME/.cache}/mboxferry" version folder prefix
  shift 2
  prefix="$(tr '[:upper:]' '[:lower:]' <<<"$name")"
  # It runs as another user then, who cannot look into root's home.
  [ "$(id -u)" -ne 0 ] || cache=/var/cache/mboxferry
  for folder in "$cache/$prefix"-*; do
    [ ! -x "$folder/$file" ] || return 0
  done
  version="$(package_version "$1")"
  [ -n "$version" ] || { as_root apt-get update -q && version="$(package_version "$1")"; }
  echo "Unpacking $name ${version:-(no such package)} below $cache"
  mkdir -p "$cache" && folder="$(mktemp -d "$cache/new-XXXXXX")" || return 1
  if (cd "$folder" &&
    apt-get download -q -o APT::Sandbox::User=root "$@" &&
    for package in *.deb; do dpkg -x "$package" root || exit 1; done) &&
    chmod 755 "$folder/root" && mv -T "$folder/root" "$cache/$prefix-${version#*:}"; then
    rm -rf "$folder"
  else
    rm -rf "$folder"
    echo "$name cannot be had: the tests against it will be skipped." >&2
    return 1
  fi
}

package_version() {
  apt-cache show --no-all-versions "$1" 2>/dev/null | sed -n 's/^Version: *//p'
}
