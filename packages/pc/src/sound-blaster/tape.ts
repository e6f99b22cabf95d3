/**
 * What a sound card gives to the outside: frames in time, and a recording of them.
 *
 * Here: the block of frames that leaves the converter; a WAV file's bytes made of blocks. Not here: the file, which
 * belongs to whoever records. Blocks of another rate than the first are brought to that rate by repeating or dropping
 * frames. Microsoft/IBM, Multimedia Programming Interface and Data Specifications 1.0 (1991), "WAVE".
 * @module
 */

/** Frames that have sounded. The converter stands before the mixer: volume is the listener's. */
export interface SoundBlock {
  /** Virtual ns at which the first frame began. */
  readonly at: number;
  /** Frames per second. */
  readonly rate: number;
  /**
   * Ns of silence since the block before (or since the card was first reset): nothing was transferred. Time in which
   * a program had the transfer paused is not counted: a recording stands still meanwhile.
   */
  readonly idle: number;
  /** 16-bit samples: left, right, left… */
  readonly samples: readonly number[];
}

const NANOSECONDS = 1_000_000_000;
const FRAME_BYTES = 4;
export const WAV_HEADER_SIZE = 44;

/** Makes a WAV file of blocks: 16 bits, stereo, at the rate of the first block. */
export class WavTape {
  #rate = 0;
  #frames = 0;
  /** Part of a frame by which the recording is behind its source, in units of 1/source rate. */
  #owed = 0;

  /** Frames per second; 0 before the first block. */
  get rate(): number {
    return this.#rate;
  }

  /** Frames recorded. */
  get frames(): number {
    return this.#frames;
  }

  /** Bytes to append to the file for a block, behind the header. */
  record(block: SoundBlock): Uint8Array {
    this.#rate ||= block.rate;
    const silence = Math.round((block.idle / NANOSECONDS) * this.#rate);
    const samples = this.#atOwnRate(block);
    const bytes = new Uint8Array(silence * FRAME_BYTES + samples.length * 2);
    const view = new DataView(bytes.buffer, silence * FRAME_BYTES);
    for (const [i, sample] of samples.entries()) view.setInt16(2 * i, sample, true);
    this.#frames += bytes.length / FRAME_BYTES;
    return bytes;
  }

  /** The header for what has been recorded: to be written, or written over, at the beginning of the file. */
  header(): Uint8Array {
    const bytes = new Uint8Array(WAV_HEADER_SIZE);
    const view = new DataView(bytes.buffer);
    const text = (at: number, word: string): void => {
      for (let i = 0; i < word.length; i++) view.setUint8(at + i, word.charCodeAt(i));
    };
    const size = this.#frames * FRAME_BYTES;
    text(0, "RIFF");
    view.setUint32(4, WAV_HEADER_SIZE - 8 + size, true);
    text(8, "WAVEfmt ");
    view.setUint32(16, 16, true);
    view.setUint16(20, 1, true); // PCM
    view.setUint16(22, 2, true);
    view.setUint32(24, this.#rate, true);
    view.setUint32(28, this.#rate * FRAME_BYTES, true);
    view.setUint16(32, FRAME_BYTES, true);
    view.setUint16(34, 16, true);
    text(36, "data");
    view.setUint32(40, size, true);
    return bytes;
  }

  #atOwnRate({ rate, samples }: SoundBlock): readonly number[] {
    if (rate === this.#rate) return samples;
    const out: number[] = [];
    for (let i = 0; i < samples.length; i += 2) {
      for (this.#owed += this.#rate; this.#owed >= rate; this.#owed -= rate)
        out.push(samples[i] as number, samples[i + 1] as number);
    }
    return out;
  }
}
