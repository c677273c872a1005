#!/usr/bin/env bash
# Runs a command as root on a machine of its own that is thrown away: guest.sh COMMAND... answers with its output and its exit code.
# That machine is a Debian with systemd, its own kernel and version 2 of cgroups alone. It sees this repository, the build folder and
# Python at the paths they have here, read-only; whatever it writes is gone with it. It reaches no network.
#   BERTH_GUEST_SUITE    the release of Debian: bookworm (kernel 6.1, the default), trixie (6.12), ...
#   BERTH_GUEST_SECONDS  how long it may take: 1800
# Needs root, mmdebstrap and qemu-system-x86; without /dev/kvm it is slow. The first run makes a disk in the build folder.
set -euo pipefail
[ $# -gt 0 ] || { sed -n '2,7s/^# \?//p' "$0" >&2; exit 64; }
top=$(realpath "$(dirname "$0")/..")
target=$(realpath -m "${CARGO_TARGET_DIR:-$top/target}")
suite=${BERTH_GUEST_SUITE:-bookworm}
seconds=${BERTH_GUEST_SECONDS:-1800}
made=$target/guest/$suite
for program in mmdebstrap qemu-system-x86_64 mke2fs; do
  command -v "$program" >/dev/null || { echo "guest: $program is missing: apt-get install mmdebstrap qemu-system-x86 e2fsprogs" >&2; exit 69; }
done

talk=$(mktemp -d) qemu=''
cleanup() {
  [ -z "$qemu" ] || { kill "$qemu"; wait "$qemu"; } 2>/dev/null || true
  rm -rf "$talk"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# All it knows is to run what it is given, once the network is there, and to end.
make_disk() {
  local packages=systemd-sysv,dbus,udev,kmod,linux-image-amd64,iproute2,nftables,iptables,procps,curl,openssl,ca-certificates
  packages+=,python3,libsqlite3-0,libffi8,libssl3,zlib1g,runc,docker-registry
  [ "$suite" = bookworm ] || packages=${packages/libssl3/libssl3t64}
  local root=$talk/root
  mmdebstrap --quiet --variant=minbase --include="$packages" "$suite" "$root" >&2
  printf '[Match]\nType=ether\nName=e*\n[Network]\nDHCP=yes\n' >"$root/etc/systemd/network/80-guest.network"
  cat >"$root/etc/systemd/system/guest.service" <<'UNIT'
[Unit]
After=network-online.target
Wants=network-online.target
[Service]
Type=oneshot
# No limit of this unit's is to reach what is tried.
TasksMax=infinity
ExecStart=/bin/sh -c 'mkdir -p /run/talk && mount -t 9p -o trans=virtio,version=9p2000.L talk /run/talk && exec bash /run/talk/run'
ExecStopPost=/bin/systemctl poweroff --no-block
[Install]
WantedBy=multi-user.target
UNIT
  chroot "$root" systemctl --quiet enable systemd-networkd.service systemd-networkd-wait-online.service guest.service
  # For tests, which start their own.
  chroot "$root" systemctl --quiet mask docker-registry.service
  mkdir -p "$made"
  cp --dereference "$root/vmlinuz" "$made/kernel"
  cp --dereference "$root/initrd.img" "$made/initrd"
  # Renamed when it is whole.
  mke2fs -q -t ext4 -d "$root" "$made/disk.new" 12G
  mv "$made/disk.new" "$made/disk"
  rm -rf "$root"
}
[ -e "$made/disk" ] || { echo "guest: making $made" >&2; make_disk; }

shared=() devices=() mounts=()
share() {
  local folder other
  folder=$(realpath -m "$1")
  [ -d "$folder" ] || return 0
  for other in /usr "${shared[@]}"; do case $folder/ in "$other"/*) return 0 ;; esac; done
  local tag=share${#shared[@]}
  shared+=("$folder")
  devices+=(-virtfs "local,path=$folder,mount_tag=$tag,security_model=none,readonly=on,multidevs=remap")
  mounts+=("mkdir -p '$folder'; mount -t 9p -o trans=virtio,version=9p2000.L,ro,msize=512000,cache=loose $tag '$folder'")
}
share "$top"
share "$target"
share "$top/.venv"
[ ! -x "$top/.venv/bin/python" ] || share "$("$top/.venv/bin/python" -c 'import sys; print(sys.base_prefix)')"

# Its output comes through a port of its own, apart from the kernel's messages; no second process could open that: hence cat.
cat >"$talk/run" <<RUN
set -o pipefail
export HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
export CARGO_TARGET_DIR='$target'
# What it was started with names no server but leads to one.
echo nameserver 10.0.2.3 >/etc/resolv.conf
modprobe -a overlay nf_tables veth bridge 2>/dev/null
{ set -e; $(printf '%s\n' "${mounts[@]}")
cd '$top'; set +e; bash /run/talk/command; } 2>&1 </dev/null | cat >/dev/virtio-ports/output
echo \$? >/run/talk/code
RUN
if [ $# -eq 1 ]; then printf '%s\n' "$1"; else printf '%q ' "$@"; fi >"$talk/command"

# Where this is a guest itself there may be a /dev/kvm on which nothing ever runs: the processor's own word counts.
machine=(-machine q35,accel=tcg -cpu max)
if [ -w /dev/kvm ] && grep -qwE 'vmx|svm' /proc/cpuinfo; then machine=(-machine q35,accel=kvm -cpu host); fi

# Not its stdout itself, which can be anything: it would close the port when stdin ends.
mkfifo "$talk/output"
cat "$talk/output" &
shown=$!
timeout "$seconds" qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot \
  "${machine[@]}" -smp 2 -m "${BERTH_GUEST_MEMORY:-4096}" \
  -kernel "$made/kernel" -initrd "$made/initrd" \
  -append "root=/dev/vda rw console=ttyS0 panic=-1 systemd.unified_cgroup_hierarchy=1 cgroup_no_v1=all" \
  -drive "file=$made/disk,format=raw,if=virtio,snapshot=on,cache=unsafe" -serial "file:$talk/console" \
  -nic user,model=virtio-net-pci,restrict=on -device virtio-rng-pci -device virtio-serial \
  -chardev "file,id=output,path=$talk/output,append=on" -device virtserialport,chardev=output,name=output \
  -virtfs "local,path=$talk,mount_tag=talk,security_model=none" "${devices[@]}" </dev/null &
qemu=$!
wait "$qemu" || true
qemu=''
wait "$shown" || true
if [ ! -s "$talk/code" ]; then
  echo "guest: it ended, or was ended after $seconds seconds, before the command did; its console says last:" >&2
  tail -n 60 "$talk/console" >&2
  exit 70
fi
exit "$(cat "$talk/code")"
