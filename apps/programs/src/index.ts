/**
 * Where the built programs lie: ELF files to hand to a machine as boot modules.
 *
 * Here: places of files. Not here: the programs (→ ../guest), how they are built (→ tools/guest).
 * @module
 */

const prebuilt = (name: string): URL => new URL(`../prebuilt/${name}.elf`, import.meta.url);

/** Program → its ELF file, with symbols. */
export const guests: Readonly<Record<string, URL>> = {
  /** The shell. */
  msh: prebuilt("msh"),
  hello: prebuilt("hello"),
  /** `waveplay FILE`: plays a WAV file. */
  waveplay: prebuilt("waveplay"),
  /** `paint [FRAMES]`: moving pictures. */
  paint: prebuilt("paint"),
  /** `diskcopy FROM TO [SECTORS]`: from one disk server to another. */
  diskcopy: prebuilt("diskcopy"),

  // Test programs.
  /** `ipcpong [COUNT]`: IPC round trips between two processes. */
  ipcpong: prebuilt("ipcpong"),
  /** `faulter [ROUNDS]`: 256 page faults a round. */
  faulter: prebuilt("faulter"),
  /** What the kernel answers to bad partners, bad ids, timeouts. */
  x2errors: prebuilt("x2errors"),
  /** A server without recovery of its own, and its client `echo-client TEXT`. */
  "echo-server": prebuilt("echo-server"),
  "echo-client": prebuilt("echo-client"),
  /** A server that is restarted with `echo-server`, and its client `relay-client COUNT`. */
  relay: prebuilt("relay"),
  "relay-client": prebuilt("relay-client"),
  /** A server with something in every kind of memory, and its client, which shares pages with it. */
  keeper: prebuilt("keeper"),
  "keeper-client": prebuilt("keeper-client"),
  /** `knot PEER`: servers that ask each other. */
  knot: prebuilt("knot"),
  /** A server that fails in many ways, without and with its compiler's checks. */
  fragile: prebuilt("fragile"),
  "fragile-checked": prebuilt("fragile-checked"),
  /** `ledger complete|checkpoint|immediate`: a server that adds up, and its client `ledger-client FAULT`. */
  ledger: prebuilt("ledger"),
  "ledger-client": prebuilt("ledger-client"),
  /** `ask SERVER LABEL [WORD …]`: one request. */
  ask: prebuilt("ask"),
  /** A server with transactional, checked, protected and allocated memory, and its client `vault-client WORD [NUMBER]`. */
  vault: prebuilt("vault"),
  "vault-client": prebuilt("vault-client"),
  /** `family clone | deep | threads`: processes made by cloning, and threads. */
  family: prebuilt("family"),
  /** A server with a second thread, and its client. */
  crew: prebuilt("crew"),
  "crew-client": prebuilt("crew-client"),
  /** Two servers with 16 pages, transactional and plain, and the benches' client of them. */
  meter: prebuilt("meter"),
  "meter-plain": prebuilt("meter-plain"),
  "meter-client": prebuilt("meter-client"),
};

/** Foreign servers, for `kintsugi l4`: they know X.2 and nothing of this kernel. */
export const foreignServers: Readonly<Record<string, URL>> = {
  /** sigma0: page faults and requests, each page to one thread only. */
  "l4-sigma0": prebuilt("l4-sigma0"),
  /** What the interface does, as a transcript: calls, and mappings. */
  "l4-probe": prebuilt("l4-probe"),
  "l4-mapprobe": prebuilt("l4-mapprobe"),
  /** What the manual promises, topic by topic, a line each. */
  "l4-tests": prebuilt("l4-tests"),
  /** Devices, ports, interrupts, floats, clocks; boot modules and their command lines. */
  "l4-hardware": prebuilt("l4-hardware"),
  /** IPC inside a space and between spaces, map items, page faults, for the bench. */
  "l4-pingpong": prebuilt("l4-pingpong"),
};
