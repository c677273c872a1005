#!/usr/bin/env bash
# The network tests beside a real Docker, on a machine of their own made of namespaces: beside-docker.sh PATH-TO-BERTH [nft|legacy] [before|after]
# `before`: Docker runs when Berth starts; `after`: it starts, and drops what is forwarded, while Berth runs. Needs root and dockerd (docker.io).
set -euo pipefail
berth=$(realpath "$1") kind=${2:-nft} order=${3:-before}
cd "$(dirname "$0")/.."

if [ "${BESIDE_DOCKER:-}" != inside ]; then
  exec env BESIDE_DOCKER=inside unshare --net --mount --propagation private "$0" "$berth" "$kind" "$order"
fi

folder=$(mktemp -d)
daemon='' outside="beside-$$"
cleanup() {
  [ -z "$daemon" ] || { kill "$daemon"; wait "$daemon"; } 2>/dev/null || true
  umount "$folder"/exec/netns/* "$folder/run" 2>/dev/null || true
  rm -rf "$folder"
}
trap cleanup EXIT

# A way out, so that there is a default route.
ip link set lo up
mount -t tmpfs run /run && mkdir -p /run/netns
ip netns add "$outside"
ip link add up0 type veth peer name up1 netns "$outside"
ip addr add 198.51.100.1/24 dev up0 && ip link set up0 up && ip route add default via 198.51.100.2
ip -n "$outside" addr add 198.51.100.2/24 dev up1 && ip -n "$outside" link set up1 up

# Docker takes whatever is called iptables.
mkdir "$folder/bin"
for program in iptables ip6tables; do ln -s "$(command -v $program-$kind)" "$folder/bin/$program"; done

start_docker() {
  PATH="$folder/bin:$PATH" dockerd --host="unix://$folder/docker.sock" --data-root="$folder/data" --exec-root="$folder/exec" \
    --pidfile="$folder/pid" >"$folder/log" 2>&1 &
  daemon=$!
  for _ in $(seq 300); do
    [ -S "$folder/docker.sock" ] && "iptables-$kind" -S DOCKER-USER >/dev/null 2>&1 && return
    sleep 0.1
  done
  cat "$folder/log"
  exit 1
}

[ "$order" = after ] || start_docker
if [ "$order" = after ]; then
  # When the tests are under way.
  (sleep 8 && PATH="$folder/bin:$PATH" exec dockerd --host="unix://$folder/docker.sock" --data-root="$folder/data" --exec-root="$folder/exec" \
    --pidfile="$folder/pid" >"$folder/log" 2>&1) &
  daemon=$!
fi
.venv/bin/python -m pytest -q tests/e2e/test_network{,_isolation,_machine}.py --berth "$berth" "${@:4}"
"iptables-$kind" -S FORWARD | sed -n 1p
if "iptables-$kind" -S 2>/dev/null | grep berth; then echo "beside-docker: rules are left over"; exit 1; fi
