#!/usr/bin/env bash
# Installs what a machine lacks to run scanledger, or with "test" to run all
# its tests: install.sh [test]
#
# Debian and Ubuntu packages by apt-get (with sudo for an ordinary user), the
# ClickHouse library by npm, Kafka's jars by Maven, the libraries that the
# documents' examples and the pages' tests use, the fuzzer of our own schemas and SSLyze by pip and npm. Says
# nothing and changes nothing when everything is there. At the end it names what is still missing
# and what that costs; with "test" that is exit code 1.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/scanledger
chdb=26.7.3-stable.1
kafka=4.3.1
requests=2.34.2
axios=1.21.1
axe=4.14.1
cloudflare=1.14.1
schemathesis=4.32.5
sslyze=6.3.1
purpose=${1:-run}
[[ $purpose == run || $purpose == test ]] || { echo "usage: $0 [test]" >&2; exit 2; }

libchdb="$cache/chdb-$chdb/libchdb.so"
jars="$cache/kafka-$kafka"
clients="$cache/clients"
tools=/usr/local/lib/scanledger # for everybody: as root, tools run as nobody

has() { command -v "$1" >/dev/null; }
has_postgres() { compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; }
has_chromium() { has chromium || has chromium-browser || has google-chrome; }
has_nginx() { has nginx || [[ -x /usr/sbin/nginx ]]; }
has_ip() { has ip || [[ -x /usr/sbin/ip ]]; }
has_library() { [[ -f $libchdb ]]; }
has_jars() { compgen -G "$jars/kafka_2.13-*.jar" >/dev/null; }
has_pip() { has python3 && python3 -m pip --version >/dev/null 2>&1; }
has_requests() { [[ -d $clients/python/requests-$requests.dist-info ]]; }
has_schemathesis() { [[ -d $clients/fuzz/schemathesis-$schemathesis.dist-info ]]; }
has_sslyze() { has sslyze; }
has_module() { grep -qs "\"version\": \"$2\"" "$clients/node_modules/$1/package.json"; }
has_modules() { has_module axios "$axios" && has_module axe-core "$axe" && has_module @cloudflare/speedtest "$cloudflare"; }
runs_library() { [[ $(uname -s)/$(uname -m) == Linux/x86_64 ]]; }
packages_work() { has apt-get && { [[ $(id -u) == 0 ]] || has sudo; }; }

chromium=chromium
if grep -qs '^ID=ubuntu' /etc/os-release; then chromium=chromium-browser; fi

# check | Debian package | what its absence costs
needs="\
has_postgres|postgresql|the embedded Postgres fetches binaries of its own at its first start"
if runs_library && ! has_library; then
  needs+="
has npm|npm|the ClickHouse library cannot be fetched"
fi
if [[ $purpose == test ]]; then
  needs+="
has_chromium|$chromium|no web vitals: tests that open a page in a browser fail
has pdftotext|poppler-utils|tests that read PDF reports back fail
has nmap|nmap|tests of and against nmap fail
has_nginx|nginx|tests that scan a real web server fail
has_ip|iproute2|tests in network namespaces fail
has java|default-jre-headless|tests against the real Kafka fail
has mvn|maven|Kafka's jars cannot be fetched
has curl|curl|tests that run the documents' examples fail
has node|nodejs|tests that run the documents' examples fail
has_pip|python3-pip|requests and schemathesis, which tests use, cannot be fetched"
  if ! has_modules && [[ $needs != *"has npm|"* ]]; then
    needs+="
has npm|npm|axios, axe-core and Cloudflare's speed test, which tests use, cannot be fetched"
  fi
fi

as_root() { if [[ $(id -u) == 0 ]]; then "$@"; else sudo "$@"; fi; }

apt() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$@" >/dev/null
}

