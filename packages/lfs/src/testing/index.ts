/**
 * @kintsugi/lfs/testing: disks and drivers for tests of this package and of its users.
 *
 * Here: the public names. Not here: assertions; these are plain values for any test runner.
 * @module
 */
export { blockDeviceCompliance, type DeviceRule } from "./block-device-compliance.ts";
export { CrashDisk, type CrashState, chance, crashStates, type LoggedWrite } from "./crash-disk.ts";
export { MemoryDisk, runOperation, type SynchronousDisk, serve } from "./memory-disk.ts";
export { newfs, Refused, Session, type TreeEntry } from "./session.ts";
