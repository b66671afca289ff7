#!/usr/bin/env bash
# Within the tree: Redis, Postgres and OpenVAS, and then gvmd, with the feed of
# tests that lies there and a user admin. Everything is begun anew.
set -euo pipefail
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8
as() { setpriv --reuid "$1" --regid "$1" --init-groups "${@:2}"; }

gvm=(/run/gvm /var/lib/gvm/gvmd/gnupg /run/gvmd /run/ospd /run/redis-openvas /var/lib/gvm /var/log/gvm /var/lib/openvas)
rm -rf /run/gvmd /run/ospd /run/redis-openvas /var/lib/cluster /run/postgresql
mkdir -p "${gvm[@]}" /var/lib/cluster /run/postgresql
chown -R _gvm:_gvm "${gvm[@]}"
chown postgres:postgres /var/lib/cluster /run/postgresql

as _gvm redis-server --unixsocket /run/redis-openvas/redis.sock --port 0 --databases 1025 --save "" --dir /tmp --daemonize yes >/dev/null
bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
as postgres "$bin/initdb" -D /var/lib/cluster -E UTF8 --locale=C --auth=trust >/dev/null
as postgres "$bin/pg_ctl" -s -w -D /var/lib/cluster -l /tmp/postgres.log -o "-c listen_addresses= -c unix_socket_directories=/run/postgresql -c fsync=off" start
as postgres psql -q -c 'CREATE ROLE _gvm LOGIN' -c 'CREATE DATABASE gvmd OWNER _gvm' -c 'CREATE ROLE dba SUPERUSER NOINHERIT' -c 'GRANT dba TO _gvm'
as postgres psql -q gvmd -c 'CREATE EXTENSION "uuid-ossp"; CREATE EXTENSION pgcrypto; CREATE EXTENSION "pg-gvm"'

as _gvm openvas --update-vt-info
as _gvm ospd-openvas --foreground --unix-socket /run/ospd/ospd-openvas.sock --socket-mode 0o666 --mqtt-broker-address "" \
  --disable-notus-hashsum-verification True --log-file /var/log/gvm/ospd.log &
as _gvm gvmd --migrate
as _gvm gvmd --disable-password-policy --create-user=admin --password="$(</password)"
id=$(as _gvm gvmd --get-users --verbose | sed -n 's/^admin //p')
as _gvm gvmd --modify-setting 78eceaec-3385-11ea-b237-28d24461215b --value "$id" # whose what the feed has is
# Not by exec: who is to end with the one that started this may not become another user.
as _gvm gvmd --foreground --osp-vt-update=/run/ospd/ospd-openvas.sock \
  --unix-socket=/run/gvmd/gvmd.sock --listen-mode=666 --broker-address=
