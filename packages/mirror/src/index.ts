export { errorTable, MirrorError, type ErrorCode, type ErrorEntry } from './errors.ts'
export type * from './types.ts'
