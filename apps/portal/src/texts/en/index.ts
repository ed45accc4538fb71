/** English, the language that the others are made from. */
import { account } from './account.ts'
import { errors } from './errors.ts'
import { parts } from './parts.ts'

export const en = { ...parts, ...account, ...errors } as const
