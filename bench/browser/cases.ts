/** What is run in a browser, and what comes back. Plain data, for both sides. */

export interface BrowserCase {
  /** RAM is shared: the page is cross-origin isolated. */
  readonly shared: boolean;
  readonly tailCalls: boolean;
  readonly kernels: readonly string[];
  /** Divides the kernels' iterations. */
  readonly scale: number;
}

export interface BrowserResult {
  readonly checksums: Readonly<Record<string, number>>;
  readonly compiledShare: number;
  readonly modules: number;
  /** Bytes of modules made within one slice at most, and what making each module took. */
  readonly mostBytes: number;
  readonly made: readonly (readonly [bytes: number, milliseconds: number])[];
  /** Milliseconds by the wall clock: on a busy machine it says little. */
  readonly longestSlice: number;
  readonly isolated: boolean;
}
