/**
 * The emulators that ours is compared with, and the same kernels without any: how each is started, and whether it is here.
 *
 * v86 is a development dependency, but needs Debian's seabios; QEMU (qemu-system-x86) and a compiler for i386 (gcc-multilib)
 * are optional: what is missing is said and left out. Here: command lines. Not here: running them (serial-run.ts).
 */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const GUEST = here("guest/bench.elf");
const FIRMWARE = "/usr/share/seabios/";
const QEMU = [
  ...["qemu-system-i386", "-name", "bench,debug-threads=on", "-display", "none", "-no-reboot", "-monitor", "none"],
  ...["-serial", "stdio", "-net", "none", "-accel", "tcg,thread=single"],
];

/** What runs Linux needs. */
export interface LinuxImage {
  readonly kernel: string;
  readonly initrd: string;
  readonly append: string;
  readonly mebibytes: number;
}

/** A way to run the bench guest, or null; and Linux, or null. */
export interface Peer {
  readonly name: string;
  readonly guest: ((request: string) => readonly string[]) | null;
  readonly linux: ((image: LinuxImage) => readonly string[]) | null;
}

/** What is not here, with the reason. */
export interface Absent {
  readonly name: string;
  readonly reason: string;
}

function answers(program: string, ...args: string[]): boolean {
  try {
    execFileSync(program, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Compiles the kernels as a Linux program; null if that cannot be done here. */
function buildNative(): string | null {
  const folder = mkdtempSync(join(tmpdir(), "kintsugi-bench-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  try {
    cpSync(here("guest"), folder, { recursive: true });
    const PATH = [dirname(process.execPath), process.env.PATH].join(delimiter);
    execFileSync("make", ["bench-native"], { cwd: folder, stdio: "ignore", env: { ...process.env, PATH } });
    return join(folder, "bench-native");
  } catch {
    return null;
  }
}

/** `bench=LIST+REPETITIONS+SCALE` in words. */
function words(request: string): string[] {
  return request.replace(/^bench=/, "").split("+");
}

/** Everything that can be compared with here, in the order of the tables. */
export function findPeers(): { peers: Peer[]; absent: Absent[] } {
  const peers: Peer[] = [];
  const absent: Absent[] = [];
  const native = buildNative();
  if (native === null) absent.push({ name: "native", reason: "make and gcc -m32 (Debian's gcc-multilib) are missing" });
  else peers.push({ name: "native", guest: (request) => [native, ...words(request)], linux: null });
  if (!answers(QEMU[0], "--version")) absent.push({ name: "QEMU", reason: "qemu-system-i386 is missing" });
  else {
    peers.push({
      name: "QEMU",
      guest: (request) => [
        ...QEMU,
        "-m",
        "128",
        "-device",
        "isa-debug-exit,iobase=0xf4",
        "-kernel",
        GUEST,
        "-append",
        request,
      ],
      linux: ({ kernel, initrd, append, mebibytes }) => [
        ...[...QEMU, "-m", `${mebibytes}`, "-kernel", kernel, "-initrd", initrd, "-append", append],
      ],
    });
  }
  if (!existsSync(`${FIRMWARE}bios.bin`))
    absent.push({ name: "v86", reason: `no ${FIRMWARE}bios.bin (Debian's seabios)` });
  else {
    const v86 = [process.execPath, here("v86.ts")];
    peers.push({
      name: "v86",
      guest: (request) => [...v86, request, "jit", FIRMWARE],
      linux: ({ kernel, initrd, append, mebibytes }) => [
        ...v86,
        append,
        "jit",
        FIRMWARE,
        kernel,
        initrd,
        `${mebibytes}`,
      ],
    });
  }
  const pc = [process.execPath, here("../apps/machine/src/main.ts"), "pc", "--engine", "jit", "--stamp"];
  peers.push({
    name: "kintsugi",
    guest: (request) => [...pc, "--kernel", GUEST, "--append", request],
    linux: ({ kernel, initrd, append, mebibytes }) => [
      ...[...pc, "--memory", `${mebibytes}`, "--kernel", kernel, "--initrd", initrd, "--append", append],
      ...["--until", "M END", "--statistics"],
    ],
  });
  return { peers, absent };
}
