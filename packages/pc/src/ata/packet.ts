/**
 * Packet: the commands of a CD-ROM drive, what they answer and what they read.
 *
 * Here: a pure function from command block and drive to a reply. Not here: how the bytes travel (`cd-rom.ts`).
 * SPC-2 and MMC-3 (T10), the commands' sections; one data track in one session.
 * @module
 */
import { ATA_BLOCK_SIZE } from "./registers.ts";

/** Sense data: key, additional code and its qualifier. */
export interface Sense {
  readonly key: number;
  readonly code: number;
  readonly qualifier: number;
}

/** What a packet asks for. */
export type PacketReply =
  | { readonly kind: "bytes"; readonly bytes: readonly number[] }
  | { readonly kind: "blocks"; readonly lba: number; readonly count: number }
  | { readonly kind: "tray"; readonly open: boolean }
  | { readonly kind: "sense"; readonly sense: Sense };

/** What the drive knows when a packet comes. */
export interface PacketContext {
  /** Blocks of the disc, or null if none is in. */
  readonly blocks: number | null;
  readonly trayOpen: boolean;
  readonly sense: Sense;
  readonly model: string;
}

const TEST_UNIT_READY = 0x00;
const REQUEST_SENSE = 0x03;
const INQUIRY = 0x12;
const START_STOP_UNIT = 0x1b;
const PREVENT_REMOVAL = 0x1e;
const READ_CAPACITY = 0x25;
const READ_10 = 0x28;
const SEEK_10 = 0x2b;
const READ_TOC = 0x43;
const GET_CONFIGURATION = 0x46;
const GET_EVENT_STATUS = 0x4a;
const READ_DISC_INFORMATION = 0x51;
const MODE_SENSE_10 = 0x5a;
const READ_12 = 0xa8;
const SET_CD_SPEED = 0xbb;

export const NO_SENSE: Sense = { key: 0, code: 0, qualifier: 0 };
const NO_MEDIUM = { key: 0x02, code: 0x3a };
const INVALID_COMMAND: Sense = { key: 0x05, code: 0x20, qualifier: 0 };
const INVALID_FIELD: Sense = { key: 0x05, code: 0x24, qualifier: 0 };
const OUT_OF_RANGE: Sense = { key: 0x05, code: 0x21, qualifier: 0 };

const LEAD_OUT = 0xaa;
/** Address and control of a data track. */
const DATA_TRACK = 0x14;
const PROFILE_CD_ROM = 0x0008;
/** Frames of two seconds lie before block 0. */
const PREGAP = 150;

const be16 = (value: number): number[] => [(value >>> 8) & 0xff, value & 0xff];
const be32 = (value: number): number[] => [...be16(value >>> 16), ...be16(value & 0xffff)];
const get16 = (cdb: Uint8Array, at: number): number => (cdb[at] << 8) | cdb[at + 1];
const get32 = (cdb: Uint8Array, at: number): number => get16(cdb, at) * 0x10000 + get16(cdb, at + 2);
const fixed = (text: string, length: number): number[] =>
  [...text.padEnd(length).slice(0, length)].map((c) => c.charCodeAt(0) & 0x7f);

const NOTHING: PacketReply = { kind: "bytes", bytes: [] };
const refuse = (sense: Sense): PacketReply => ({ kind: "sense", sense });
const reply = (bytes: readonly number[], allocated: number): PacketReply => ({
  kind: "bytes",
  bytes: bytes.slice(0, allocated),
});

/** What the drive makes of a command block of twelve bytes. */
export function packet(cdb: Uint8Array, drive: PacketContext): PacketReply {
  switch (cdb[0]) {
    case REQUEST_SENSE:
      return reply(senseData(drive.sense), cdb[4]);
    case INQUIRY:
      return (cdb[1] & 1) === 0 && cdb[2] === 0 ? reply(inquiry(drive.model), get16(cdb, 3)) : refuse(INVALID_FIELD);
    case START_STOP_UNIT:
      return (cdb[4] & 2) === 0 ? NOTHING : { kind: "tray", open: (cdb[4] & 1) === 0 };
    case PREVENT_REMOVAL:
    case SET_CD_SPEED:
      return NOTHING;
    case GET_CONFIGURATION:
      return reply(configuration(drive.blocks !== null), get16(cdb, 7));
    case GET_EVENT_STATUS:
      return (cdb[1] & 1) === 0 ? refuse(INVALID_FIELD) : reply(eventStatus(cdb[4], drive), get16(cdb, 7));
    case MODE_SENSE_10:
      return modeSense(cdb, drive);
    default:
      return drive.blocks === null ? withoutDisc(cdb, drive.trayOpen) : withDisc(cdb, drive.blocks);
  }
}

