/**
 * The map of the log: live, dead and age of every segment, over time.
 *
 * Here: one frame of a disk, and a page that shows frames with a slider. Not here: taking frames at the
 * right moments, which is the caller's. The page is one file without scripts from elsewhere.
 * @module
 */
import type { Result } from "neverthrow";
import { SEGUSE_ACTIVE, SEGUSE_DIRTY } from "../format/constants.ts";
import { segmentOf } from "../format/geometry.ts";
import type { Pin } from "../format/pins.ts";
import type { Finding, Image, ReadDisk } from "../fsck/image.ts";
import { openCheckpoint } from "./open-checkpoint.ts";

/** A segment in a frame. */
export interface MappedSegment {
  readonly state: "clean" | "dirty" | "active" | "current";
  /** Share of the segment that is live, 0 to 1. */
  readonly live: number;
  /** Seconds since it was written, at the time of the frame's checkpoint. */
  readonly age: number;
}

/** The segments of a disk at one checkpoint. */
export interface MapFrame {
  /** Seconds since 1970. */
  readonly time: number;
  readonly segments: readonly MappedSegment[];
}

/** The map of a disk at its newest checkpoint, or at an older one of `listCheckpoints`. */
export function mapFrame(read: ReadDisk, older?: Pin): Result<MapFrame, readonly Finding[]> {
  return openCheckpoint(read, older).map(frameOf);
}

function frameOf(image: Image): MapFrame {
  const { g, sb } = image;
  const time = sb.lfs_tstamp[0] + sb.lfs_tstamp[1] * 2 ** 32;
  const current = segmentOf(g, sb.lfs_curseg);
  const segments = Array.from({ length: g.nseg }, (_, segment): MappedSegment => {
    const use = image.segUse(segment);
    const dirty = (use.su_flags & SEGUSE_DIRTY) !== 0;
    const active = (use.su_flags & SEGUSE_ACTIVE) !== 0;
    const state = segment === current ? "current" : active ? "active" : dirty ? "dirty" : "clean";
    return { state, live: use.su_nbytes / g.ssize, age: dirty ? Math.max(0, time - use.su_lastmod[0]) : 0 };
  });
  return { time, segments };
}

const STYLE = `body{font:14px sans-serif;margin:2em}#map{display:flex;flex-wrap:wrap;gap:2px;max-width:64em}
#map div{width:14px;height:28px;background:#ddd;position:relative}#map div.dirty,#map div.active{background:#c9a27a}
#map div.current{outline:2px solid #c00}#map div i{position:absolute;bottom:0;left:0;right:0;background:#2a6f97}`;

const SCRIPT = `const map=document.getElementById('map'),at=document.getElementById('at'),when=document.getElementById('when');
function show(){const f=frames[at.value];when.textContent='checkpoint '+(+at.value+1)+' of '+frames.length+', second '+f.time;
map.replaceChildren(...f.segments.map((s,n)=>{const d=document.createElement('div'),i=document.createElement('i');d.className=s.state;
d.title='segment '+n+': '+s.state+', '+Math.round(s.live*100)+' % live, '+s.age+' s old';i.style.height=s.live*100+'%';
i.style.opacity=1/(1+Math.log10(1+s.age)/3);d.append(i);return d}))}at.oninput=show;show();`;

/** A page with all frames: blue is live, brown dead, grey clean, the paler the older. */
export function mapPage(frames: readonly MapFrame[]): string {
  const last = Math.max(0, frames.length - 1);
  return `<!doctype html><meta charset="utf-8"><title>Segments of the log</title><style>${STYLE}</style>
<h1>Segments of the log</h1><p>Blue is live, brown dead, grey clean; the paler the older. Red frame: where the log is written.</p>
<p><input id="at" type="range" min="0" max="${last}" value="${last}" style="width:40em"> <span id="when"></span></p>
<div id="map"></div><script>const frames=${JSON.stringify(frames)};${SCRIPT}</script>
`;
}
