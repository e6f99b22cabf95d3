// Write amplification and seeks of the anchors' workloads, host time beside.
//   node packages/lfs/bench/write-amplification.ts
// NetBSD LFS under the same calls: 1.080 and 22 seeks (4K/4K), 1.067 and 88 (4K/512); NILFS2 1.864, btrfs 5.337,
// ext4 1.004 with 16,076 seeks; steady state of NetBSD 1.80, 3.00, 4.56.
import { type Counted, overwrites, steady } from "./workloads.ts";

function print(what: string, run: () => Counted): void {
  const start = process.hrtime.bigint();
  const { amplification, requests, seeks } = run();
  const ms = Number(process.hrtime.bigint() - start) / 1e6;
  console.log(`${what}: WA ${amplification.toFixed(3)}, ${requests} requests, ${seeks} seeks, ${ms.toFixed(0)} ms`);
}

print("random 4 KB, fsync every 256, 4K/4K", () => overwrites(4096));
print("random 4 KB, fsync every 256, 4K/512", () => overwrites(512));
for (const live of [50, 62, 70])
  for (const [policy, name] of ["cost-benefit", "greedy"].entries())
    print(`${live} % live, uniform, ${name}`, () => steady(live, policy, false));
for (const [policy, name] of ["cost-benefit", "greedy"].entries())
  print(`75 % live, hot/cold 10/90, ${name}`, () => steady(75, policy, true));
