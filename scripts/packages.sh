#!/bin/sh
# Installs the Debian packages that the tests use, when they are missing and we
# may; otherwise says in one sentence what to install. Arguments: package names.
set -u
missing=""
for p in "$@"; do
  dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q '^install ok installed' || missing="$missing $p"
done
[ -z "$missing" ] && exit 0
command -v apt-get >/dev/null || { echo "Please install these packages with your system's tools first:$missing"; exit 1; }
as=""
if [ "$(id -u)" -ne 0 ]; then
  if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then as="sudo -n"; else
    echo "Please run this first, then the same make target again: sudo apt-get install$missing"; exit 1
  fi
fi
echo "Installing:$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() { $as env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing >"$log" 2>&1; }
install || { $as apt-get update >/dev/null 2>&1; install; } || { tail -5 "$log"; echo "These packages could not be installed:$missing"; exit 1; }
