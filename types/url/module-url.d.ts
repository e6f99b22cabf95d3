// What a package needs to say where a file of its own lies: lib "dom" and Node's types are walled off from it.
// In a folder of its own, because where Node's types are loaded their URL is the one.
interface ImportMeta {
  readonly url: string;
}
declare class URL {
  constructor(url: string, base?: string | URL);
  readonly href: string;
}
