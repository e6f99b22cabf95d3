/**
 * Runs the bench guest or Linux in v86, headless, and prints its serial port; each line ends in ` @thread_cpu_us wall_us total_cpu_us began_us`.
 *
 *     node bench/v86.ts bench=LIST+REPS+SCALE nojit|jit SEABIOS_DIR
 *     node bench/v86.ts COMMAND_LINE nojit|jit SEABIOS_DIR BZIMAGE INITRD MEBIBYTES
 *
 * Here: the peer. Not here: what is run (guest/), the tables (interpreter.ts, kernels.ts, linux.ts).
 */
import { readFileSync, writeSync } from "node:fs";
import { fileURLToPath } from "node:url";

interface V86Instance {
  add_listener(event: string, listener: (byte: number) => void): void;
}

const [commandLine = "", compiler = "nojit", firmware = "/usr/share/seabios/", kernel, initrd, mebibytes = "128"] =
  process.argv.slice(2);
// v86 has no types of its own that Node can strip; the two members used are declared above.
const { V86 } = (await import("v86")) as unknown as { V86: new (options: object) => V86Instance };

function file(path: string): { buffer: ArrayBuffer } {
  const bytes = readFileSync(path);
  return { buffer: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer };
}

const guest =
  kernel === undefined || initrd === undefined
    ? { multiboot: file(fileURLToPath(new URL("guest/bench.elf", import.meta.url))), fastboot: true }
    : { bzimage: file(kernel), initrd: file(initrd) };
const emulator = new V86({
  wasm_path: fileURLToPath(new URL("v86.wasm", import.meta.resolve("v86"))),
  bios: file(`${firmware}bios.bin`),
  vga_bios: file(`${firmware}vgabios-stdvga.bin`),
  ...guest,
  cmdline: commandLine,
  memory_size: Number(mebibytes) << 20,
  vga_memory_size: 2 << 20,
  autostart: true,
  disable_jit: compiler === "nojit",
  disable_keyboard: true,
  disable_mouse: true,
  disable_speaker: true,
  log_level: 0,
});

let line = "";
let began = 0;
emulator.add_listener("serial0-output-byte", (byte) => {
  if (line === "") {
    const { user, system } = process.threadCpuUsage();
    began = user + system;
  }
  if (byte !== 10) {
    line += String.fromCharCode(byte);
    return;
  }
  const thread = process.threadCpuUsage();
  const all = process.cpuUsage();
  const text = line.trim();
  const wall = Math.round(performance.now() * 1000);
  writeSync(1, `${text} @${thread.user + thread.system} ${wall} ${all.user + all.system} ${began}\n`);
  line = "";
  if (text === "DONE") process.exit(0);
});
