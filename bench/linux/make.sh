#!/bin/bash
# Fetches Debian's i386 kernels and busybox by package name into a folder and packs initrd.gz there (root, for the architecture).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd); work=${1:-$here/build}; mkdir -p "$work"; cd "$work"
dpkg --print-foreign-architectures | grep -qx i386 || dpkg --add-architecture i386
apt-get update -qq || true   # an index may be mid-sync; the packages are usually still there
for flavour in 686 686-pae; do
  pkg=$(apt-cache depends "linux-image-$flavour:i386" | sed -n 's/.*Depends: \(linux-image-[^: ]*\).*/\1/p' | head -1)
  [[ -f vmlinuz-$flavour ]] || { apt-get download -qq "$pkg:i386"; dpkg -x "$pkg"_*_i386.deb k; cp k/boot/vmlinuz-* "vmlinuz-$flavour"; rm -rf k; }
done
[[ -d ir ]] || { apt-get download -qq busybox-static:i386; dpkg -x busybox-static_*_i386.deb b; mkdir -p ir/bin ir/dev; cp b/bin/busybox ir/bin/; rm -rf b; }
cp "$here/init" ir/init; chmod +x ir/init
[[ -c ir/dev/console ]] || mknod ir/dev/console c 5 1
(cd ir && find . | cpio -o -H newc --quiet | gzip -9) > initrd.gz
ls -la vmlinuz-* initrd.gz
