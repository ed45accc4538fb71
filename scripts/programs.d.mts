/** Builds portal, mirror and launcher when their sources have changed since the last build. */
export function buildPrograms(): Promise<void>

/** The built program's file. */
export function mainOf(name: 'portal' | 'mirror' | 'launcher'): string
