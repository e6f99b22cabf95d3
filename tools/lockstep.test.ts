// The interpreter and the compiler side by side on whole systems: the bench guest, and in the long tier Linux to its shell.
//
// KINTSUGI_LINUX names a folder as bench/linux/make.sh fills it; without it the kernels come from Debian's packages.
import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { LONG } from "../apps/machine/test/tier.ts";
import { initrd } from "./foreign/initrd.ts";
import { Packages } from "./foreign/packages.ts";
import { KEPT } from "./foreign/run.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const SHAPES: readonly (readonly string[])[] = [[], ["--tiny-tlb"], ["--small-cache"]];
const INIT = [
  "#!/bin/busybox sh",
  "/bin/busybox mkdir -p /proc /sys /tmp",
  "/bin/busybox mount -t proc proc /proc",
  "/bin/busybox mount -t sysfs sysfs /sys",
  "/bin/busybox --install -s /bin",
  "export PATH=/bin",
  "exec >/dev/ttyS0 2>&1 </dev/ttyS0",
  'find /sys | wc -l; echo "M shell"',
  "poweroff -f",
].join("\n");

/** What the command says; fails if it does not end with 0. */
async function lockstep(...words: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [here("../bench/lockstep/run.ts"), ...words]);
  return stdout;
}

test("the bench guest is the same on both engines: calls, patches, system calls, faults, floats", async () => {
  const said = await lockstep(
    ...["--kernel", here("../bench/guest/bench.elf"), "--memory", "64", "--every", "500000", "--until", "DONE"],
    ...[
      "--append",
      "bench=bigcode,smc,smcdata,syscall,intnop,pfault,cr3flush,interp,repsmall,x87_nbody,sse_nbody+1+2000",
    ],
    ...["--threshold", "20"],
  );
  expect(said).toMatch(/no difference: \d\d+ checks, \d{7,} instructions; 'DONE' came/);
  expect(JSON.parse(said.trim().split("\n").at(-1) ?? "")).toMatchObject({ recompiled: expect.any(Number) });
});

/** A folder with both kernels and initrd.gz. */
function linux(): string {
  if (process.env.KINTSUGI_LINUX !== undefined) return process.env.KINTSUGI_LINUX;
  const packages = new Packages(KEPT);
  const folder = join(KEPT, "lockstep");
  mkdirSync(folder, { recursive: true });
  for (const flavour of ["686", "686-pae"]) {
    const kernel = packages.file(packages.dependency(`linux-image-${flavour}`), "boot/vmlinuz-*");
    writeFileSync(join(folder, `vmlinuz-${flavour}`), kernel);
  }
  writeFileSync(join(folder, "initrd.gz"), initrd(packages.file("busybox-static", "bin/busybox"), INIT, {}));
  return folder;
}

if (LONG)
  describe.each(["vmlinuz-686", "vmlinuz-686-pae"])("%s", (kernel) => {
    test.each(SHAPES)(
      "comes to its shell with equal state, chips and RAM every 10,000,000 cycles %s",
      async (...shape) => {
        const folder = linux();
        const files = ["--kernel", join(folder, kernel), "--initrd", join(folder, "initrd.gz")];
        expect(await lockstep(...files, "--until", "M shell", ...shape)).toMatch(/no difference: \d\d\d+ checks/);
      },
    );
  });