install_packages() {
  local missing=() check package cost
  while IFS='|' read -r check package cost; do
    $check || missing+=("$package")
  done <<<"$needs"
  ((${#missing[@]})) || return 0
  packages_work || return 0
  echo "installing ${missing[*]}"
  apt update || echo "the list of packages could not be brought up to date"
  if [[ " ${missing[*]} " == *" postgresql "* ]]; then without_cluster; fi
  apt install -y --no-install-recommends "${missing[@]}" && return 0
  for package in "${missing[@]}"; do
    apt install -y --no-install-recommends "$package" || true
  done
}

# Only the binaries are wanted: the package would also make a server on 5432.
without_cluster() {
  apt install -y --no-install-recommends postgresql-common || return 0
  local conf=/etc/postgresql-common/createcluster.conf
  grep -qs '^create_main_cluster *= *false' $conf ||
    echo 'create_main_cluster = false' | as_root tee -a $conf >/dev/null
}

install_library() {
  if has_library || ! runs_library || ! has npm; then return 0; fi
  echo "fetching the ClickHouse library into ${libchdb%/*} (180 MB, unpacked 570)"
  mkdir -p "$cache"
  local staging
  staging=$(mktemp -d "$cache/staging.XXXXXX")
  if npm install --silent --no-save --no-package-lock --no-audit --no-fund \
    --prefix "$staging" "@chdb/lib-linux-x64-gnu@$chdb"; then
    mkdir -p "${libchdb%/*}"
    mv "$staging/node_modules/@chdb/lib-linux-x64-gnu/libchdb.so" "$libchdb"
  fi
  rm -rf "$staging"
}

install_jars() {
  if [[ $purpose != test ]] || has_jars || ! has mvn; then return 0; fi
  echo "fetching Kafka's jars into $jars (44 MB)"
  mkdir -p "$cache"
  local staging
  staging=$(mktemp -d "$cache/staging.XXXXXX")
  local said
  if said=$(mvn -B -q -ntp -f "$here/kafka/pom.xml" \
    org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$staging" 2>&1); then
    rm -rf "$jars"
    mv "$staging" "$jars"
    chmod 755 "$jars"
  else
    echo "$said" >&2
    rm -rf "$staging"
  fi
}

# SSLyze has an environment of its own, by the system's Python where there is one:
# others may be in somebody's home.
install_sslyze() {
  if [[ $purpose != test ]] || has_sslyze || ! has_pip; then return 0; fi
  local home="$tools/sslyze-$sslyze" python=/usr/bin/python3
  [[ -x $python ]] || python=python3
  echo "fetching sslyze into $home"
  as_root "$python" -m venv --without-pip --clear "$home" &&
    as_root env PIP_ROOT_USER_ACTION=ignore python3 -m pip --python "$home/bin/python3" install --quiet --disable-pip-version-check "sslyze==$sslyze" &&
    as_root ln -sf "$home/bin/sslyze" /usr/local/bin/sslyze || true
}

pip_install() { # FOLDER PACKAGE
  echo "fetching ${2%%=*} into $clients/$1"
  rm -rf "${clients:?}/$1"
  PIP_ROOT_USER_ACTION=ignore python3 -m pip install --quiet --disable-pip-version-check --target "$clients/$1" "$2" || true
}

install_clients() {
  [[ $purpose == test ]] || return 0
  if ! has_requests && has_pip; then pip_install python "requests==$requests"; fi
  if ! has_schemathesis && has_pip; then pip_install fuzz "schemathesis==$schemathesis"; fi
  if ! has_modules && has npm; then # all at once: npm removes what it is not told of
    echo "fetching axios, axe-core and Cloudflare's speed test into $clients"
    npm install --silent --no-save --no-package-lock --no-audit --no-fund --ignore-scripts --prefix "$clients" \
      "axios@$axios" "axe-core@$axe" "@cloudflare/speedtest@$cloudflare" || true
  fi
}

verify() {
  local failed=0 check package cost
  while IFS='|' read -r check package cost; do
    $check && continue
    echo "missing: $package. Without it $cost." >&2
    failed=1
  done <<<"$needs"
  if ! runs_library; then
    echo "ClickHouse cannot be embedded on $(uname -s) $(uname -m): set SCANLEDGER_CLICKHOUSE_URL, or do without analytics." >&2
  elif ! has_library; then
    echo "missing: $libchdb. Without it set SCANLEDGER_CLICKHOUSE_URL, or do without analytics." >&2
    failed=1
  fi
  if [[ $purpose == test ]] && ! has_jars; then
    echo "missing: Kafka's jars in $jars. Without them tests against the real Kafka fail." >&2
    failed=1
  fi
  if [[ $purpose == test ]] && ! { has_requests && has_modules && has_schemathesis; }; then
    echo "missing: requests, axios, axe-core, Cloudflare's speed test or schemathesis in $clients. Without them tests that run the documents' examples, look at pages, or fuzz by schema, fail." >&2
    failed=1
  fi
  if [[ $purpose == test ]] && ! has_sslyze; then
    echo "missing: sslyze. Without it tests of and against SSLyze fail." >&2
    failed=1
  fi
  if ((failed)) && ! packages_work; then
    echo "packages are installed with apt-get as root or by sudo; neither is to be had here." >&2
  fi
  [[ $purpose == run ]] || return $failed
}

install_packages
install_library
install_jars
install_clients
install_sslyze
verify
