#!/usr/bin/env bash
# Puts the proxies that the benchmark compares with below node_modules/.bench, each in a Python environment of its own.
set -euo pipefail
cd "$(dirname "$0")/.."
home=node_modules/.bench
mkdir -p "$home"
# Wheels that lie about on a machine are not what these projects publish.
unset PIP_FIND_LINKS

failed=0
install() {
  local name=$1
  shift
  [ -x "$home/$name/bin/python" ] || python3 -m venv "$home/$name"
  "$home/$name/bin/python" -m pip install --quiet --disable-pip-version-check "$@" || { echo "$name was not installed" >&2; failed=1; }
}

install uv uv
install proxpi proxpi gunicorn
install devpi devpi-server
install pypiron pypiron
install simple-repository-server simple-repository-server
exit "$failed"
