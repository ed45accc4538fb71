/** Values as MySQL, MariaDB and PostgreSQL give them → the one form of the read models. */

/** An integer or DECIMAL that may arrive as text. */
export const toNumber = (value: number | string): number => Number(value)

export const numberOrNull = (value: number | string | null): number | null =>
  value === null ? null : toNumber(value)

/** '09:05:00' → '09:05' */
export const toClock = (value: string | null): string | null => (value === null ? null : value.slice(0, 5))

/** '2026-11-22 14:03:07', '…07.12' or '…07.120' (UTC) → '2026-11-22T14:03:07.120Z' */
export const toMoment = (value: string): string => {
  const [whole = '', fraction = ''] = value.split('.')
  return `${whole.replace(' ', 'T')}.${fraction.slice(0, 3).padEnd(3, '0')}Z`
}

/** The way back: ISO moment → DATETIME(3) text in UTC. */
export const fromMoment = (moment: string | number | Date): string =>
  new Date(moment).toISOString().replace('T', ' ').replace('Z', '')
