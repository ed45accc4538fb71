export { findChromium, type Chromium } from './binaries/chromium.ts'
export { freePort, firstFreePort } from './machine/ports.ts'
export { cacheFolder, repository } from './machine/places.ts'
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
