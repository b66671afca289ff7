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

# libraries.txt names real old files, which are laid out once under their own
# names (files/named/PACKAGE) and once under none that tells (files/plain).
install_libraries() {
  npm_package retire 5.7.0
  npm_package @salesforce/code-analyzer-retirejs-engine 0.32.0
  local dir="$peers/libraries" package file name n=0
  cmp -s "$here/libraries.txt" "$dir/list" && return 0
  echo "fetching the files of libraries.txt"
  rm -rf "$dir"
  mkdir -p "$dir/files/named" "$dir/files/plain" "$dir/packages"
  while read -r package file; do
    name=${package//[@\/]/-}
    if [[ ! -d $dir/packages/$name ]]; then
      mkdir "$dir/packages/$name"
      (cd "$dir/packages/$name" && tar -xzf "$(npm pack --silent "$package" | tail -n 1)" --warning=no-unknown-keyword)
    fi
    n=$((n + 1))
    mkdir -p "$dir/files/named/$name"
    cp "$dir/packages/$name/package/$file" "$dir/files/named/$name/"
    cp "$dir/packages/$name/package/$file" "$dir/files/plain/$n.js"
  done <"$here/libraries.txt"
  cp "$here/libraries.txt" "$dir/list"
}

# Real servers for the comparison with nmap -sV, which share no machine: each
# group of packages goes with all it needs into the tree .peers/debian/root, in
# which the test runs them. Nothing is configured and nothing is started.
servers=(
  "nginx-light apache2 lighttpd haproxy varnish squid tinyproxy icecast2 webfs cups redis-server memcached mariadb-server
   postgresql exim4-daemon-light dovecot-imapd dovecot-pop3d vsftpd bind9 dnsmasq unbound mosquitto slapd samba rsync
   inetutils-telnetd dropbear-bin openssh-server ngircd tigervnc-standalone-server"
  "postfix proftpd-core pdns-server pdns-backend-bind prosody znc inspircd tinysshd subversion git gunicorn python3-pyftpdlib"
  "pure-ftpd"
)

install_services() {
  debian nmap nmap
  debian ip iproute2
  local dir="$peers/debian" wanted group package
  wanted=$(printf '%s\n' "${servers[@]}" | xargs -n 1)
  [[ -f $dir/wanted && $(<"$dir/wanted") == "$wanted" ]] && return 0
  echo "fetching Debian's servers"
  rm -rf "$dir"
  mkdir -p "$dir/root" "$dir/archives/partial"
  : >"$dir/status" # as if nothing were installed: what a package needs comes too
  for group in "${servers[@]}"; do
    as_root env TMPDIR=/var/tmp apt-get -qq -y --download-only -o Dir::State::status="$dir/status" -o Dir::Cache::archives="$dir/archives" \
      -o APT::Sandbox::User=root -o APT::Install-Recommends=false install dash coreutils findutils sed grep util-linux openssl $group >/dev/null
  done
  for package in "$dir"/archives/*.deb; do
    as_root dpkg-deb -x "$package" "$dir/root"
    dpkg-deb -W --showformat='${Package} ${Version}\n' "$package"
  done >"$dir/versions"
  as_root ldconfig -r "$dir/root"
  rm -rf "$dir/archives"
  echo "$wanted" >"$dir/wanted"
}

# ZAP's core and those of its add-ons that Maven Central has, laid out as its own
# installation is. There are no rules among them: deploy/peers/zap has an active one
# of its own for tests. What the core insists on beside them is there by name alone.
install_zap() {
  debian mvn maven
  debian javac openjdk-17-jdk-headless
  local dir="$peers/zap" wanted addon jar lib
  wanted=$(cat "$here"/zap/* | sha256sum)
  [[ -f $dir/.wanted && $(<"$dir/.wanted") == "$wanted" ]] && return 0
  echo "fetching ZAP"
  rm -rf "$dir"
  mkdir -p "$dir/lib" "$dir/plugin" "$dir/network/libs" "$dir/empty" "$dir/rules"
  mvn -q -B -f "$here/zap/pom.xml" dependency:copy-dependencies -DoutputDirectory="$dir/lib" >/dev/null
  for addon in automation-beta commonlib-release network-beta spider-release; do
    jar=$(echo "$dir/lib/${addon%-*}"-*.jar)
    mv "$jar" "$dir/plugin/$addon-${jar##*-}"
  done
  (cd "$dir/plugin" && for jar in *.jar; do mv "$jar" "${jar%.jar}.zap"; done)
  for lib in $(unzip -p "$dir"/plugin/network-*.zap ZapAddOn.xml | sed -n 's|.*<lib>libs/\(.*\)</lib>.*|\1|p'); do
    mv "$dir/lib/$lib" "$dir/network/libs/"
  done
  rm "$dir"/lib/log4j-slf4j-impl-*.jar
  (cd "$dir/network" && zip -q -r "$dir"/plugin/network-*.zap libs)
  for addon in callhome-release-0.20.0 database-alpha-0.9.0; do
    printf '<zapaddon><name>%s</name><version>%s</version><status>%s</status><not-before-version>2.17.0</not-before-version></zapaddon>' \
      "${addon%%-*}" "${addon##*-}" "$(cut -d- -f2 <<<"$addon")" >"$dir/empty/ZapAddOn.xml"
    (cd "$dir/empty" && zip -q "$dir/plugin/$addon.zap" ZapAddOn.xml)
  done
  javac -nowarn -cp "$dir/lib/*" -d "$dir/rules" "$here"/zap/*.java
  cp "$here/zap/ZapAddOn.xml" "$dir/rules/"
  (cd "$dir/rules" && zip -q -r "$dir/plugin/testrule-alpha-1.0.0.zap" .)
  rm -rf "$dir/network" "$dir/empty" "$dir/rules"
  echo "$wanted" >"$dir/.wanted"
}

# gvmd and OpenVAS of Debian unstable, in a tree of their own with all they need (700
# MB, one to two minutes), and the feed of deploy/peers/gmp: three tests of ours, for Greenbone's
# is not to be had. Needs root.
install_gmp() {
  debian mmdebstrap mmdebstrap
  debian ip iproute2
  local dir="$peers/gmp" wanted
  wanted=$(find "$here/gmp" -type f -exec cat {} + | sha256sum)
  [[ -f $dir/.wanted && $(<"$dir/.wanted") == "$wanted" ]] && return 0
  if [[ ! -f $dir/.tree ]]; then
    echo "fetching gvmd and OpenVAS"
    as_root rm -rf "$dir"
    mkdir -p "$dir"
    as_root mmdebstrap --quiet --variant=minbase --aptopt='Acquire::Check-Valid-Until "false"' \
      --essential-hook='printf "#!/bin/sh\nexit 101\n" >"$1/usr/sbin/policy-rc.d"; chmod 755 "$1/usr/sbin/policy-rc.d"' \
      --include=gvmd,postgresql-18-pg-gvm,ospd-openvas,openvas-scanner,redis-server sid "$dir/root" \
      "$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -m 1 '/debian/*$')" >/dev/null
    touch "$dir/.tree"
  fi
  local objects="$dir/root/var/lib/gvm/data-objects/gvmd"
  as_root mkdir -p "$dir/root/var/lib/openvas/plugins" "$objects/scan-configs" "$objects/port-lists" "$objects/report-formats"
  as_root cp "$here"/gmp/plugins/* "$dir/root/var/lib/openvas/plugins/"
  as_root cp "$here"/gmp/scan-configs/*.xml "$objects/scan-configs/"
  as_root cp "$here"/gmp/port-lists/*.xml "$objects/port-lists/"
  as_root cp "$here/gmp/openvas.conf" "$dir/root/etc/openvas/openvas.conf"
  as_root cp "$here/gmp/inside.sh" "$dir/root/inside.sh"
  printf 'the password of GMP' | as_root tee "$dir/root/password" >/dev/null
  echo "$wanted" >"$dir/.wanted"
}

# LibreSpeed's command-line client, built by its module's name.
install_speed() {
  local dir="$peers/librespeed-cli" version=v1.0.11
  [[ -x $dir/librespeed-cli && -f $dir/.version && $(<"$dir/.version") == "$version" ]] && return 0
  echo "fetching librespeed-cli $version"
  rm -rf "$dir"
  mkdir -p "$dir"
  printf 'module peer\n\ngo 1.24\n\nrequire github.com/librespeed/speedtest-cli %s\n' "$version" >"$dir/go.mod"
  (cd "$dir" && go build -mod=mod -o librespeed-cli github.com/librespeed/speedtest-cli)
  echo "$version" >"$dir/.version"
}

install_ports() {
  debian nmap nmap
  debian ip iproute2
}

parts=("$@")
((${#parts[@]})) || mapfile -t parts < <(declare -F | sed -n 's/^declare -f install_//p')
for part in "${parts[@]}"; do
  declare -F "install_$part" >/dev/null || { echo "no part is called $part" >&2; exit 2; }
  "install_$part"
done
