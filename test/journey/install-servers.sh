#!/usr/bin/env bash
# Puts the servers that the journeys run behind us below node_modules/.journey/servers, each in a Python environment of its own.
set -euo pipefail
cd "$(dirname "$0")/../.."
home=node_modules/.journey
uv=$home/tools/bin/uv
# Wheels that lie about on a machine are not what these projects publish.
unset PIP_FIND_LINKS

install() {
  local environment=$home/servers/$1
  shift
  [ -x "$environment/bin/python" ] || "$uv" venv --quiet --no-config --python "$home/tools/bin/python" "$environment"
  "$uv" pip install --quiet --no-config --python "$environment/bin/python" --upgrade "$@"
}

install devpi devpi-server &
install simple-repository-server simple-repository-server &
install pypiron pypiron &
install proxpi proxpi gunicorn &
# pip2pi asks for pkg_resources, which setuptools no longer has.
install generators dumb-pypi pip2pi 'setuptools<81' &
failed=0
for job in $(jobs -p); do wait "$job" || failed=1; done
exit "$failed"
