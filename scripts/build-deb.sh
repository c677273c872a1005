#!/usr/bin/env bash
# A Debian package of what `make build` made: build-deb.sh [FOLDER] writes FOLDER/berth_VERSION_ARCHITECTURE.deb and says where.
# BERTH_PROFILE, BERTH_DEB_VERSION and BERTH_DEB_COMPRESSION are for its test.
set -euo pipefail
cd "$(dirname "$0")/.."

profile=${BERTH_PROFILE:-release}
built=${CARGO_TARGET_DIR:-target}/$profile
into=${1:-${CARGO_TARGET_DIR:-target}/debian}
[ -x "$built/berth" ] && [ -x "$built/berth-shim" ] || { echo "build-deb: $built has no berth and berth-shim: run make build" >&2; exit 1; }
command -v dpkg-deb >/dev/null || { echo "build-deb: dpkg-deb is missing: this needs Debian or Ubuntu" >&2; exit 1; }

version=${BERTH_DEB_VERSION:-$("$built/berth" version | awk '{ print $2; exit }')}
architecture=$(dpkg --print-architecture)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
install -d -m 0755 "$root/DEBIAN" "$root/etc/berth" "$root/usr/share/man/man1"
chmod 0755 "$root"
install -D -m 0755 -t "$root/usr/bin" "$built/berth" "$built/berth-shim"
install -D -m 0644 -t "$root/usr/lib/systemd/system" packaging/berth.service packaging/berth-agent.service
install -D -m 0644 packaging/debian/default "$root/etc/default/berth"
install -D -m 0644 LICENSE "$root/usr/share/doc/berth/copyright"
install -D -m 0644 -t "$root/usr/share/doc/berth" README.md CHANGELOG.md
install -d "$root/usr/share/bash-completion/completions" "$root/usr/share/zsh/vendor-completions" "$root/usr/share/fish/vendor_completions.d"
"$built/berth" completions bash >"$root/usr/share/bash-completion/completions/berth"
"$built/berth" completions zsh >"$root/usr/share/zsh/vendor-completions/_berth"
"$built/berth" completions fish >"$root/usr/share/fish/vendor_completions.d/berth.fish"
"$built/berth" manual "$root/usr/share/man/man1"
gzip -9n "$root"/usr/share/man/man1/*.1
# What it was linked against is what it needs: the newest symbol version says how new.
libc=$(objdump -T "$built/berth" 2>/dev/null | grep -o 'GLIBC_[0-9.]*' | sed 's/GLIBC_//' | sort -V | tail -n 1)
size=$(du -sk --exclude=DEBIAN "$root" | cut -f 1)
sed -e "s/@VERSION@/$version/; s/@ARCHITECTURE@/$architecture/; s/@SIZE@/$size/; s/@LIBC@/${libc:-2.31}/" packaging/debian/control.in >"$root/DEBIAN/control"
install -m 0644 packaging/debian/conffiles "$root/DEBIAN/conffiles"
install -m 0755 -t "$root/DEBIAN" packaging/debian/postinst packaging/debian/prerm packaging/debian/postrm
mkdir -p "$into"
dpkg-deb --root-owner-group -Z"${BERTH_DEB_COMPRESSION:-xz}" --build "$root" "$into/berth_${version}_$architecture.deb" >&2
echo "$into/berth_${version}_$architecture.deb"
