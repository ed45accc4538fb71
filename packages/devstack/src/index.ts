export { freePort, firstFreePort } from './machine/ports.ts'
export { startSource } from './servers/source.ts'
export { startTarget } from './servers/target.ts'
export * from './types.ts'
