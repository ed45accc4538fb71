import type { Kysely } from 'kysely'
import type { Tables } from '../db/tables.ts'
import { PortalError } from '../errors.ts'
import { drop } from './drop.ts'
import type { RegistrarService } from './index.ts'
import { mostSections } from './limits.ts'
import { markRequest } from './receipt.ts'
import { register } from './register.ts'
import { createTransact } from './transaction.ts'

/** @param atOnce transactions under way at once, default 8: half of the pool's connections is a good number */
export const createRegistrar = (db: Kysely<Tables>, atOnce = 8): RegistrarService => {
  const transact = createTransact(db, atOnce)
  return {
    register: async ({ studentId, sections, request }) => {
      if (sections.length === 0) throw new PortalError('nothing_chosen', { field: 'section' })
      if (sections.length > mostSections) throw new PortalError('too_many_sections', { field: 'section' })
      // made before the first try, so that a repeat after a lost connection carries the same key
      const mark = markRequest(request, ['register', ...sections])
      return transact((transaction) => register(transaction, studentId, sections, mark))
    },
    drop: async ({ studentId, enrolmentId, request }) => {
      const mark = markRequest(request, ['drop', enrolmentId])
      return transact((transaction) => drop(transaction, studentId, enrolmentId, mark))
    },
  }
}
