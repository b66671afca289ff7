#!/usr/bin/env bash
# Lays out in .peers what `make peers` compares with: install.sh [PART…]
#
# A part is a function install_PART below; without arguments all of them. What
# is there already in its version is left alone, so that a second run is quick.
# Each package has a folder of its own: .peers/npm/NAME, .peers/pip/NAME.
# Debian packages are installed for the machine, with sudo for an ordinary user.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
peers=$(cd "$here/../.." && pwd)/.peers
mkdir -p "$peers"

has() { command -v "$1" >/dev/null; }
as_root() { if [[ $(id -u) == 0 ]]; then "$@"; else sudo "$@"; fi; }

debian() { # COMMAND PACKAGE…: the packages, unless the command is there
  local command=$1
  shift
  PATH=$PATH:/usr/sbin:/sbin has "$command" && return 0
  echo "installing $*"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update || true
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 install -y --no-install-recommends "$@" >/dev/null
}

npm_package() { # NAME VERSION
  local dir="$peers/npm/${1##*/}"
  grep -qs "\"version\": *\"$2\"" "$dir/node_modules/$1/package.json" && return 0
  echo "fetching $1 $2"
  rm -rf "$dir"
  mkdir -p "$dir"
  npm install --silent --no-save --no-package-lock --no-audit --no-fund --ignore-scripts --prefix "$dir" "$1@$2"
}

pip_package() { # NAME VERSION
  local dir="$peers/pip/$1"
  [[ -f $dir/.version && $(<"$dir/.version") == "$2" ]] && return 0
  echo "fetching $1 $2"
  rm -rf "$dir"
  PIP_ROOT_USER_ACTION=ignore python3 -m pip install --quiet --disable-pip-version-check --target "$dir" "$1==$2"
  echo "$2" >"$dir/.version"
}

install_headers() { npm_package @mdn/mdn-http-observatory 1.4.8; }

install_seo() { npm_package lighthouse 13.5.0; }

install_vitals() { install_seo; }

install_tls() {
  pip_package sslyze 6.3.1
  debian testssl testssl.sh
  debian openssl openssl
  debian nginx nginx-light
}

install_libraries() {
  npm_package retire 5.7.0
  npm_package @salesforce/code-analyzer-retirejs-engine 0.32.0
}

parts=("$@")
((${#parts[@]})) || mapfile -t parts < <(declare -F | sed -n 's/^declare -f install_//p')
for part in "${parts[@]}"; do
  declare -F "install_$part" >/dev/null || { echo "no part is called $part" >&2; exit 2; }
  "install_$part"
done
