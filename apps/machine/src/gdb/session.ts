/**
 * A debugger's session: what each packet asks, and what is answered.
 *
 * Here: the commands of the remote serial protocol over a Target, one thread with the number 1. Not here: framing
 * (→ packet.ts), sockets (→ ../commands/debug.ts). A packet that cannot be understood is answered with an error, one that
 * is not known with an empty packet, as the protocol wants it.
 * Reference: Debugging with GDB, appendix E.
 * @module
 */
import { bytesOf, hexOf, latin1, PACKET_SIZE, PacketReader, packet } from "./packet.ts";
import {
  BREAK_HARDWARE,
  BREAK_SOFTWARE,
  type RegisterValue,
  type Stop,
  type Target,
  WATCH_ACCESS,
  WATCH_READ,
} from "./target.ts";

const OK = "OK";
const UNKNOWN = "";
/** Nobody reads the numbers of errors. */
const ERROR = "E01";
const SIGNAL_INTERRUPT = "02";
const SIGNAL_TRAP = "05";
const READ_LIMIT = PACKET_SIZE / 2;
const EIP = 8;

export class Session {
  readonly #target: Target;
  readonly #send: (bytes: Uint8Array) => void;
  readonly #reader: PacketReader = new PacketReader();
  #last: Uint8Array = new Uint8Array();
  #stop: Stop;
  #running = false;
  #acknowledge = true;
  #breakReasons = false;
  #over = false;

  /** `stop`: why the target stands still now. */
  constructor(target: Target, stop: Stop, send: (bytes: Uint8Array) => void) {
    this.#target = target;
    this.#stop = stop;
    this.#send = send;
  }

  /** The debugger has let go of the target. */
  get over(): boolean {
    return this.#over;
  }

  /** Bytes from the debugger. */
  receive(bytes: Iterable<number>): void {
    for (const received of this.#reader.read(bytes)) {
      if (this.#over) return;
      if (received.kind === "packet") this.#packet(received.body);
      else if (received.kind === "resend") this.#send(this.#last);
      else if (received.kind === "damaged") this.#send(latin1("-"));
      else if (this.#running) this.#target.interrupt();
    }
  }

  #packet(body: string): void {
    if (this.#acknowledge) this.#send(latin1("+"));
    const answer = this.#answer(body);
    if (answer !== undefined) this.#reply(answer);
  }

  /** The target, which was running, has stopped. */
  stopped(stop: Stop): void {
    this.#stop = stop;
    if (!this.#running) return;
    this.#running = false;
    this.#reply(this.#stopReply());
  }

  #reply(body: string): void {
    this.#last = packet(body);
    this.#send(this.#last);
  }

  /** Undefined when the answer comes later, or never. */
  #answer(body: string): string | undefined {
    if (this.#running) return ERROR;
    const rest = body.slice(1);
    switch (body[0]) {
      case "?":
        return this.#stopReply();
      case "g":
        return this.#readRegisters();
      case "G":
        return this.#writeRegisters(rest);
      case "p":
        return this.#readRegister(rest);
      case "P":
        return this.#writeRegister(rest);
      case "m":
        return this.#readMemory(rest);
      case "M":
      case "X":
        return this.#writeMemory(rest, body[0] === "X");
      case "Z":
      case "z":
        return this.#point(rest, body[0] === "Z");
      case "c":
      case "s":
        return this.#resume(body[0] === "s", rest);
      case "C":
      case "S":
        // There are no signals to deliver.
        return this.#resume(body[0] === "S", rest.split(";")[1] ?? "");
      case "H":
      case "T":
        return OK;
      case "D":
        this.#over = true;
        this.#target.detach();
        return OK;
      case "k":
        return this.#kill(undefined);
      case "v":
        return this.#verbose(body);
      case "q":
        return this.#query(body);
      case "Q":
        return this.#set(body);
      default:
        return UNKNOWN;
    }
  }

  #stopReply(): string {
    const stop = this.#stop;
    if (stop.kind === "exit") return `W${hexOf([stop.code & 0xff])}`;
    const reply = (signal: string, reason = ""): string => `T${signal}${reason}thread:1;`;
    if (stop.kind === "interrupt") return reply(SIGNAL_INTERRUPT);
    if (stop.kind === "step") return reply(SIGNAL_TRAP);
    const { kind, address } = stop.point;
    if (kind === BREAK_SOFTWARE || kind === BREAK_HARDWARE) {
      const reason = kind === BREAK_SOFTWARE ? "swbreak:;" : "hwbreak:;";
      return reply(SIGNAL_TRAP, this.#breakReasons ? reason : "");
    }
    const name = kind === WATCH_ACCESS ? "awatch" : kind === WATCH_READ ? "rwatch" : "watch";
    return reply(SIGNAL_TRAP, `${name}:${address.toString(16)};`);
  }

  #readRegisters(): string {
    const known = this.#target.registers();
    return this.#target.description.registers.map(({ bytes }, number) => registerText(known?.[number], bytes)).join("");
  }

  #writeRegisters(text: string): string {
    const values: RegisterValue[] = [];
    let at = 0;
    for (const { bytes } of this.#target.description.registers.slice(0, this.#target.registers()?.length)) {
      const value = registerValue(text.slice(at, at + 2 * bytes), bytes);
      if (value === undefined) return ERROR;
      values.push(value);
      at += 2 * bytes;
    }
    return this.#target.setRegisters(values) ? OK : ERROR;
  }

