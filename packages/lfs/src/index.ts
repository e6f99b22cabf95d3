/**
 * @kintsugi/lfs: the BSD log-structured file system over bytes that you supply.
 *
 * Here: the public names. Not here: tools for tests (`./testing`). Reading order: README.
 * @module
 */
export type { BlockDevice } from "./block-device.ts";
export { leastArenaSize } from "./cache/arena.ts";
export type { ErrorCode } from "./cache/device.ts";
export { MOUNT_NO_ROLL_FORWARD, MOUNT_READ_ONLY } from "./checkpoint/mount.ts";
export { BlockInfo, LFS_UNUSED_LBN } from "./cleaner/block-info.ts";
export { type CleaningPolicy, costBenefit, greedy, type SegmentAge } from "./cleaner/choose.ts";
export { type CostCurve, drawCurves, type Simulation, simulateWriteCost } from "./cleaner/simulate.ts";
export { type FileLike, fileDevice } from "./devices/file-device.ts";
export { type FetchLike, httpDevice } from "./devices/http-device.ts";
export { opfsDevice, type SyncAccessLike } from "./devices/opfs-device.ts";
export { type Geometry, geometryOf } from "./format/geometry.ts";
export { type LfsFormat, type NewfsError, type NewfsOptions, newSuperblock } from "./format/new-superblock.ts";
export type { Pin } from "./format/pins.ts";
export { readSuperblock, type Superblock, type SuperblockError, writeSuperblock } from "./format/superblock.ts";
export { fsck } from "./fsck/fsck-lfs.ts";
export type { Finding, FindingCode, ReadDisk } from "./fsck/image.ts";
export type { DiskWrite } from "./fsck/log-plan.ts";
export { applyRepair, planRepair, type RepairPlan } from "./fsck/repair.ts";
export {
  foldGenerations,
  type NewGeneration,
  type OpenGeneration,
  openGeneration,
  type Page,
  pinGeneration,
  readPage,
  writeGeneration,
} from "./image/generations.ts";
export type { FileProgram, ProgramError } from "./image/program.ts";
export { LfsError } from "./promises/driver.ts";
export type { FileHandle, Stats } from "./promises/file-handle.ts";
export { type DirectoryEntry, LfsFileSystem } from "./promises/file-system.ts";
export { createFileSystem, type MountOptions, mountFileSystem } from "./promises/mount.ts";
export { type Checkpoint, listCheckpoints } from "./tools/checkpoints.ts";
export { dumplfs } from "./tools/dumplfs.ts";
export { type MapFrame, type MappedSegment, mapFrame, mapPage } from "./tools/segment-map.ts";
export {
  compareTrees,
  copyTree,
  listingOf,
  listTree,
  type ReadableTree,
  type TreeChange,
  type TreeFile,
  type TreeStats,
  type WritableTree,
} from "./tools/tree.ts";
export { type Attributes, type DirectoryRecord, decodeAttributes, decodeRecords } from "./vfs/attributes.ts";
export { SET_ATIME, SET_GID, SET_MODE, SET_MTIME, SET_NANOSECONDS, SET_UID } from "./vfs/file.ts";
export { type DeviceRequest, Lfs, type LfsAnswer, type LfsRequest } from "./vfs/lfs.ts";
export type { OperationName } from "./vfs/operation.ts";
