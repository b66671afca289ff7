#!/usr/bin/env bash
# Runs gvmd and OpenVAS of a tree that install.sh has made, in a network and with processes
# of their own: start.sh ROOT. Needs root. Everything ends with this script; gvmd's
# socket is ROOT/run/gvmd/gvmd.sock.
set -euo pipefail
root=$(cd "$1" && pwd)
exec unshare --net --mount --pid --fork --kill-child bash -euo pipefail -c '
  ip link set lo up
  mount -t proc proc "$1/proc"
  for device in null:3 zero:5 random:8 urandom:9; do
    [[ -e $1/dev/${device%:*} ]] || mknod -m 666 "$1/dev/${device%:*}" c 1 "${device#*:}"
  done
  mkdir -p "$1/dev/shm"
  mount -t tmpfs -o mode=1777 tmpfs "$1/dev/shm"
  exec chroot "$1" /bin/bash /inside.sh' _ "$root"
