/** A process, told from a later one that was given the same number (after a restart of a container: the very same). */
export interface KnownProcess {
  readonly pid: number
  /** bornAt(pid) when it was noted; '' when it was gone already */
  readonly born: string
}

/** When the process began, comparable with itself only; undefined when there is none, or nothing but its entry. */
export function bornAt(pid: number): string | undefined

export function processOf(pid: number): KnownProcess

/** It is there still, and not another of its number. */
export function lives(process: KnownProcess): boolean

/** Makes a file that appears with its whole content; false when there is one of its name. */
export function createWhole(file: string, content: string): boolean

/** Removes a file that still holds this content; one that was put there meanwhile stays. */
export function removeStale(file: string, content: string): void

/**
 * Holds back a second process while the first does long work; the lock of a process that died is taken over. Only a
 * courtesy that saves a second download: what the work leaves behind must be made elsewhere and renamed into place, so
 * that two at once do no harm.
 */
export function withLock<T>(file: string, waiting: () => void, work: () => Promise<T>): Promise<T>
