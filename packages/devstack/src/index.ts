export { findChromium, type Chromium } from './binaries/chromium.ts'
export { hasApt, unpack } from './binaries/debian.ts'
export { freePort, firstFreePort } from './machine/ports.ts'
export { cacheFolder, repository, which } from './machine/places.ts'
export { run } from './machine/run.ts'
export {
  createSourceDatabase,
  createTargetDatabase,
  dropSourceDatabase,
  dropTargetDatabase,
  onSource,
  onTarget,
} from './servers/accounts.ts'
export type { Account, SourceDatabase, TargetDatabase } from './servers/accounts.ts'
export { startSource } from './servers/source.ts'
export { startTarget } from './servers/target.ts'
export * from './types.ts'
