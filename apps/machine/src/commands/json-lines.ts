/**
 * The events of a run as JSON, one a line.
 *
 * Here: the text of each effect. Equal runs give equal lines: host times are left out unless asked for.
 * @module
 */
import { ATA_SECTOR_SIZE } from "@kintsugi/pc";
import type { Effect, FinalFigures } from "../host/worker-protocol.ts";
import type { RunEnd } from "../run/run.ts";

export class JsonLines {
  readonly #decoder = new TextDecoder();
  readonly #hostTimes: boolean;

  constructor(hostTimes: boolean) {
    this.#hostTimes = hostTimes;
  }

  line(effect: Effect): string | undefined {
    switch (effect.kind) {
      case "serial":
        // A character cut in two by the end of a chunk appears with its second half.
        return this.#text({
          event: "output",
          at: effect.at,
          text: this.#decoder.decode(effect.bytes, { stream: true }),
        });
      case "disk":
        return this.#text({ event: "disk", lba: effect.lba, sectors: effect.bytes.length / ATA_SECTOR_SIZE });
      case "screen":
        return this.#text({ event: "screen", ...effect.screen });
      case "paper":
        return this.#text({ event: "paper", bytes: effect.bytes.length });
      case "sound": {
        const { at, rate, idle, samples } = effect.block;
        return this.#text({ event: "sound", at, rate, idle, frames: samples.length / 2 });
      }
      case "taken":
        return effect.entry.kind === "type"
          ? this.#text({ event: "input", at: effect.entry.at, text: new TextDecoder().decode(effect.entry.bytes) })
          : this.#text({ event: "leave", at: effect.entry.at });
      case "event":
        return this.#text(effect.event);
    }
  }

  end(end: RunEnd, figures: FinalFigures): string {
    const { reason, ...rest } = end;
    return this.#text({ event: "end", reason, ...rest, ...figures });
  }

  #text(value: unknown): string {
    const drop = this.#hostTimes
      ? undefined
      : (key: string, field: unknown) => (key === "hostMicroseconds" ? undefined : field);
    return `${JSON.stringify(value, drop)}\n`;
  }
}
