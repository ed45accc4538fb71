export { errorTable, MirrorError, type ErrorCode, type ErrorEntry } from './errors.ts'
export { createMirror } from './engine/mirror.ts'
export type * from './types.ts'