  #readRegister(text: string): string {
    const number = numberOf(text);
    const register = this.#target.description.registers[number ?? -1];
    if (number === undefined || register === undefined) return ERROR;
    return registerText(this.#target.registers()?.[number], register.bytes);
  }

  #writeRegister(text: string): string {
    const [name, digits = ""] = text.split("=");
    const number = numberOf(name) ?? -1;
    const registers = [...(this.#target.registers() ?? [])];
    const value = registerValue(digits, this.#target.description.registers[number]?.bytes);
    if (value === undefined || number >= registers.length) return ERROR;
    registers[number] = value;
    return this.#target.setRegisters(registers) ? OK : ERROR;
  }

  #readMemory(text: string): string {
    const range = rangeOf(text);
    if (range === undefined) return ERROR;
    const bytes = this.#target.readMemory(range.address, Math.min(range.length, READ_LIMIT));
    return bytes.length === 0 && range.length > 0 ? ERROR : hexOf(bytes);
  }

  #writeMemory(text: string, binary: boolean): string {
    const colon = text.indexOf(":");
    const range = rangeOf(text.slice(0, colon));
    const data = text.slice(colon + 1);
    const bytes = binary ? latin1(data) : bytesOf(data);
    if (colon < 0 || range === undefined || bytes === undefined || bytes.length !== range.length) return ERROR;
    return this.#target.writeMemory(range.address, bytes) ? OK : ERROR;
  }

  #point(text: string, insert: boolean): string {
    const [type, ...place] = (text.split(";")[0] ?? "").split(",");
    if (!/^[0-4]$/.test(type)) return UNKNOWN;
    const range = rangeOf(place.join(","));
    if (range === undefined) return ERROR;
    const point = { kind: Number(type), ...range };
    if (insert) this.#target.insert(point);
    else this.#target.remove(point);
    return OK;
  }

  #resume(step: boolean, at: string): string | undefined {
    if (this.#stop.kind === "exit") return this.#stopReply();
    if (at !== "") {
      const eip = numberOf(at);
      const registers = [...(this.#target.registers() ?? [])];
      if (eip === undefined || registers.length === 0) return ERROR;
      registers[EIP] = eip;
      if (!this.#target.setRegisters(registers)) return ERROR;
    }
    this.#running = true;
    this.#target.resume(step);
    return undefined;
  }

  #kill(answer: string | undefined): string | undefined {
    this.#over = true;
    this.#target.kill();
    return answer;
  }

  #verbose(body: string): string | undefined {
    if (body === "vCont?") return "vCont;c;C;s;S";
    if (body.startsWith("vKill")) return this.#kill(OK);
    if (!body.startsWith("vCont;")) return UNKNOWN;
    // One thread: the first action that is for it, or for all.
    const action = /^vCont;([csCS])/.exec(body)?.[1];
    return action === undefined ? ERROR : this.#resume(action.toLowerCase() === "s", "");
  }

  #query(body: string): string {
    const [name] = body.split(/[:,]/);
    switch (name) {
      case "qSupported":
        this.#breakReasons = body.includes("swbreak+");
        return `PacketSize=${PACKET_SIZE.toString(16)};qXfer:features:read+;QStartNoAckMode+;vContSupported+;swbreak+;hwbreak+`;
      case "qXfer":
        return transfer(body, this.#target.description.xml);
      case "qAttached":
        return "1";
      case "qC":
        return "QC1";
      case "qfThreadInfo":
        return "m1";
      case "qsThreadInfo":
        return "l";
      default:
        return UNKNOWN;
    }
  }

  #set(body: string): string {
    if (body !== "QStartNoAckMode") return UNKNOWN;
    this.#acknowledge = false;
    return OK;
  }
}

/** A piece of target.xml: `m` when more follows, `l` for the last. */
function transfer(body: string, xml: string): string {
  const found = /^qXfer:features:read:target\.xml:([0-9a-f]{1,8}),([0-9a-f]{1,8})$/i.exec(body);
  if (found === null) return body.startsWith("qXfer:features:read:") ? ERROR : UNKNOWN;
  const [from, length] = [Number.parseInt(found[1], 16), Number.parseInt(found[2], 16)];
  const end = from + Math.min(length, READ_LIMIT);
  return `${end < xml.length ? "m" : "l"}${xml.slice(from, end)}`;
}

function registerText(value: RegisterValue | undefined, bytes: number): string {
  if (value === undefined) return "xx".repeat(bytes);
  if (typeof value !== "number") return hexOf(value);
  return hexOf([value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24]);
}

/** A register's value from its bytes, lowest first; undefined if they are not so many. */
function registerValue(digits: string, size: number | undefined): RegisterValue | undefined {
  const bytes = bytesOf(digits);
  if (bytes === undefined || bytes.length !== size) return undefined;
  return size === 4 ? bytes[0] | (bytes[1] << 8) | (bytes[2] << 16) | (bytes[3] << 24) : bytes;
}

function numberOf(text: string): number | undefined {
  return /^[0-9a-f]{1,8}$/i.test(text) ? Number.parseInt(text, 16) : undefined;
}

/** `address,length`. */
function rangeOf(text: string): { readonly address: number; readonly length: number } | undefined {
  const [first, second, ...more] = text.split(",");
  const [address, length] = [numberOf(first), numberOf(second ?? "")];
  if (address === undefined || length === undefined || more.length > 0) return undefined;
  return { address, length };
}
