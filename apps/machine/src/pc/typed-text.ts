/**
 * Text that is typed: from the words of a command line to bytes for a line, or to keys.
 *
 * Here: escapes, key names, which keys make a character (US layout). Not here: when it is typed (→ script.ts).
 * @module
 */
import { isKeyCode, type KeyCode } from "@kintsugi/pc";
import { err, ok, type Result } from "neverthrow";

/** A character, or keys that are held together, the last pressed last. */
export type Stroke =
  | { readonly kind: "character"; readonly code: number }
  | { readonly kind: "keys"; readonly keys: readonly KeyCode[] };

const ESCAPES: Readonly<Record<string, string>> = {
  n: "\r",
  r: "\r",
  t: "\t",
  e: "\x1b",
  b: "\b",
  "\\": "\\",
  "{": "{",
};

/**
 * `\n` (as a line's end itself) is the Enter key, `\t`, `\e`, `\b`, `\\`, `\{` and `\xHH` are characters, `{Name+Name}` keys
 * by the names of {@link KeyCode}.
 */
export function parseTyped(text: string): Result<readonly Stroke[], string> {
  const strokes: Stroke[] = [];
  const put = (character: string): void => {
    for (const code of new TextEncoder().encode(character)) strokes.push({ kind: "character", code });
  };
  for (let at = 0; at < text.length; ) {
    const rest = text.slice(at);
    const byte = /^\\x([0-9a-fA-F]{2})/.exec(rest);
    const escaped = /^\\([\s\S])/.exec(rest);
    const keys = /^\{([^}]*)\}/.exec(rest);
    if (byte !== null) strokes.push({ kind: "character", code: Number.parseInt(byte[1], 16) });
    else if (escaped !== null) {
      const character = ESCAPES[escaped[1]];
      if (character === undefined)
        return err(`'${escaped[0]}' is no escape; there are \\n \\t \\e \\b \\xHH \\\\ and \\{`);
      put(character);
    } else if (keys !== null) {
      const names = keys[1].split("+");
      const wrong = names.find((name) => !isKeyCode(name));
      if (wrong !== undefined)
        return err(`'${wrong}' is no key; keys have names such as {Enter}, {ArrowUp}, {F10}, {ControlLeft+KeyC}`);
      strokes.push({ kind: "keys", keys: names.filter(isKeyCode) });
    } else if (rest[0] === "{") return err("'{' begins the name of a key that never ends; '\\{' is the character");
    else put(rest[0] === "\n" ? "\r" : (String.fromCodePoint(rest.codePointAt(0) as number) as string));
    at += (byte ?? escaped ?? keys)?.[0].length ?? String.fromCodePoint(rest.codePointAt(0) as number).length;
  }
  return ok(strokes);
}

const SHIFTED: Readonly<Record<string, string>> = Object.fromEntries(
  [...'~!@#$%^&*()_+{}|:"<>?'].map((character, i) => [character, "`1234567890-=[]\\;',./"[i]]),
);
const SIGNS: Readonly<Record<string, KeyCode>> = {
  "`": "Backquote",
  "-": "Minus",
  "=": "Equal",
  "[": "BracketLeft",
  "]": "BracketRight",
  "\\": "Backslash",
  ";": "Semicolon",
  "'": "Quote",
  ",": "Comma",
  ".": "Period",
  "/": "Slash",
  " ": "Space",
  "\r": "Enter",
  "\n": "Enter",
  "\t": "Tab",
  "\b": "Backspace",
  "\x7f": "Backspace",
  "\x1b": "Escape",
};

/** The keys of a stroke on a US keyboard, in the order of pressing; none if no key makes it. */
export function keysOf(stroke: Stroke): readonly KeyCode[] {
  if (stroke.kind === "keys") return stroke.keys;
  const character = String.fromCharCode(stroke.code);
  const lower = SHIFTED[character] ?? character.toLowerCase();
  const shift: KeyCode[] = lower === character ? [] : ["ShiftLeft"];
  if (SIGNS[lower] !== undefined) return [...shift, SIGNS[lower]];
  const name = /[a-z]/.test(lower) ? `Key${lower.toUpperCase()}` : `Digit${lower}`;
  if (isKeyCode(name)) return [...shift, name];
  // Control characters: Ctrl and a letter.
  const letter = `Key${String.fromCharCode(0x40 + stroke.code)}`;
  return stroke.code < 0x20 && isKeyCode(letter) ? ["ControlLeft", letter] : [];
}

/** The bytes of strokes on a serial line. Keys that are not characters send what a VT100's do, or nothing. */
export function bytesOf(strokes: readonly Stroke[]): readonly number[] {
  return strokes.flatMap((stroke) => {
    if (stroke.kind === "character") return [stroke.code];
    const last = stroke.keys[stroke.keys.length - 1];
    const letter = /^Key([A-Z])$/.exec(last)?.[1];
    if (letter !== undefined) {
      const control = stroke.keys.some((key) => key.startsWith("Control"));
      const shift = stroke.keys.some((key) => key.startsWith("Shift"));
      return [control ? letter.charCodeAt(0) & 0x1f : (shift ? letter : letter.toLowerCase()).charCodeAt(0)];
    }
    return [...(VT100[last] ?? "")].map((character) => character.charCodeAt(0));
  });
}

const VT100: Readonly<Partial<Record<KeyCode, string>>> = {
  Enter: "\r",
  Escape: "\x1b",
  Tab: "\t",
  Backspace: "\x7f",
  Space: " ",
  ArrowUp: "\x1b[A",
  ArrowDown: "\x1b[B",
  ArrowRight: "\x1b[C",
  ArrowLeft: "\x1b[D",
};
