/**
 * A PC in a file: configuration, state and memories, from which another process goes on.
 *
 *     "KNTSGPC1"  u32 length of the header  header (JSON)  gzip of all sections, one after another  SHA-256 of all before
 *
 * The header has the configuration, the state, and the sections' names and sizes: RAM, video memory, firmware, and the
 * kernel with its modules for the next reset. Here: bytes to values and back. Not here: files (→ commands/pc/); what disks
 * hold, which stays where it is. A file that is not whole is refused, whatever is in it.
 * @module
 */
import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { err, ok, type Result } from "neverthrow";
import { canonical } from "../hash.ts";
import type { BootImage } from "./boot-image.ts";
import type { Rom } from "./pc-chips.ts";
import type { PcConfiguration, PcSnapshot, PcState } from "./pc-machine.ts";

const MAGIC = "KNTSGPC1";
const VERSION = 1;
const SUM_SIZE = 32;
const HEADER_AT = MAGIC.length + 4;

/** What can be taken along: everything but the disks' contents. */
export interface SavedPc {
  readonly configuration: Omit<PcConfiguration, "disk" | "disc">;
  /** Sectors of the disk and blocks of the disc that were plugged in, null without. */
  readonly disks: { readonly hda: number | null; readonly cdrom: number | null };
  readonly boot: BootImage | null;
  readonly snapshot: PcSnapshot;
}

interface Header {
  readonly version: number;
  readonly configuration: Pick<PcConfiguration, "memory" | "model" | "time" | "bootOrder">;
  readonly disks: SavedPc["disks"];
  readonly roms: readonly number[];
  readonly boot: { readonly name: string; readonly append: string; readonly modules: readonly string[] } | null;
  readonly state: PcState;
  readonly sections: readonly { readonly name: string; readonly size: number }[];
}

/** The file's bytes. */
export function encodeSnapshot(saved: SavedPc): Uint8Array {
  const { configuration, disks, boot, snapshot } = saved;
  const { memory, model, time, bootOrder, bios, videoBios, roms } = configuration;
  const sections: [name: string, bytes: Uint8Array | null][] = [
    ["ram", snapshot.ram],
    ["video", snapshot.video],
    ["bios", bios],
    ["videoBios", videoBios],
    ...roms.map(({ bytes }, i): [string, Uint8Array] => [`rom ${i}`, bytes]),
    ["kernel", boot?.kernel ?? null],
    ["ramDisk", boot?.ramDisk ?? null],
    ...(boot?.modules ?? []).map(({ bytes }, i): [string, Uint8Array] => [`module ${i}`, bytes]),
  ];
  const there = sections.filter((section): section is [string, Uint8Array] => section[1] !== null);
  const header: Header = {
    version: VERSION,
    configuration: { memory, model, time, bootOrder },
    disks,
    roms: roms.map(({ address }) => address),
    boot: boot && { name: boot.name, append: boot.append, modules: boot.modules.map((module) => module.commandLine) },
    state: snapshot.state,
    sections: there.map(([name, bytes]) => ({ name, size: bytes.length })),
  };
  const json = JSON.stringify(header);
  // JSON would turn what is not plain into something else without a word.
  if (canonical(JSON.parse(json)) !== canonical(header)) throw new Error("the machine's state is not plain data");
  const text = Buffer.from(json);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  const body = gzipSync(Buffer.concat(there.map(([, bytes]) => bytes)), { level: 1 });
  const whole = Buffer.concat([Buffer.from(MAGIC), length, text, body]);
  return Buffer.concat([whole, sum(whole)]);
}

/** What the file holds, or what is wrong with it. */
export function decodeSnapshot(file: Uint8Array): Result<SavedPc, string> {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (bytes.subarray(0, MAGIC.length).toString("latin1") !== MAGIC) return err("it is no snapshot of kintsugi pc");
  const end = bytes.length - SUM_SIZE;
  if (end < HEADER_AT || !sum(bytes.subarray(0, end)).equals(bytes.subarray(end)))
    return err("the snapshot is damaged or not whole; save it again");
  const bodyAt = HEADER_AT + bytes.readUInt32LE(MAGIC.length);
  const header = JSON.parse(bytes.subarray(HEADER_AT, bodyAt).toString()) as Header;
  if (header.version !== VERSION || header.state.version !== 1)
    return err(`the snapshot has version ${header.version}, and this kintsugi knows ${VERSION}; save it again`);
  const body = gunzipSync(bytes.subarray(bodyAt, end));
  const sections = new Map<string, Uint8Array>();
  let at = 0;
  for (const { name, size } of header.sections) {
    sections.set(name, body.subarray(at, at + size));
    at += size;
  }
  const must = (name: string): Uint8Array => sections.get(name) ?? new Uint8Array();
  const optional = (name: string): Uint8Array | null => sections.get(name) ?? null;
  const roms: Rom[] = header.roms.map((address, i) => ({ address, bytes: must(`rom ${i}`) }));
  return ok({
    configuration: { ...header.configuration, bios: optional("bios"), videoBios: optional("videoBios"), roms },
    disks: header.disks,
    boot: header.boot && {
      kernel: must("kernel"),
      name: header.boot.name,
      append: header.boot.append,
      ramDisk: optional("ramDisk"),
      modules: header.boot.modules.map((commandLine, i) => ({ bytes: must(`module ${i}`), commandLine })),
    },
    snapshot: { state: header.state, ram: must("ram"), video: must("video") },
  });
}

function sum(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}
