# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages of tools/packages.txt that are missing. Sourced by tools/demo and tools/test.

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

install_missing_packages() {
  local root="$1" package had_dovecot=no had_policy=no policy=/usr/sbin/policy-rc.d
  local missing=()
  while read -r package; do
    case "$package" in '' | '#'*) continue ;; esac
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
