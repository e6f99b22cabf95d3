/**
 * The host's files that a running machine writes: paper, sound, disk.
 *
 * Here: which effect goes into which file. Not here: terminals and logs (→ commands/).
 * @module
 */
import { DiskFile } from "./disk-file.ts";
import { PaperFile } from "./paper-file.ts";
import { WavFile } from "./wav-file.ts";
import type { Effect } from "./worker-protocol.ts";

export class HostFiles {
  readonly paper: PaperFile;
  readonly wav: WavFile;
  readonly #disk: DiskFile | undefined;

  /** Paths; without `disk` what the machine writes to its disk is nowhere on the host. */
  constructor(paths: { readonly paper: string; readonly wav: string; readonly disk?: string }) {
    this.paper = new PaperFile(paths.paper);
    this.wav = new WavFile(paths.wav);
    this.#disk = paths.disk === undefined ? undefined : new DiskFile(paths.disk);
  }

  /** Writes an effect that belongs into one of them; others are left alone. */
  take(effect: Effect): void {
    if (effect.kind === "paper") this.paper.print(effect.bytes);
    else if (effect.kind === "sound") this.wav.record(effect.block);
    else if (effect.kind === "disk") this.#disk?.write(effect.lba, effect.bytes);
  }

  close(): void {
    this.paper.close();
    this.wav.close();
    this.#disk?.close();
  }
}