function withoutDisc(cdb: Uint8Array, trayOpen: boolean): PacketReply {
  const needsDisc = [TEST_UNIT_READY, READ_CAPACITY, READ_10, SEEK_10, READ_TOC, READ_DISC_INFORMATION, READ_12];
  return refuse(needsDisc.includes(cdb[0]) ? { ...NO_MEDIUM, qualifier: trayOpen ? 2 : 1 } : INVALID_COMMAND);
}

function withDisc(cdb: Uint8Array, blocks: number): PacketReply {
  const lba = get32(cdb, 2);
  switch (cdb[0]) {
    case TEST_UNIT_READY:
      return NOTHING;
    case READ_CAPACITY:
      return reply([...be32(blocks - 1), ...be32(ATA_BLOCK_SIZE)], 8);
    case READ_10:
    case READ_12: {
      const count = cdb[0] === READ_10 ? get16(cdb, 7) : get32(cdb, 6);
      return lba + count > blocks ? refuse(OUT_OF_RANGE) : { kind: "blocks", lba, count };
    }
    case SEEK_10:
      return lba < blocks ? NOTHING : refuse(OUT_OF_RANGE);
    case READ_TOC:
      return toc(cdb, blocks);
    case READ_DISC_INFORMATION:
      // A finished disc of one session and one track.
      return reply([0, 0x20, 0x0e, 1, 1, 1, 1, 0x20, ...new Array<number>(26).fill(0)], get16(cdb, 7));
    default:
      return refuse(INVALID_COMMAND);
  }
}

/** Fixed format, eighteen bytes. */
function senseData(sense: Sense): number[] {
  return [0x70, 0, sense.key, 0, 0, 0, 0, 10, 0, 0, 0, 0, sense.code, sense.qualifier, 0, 0, 0, 0];
}

function inquiry(model: string): number[] {
  return [0x05, 0x80, 0x00, 0x21, 31, 0, 0, 0, ...fixed("KINTSUGI", 8), ...fixed(model, 16), ...fixed("1.0", 4)];
}

function configuration(present: boolean): number[] {
  const profiles = [0, 0, 0x03, 4, ...be16(PROFILE_CD_ROM), present ? 1 : 0, 0];
  return [...be32(4 + profiles.length), 0, 0, ...be16(present ? PROFILE_CD_ROM : 0), ...profiles];
}

/** Only the media class has events; a drive that nobody opens has none of them to tell. */
function eventStatus(classes: number, drive: PacketContext): number[] {
  const MEDIA = 0x10;
  if ((classes & MEDIA) === 0) return [0, 2, 0x80, MEDIA];
  return [0, 6, 0x04, MEDIA, 0, (drive.trayOpen ? 1 : 0) | (drive.blocks !== null ? 2 : 0), 0, 0];
}

function modeSense(cdb: Uint8Array, drive: PacketContext): PacketReply {
  const RECOVERY = [0x01, 6, 0, 5, 0, 0, 0, 0];
  // It locks, it ejects, it has a tray; no audio, no writing. Speeds in kB/s, a buffer in KiB.
  const SPEED = be16(706);
  const CAPABILITIES = [0x2a, 18, 0, 0, 0, 0, 0x29, 0, ...SPEED, 0, 2, ...be16(512), ...SPEED, 0, 0, 0, 0];
  const pages: Readonly<Record<number, readonly number[]>> = {
    1: RECOVERY,
    42: CAPABILITIES,
    63: [...RECOVERY, ...CAPABILITIES],
  };
  const page = pages[cdb[2] & 0x3f];
  if (page === undefined) return refuse(INVALID_FIELD);
  const medium = drive.trayOpen ? 0x71 : drive.blocks === null ? 0x70 : 0x01;
  return reply([...be16(6 + page.length), medium, 0, 0, 0, 0, 0, ...page], get16(cdb, 7));
}

/** Formats 0 (tracks) and 1 (sessions). */
function toc(cdb: Uint8Array, blocks: number): PacketReply {
  const minutes = (cdb[1] & 2) !== 0;
  const address = (lba: number): number[] => {
    if (!minutes) return be32(lba);
    const frames = lba + PREGAP;
    return [0, Math.floor(frames / 4500) & 0xff, Math.floor(frames / 75) % 60, frames % 75];
  };
  const format = cdb[2] & 15 || cdb[9] >> 6;
  const first = [0, DATA_TRACK, 1, 0, ...address(0)];
  const last = [0, DATA_TRACK, LEAD_OUT, 0, ...address(blocks)];
  if (format === 1) return reply([...be16(10), 1, 1, ...first], get16(cdb, 7));
  const track = cdb[6];
  if (format !== 0 || (track > 1 && track !== LEAD_OUT)) return refuse(INVALID_FIELD);
  const tracks = track === LEAD_OUT ? last : [...first, ...last];
  return reply([...be16(2 + tracks.length), 1, 1, ...tracks], get16(cdb, 7));
}
