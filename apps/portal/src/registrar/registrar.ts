import type { Kysely } from 'kysely'
import type { Tables } from '../db/tables.ts'
import { PortalError } from '../errors.ts'
import { drop } from './drop.ts'
import type { RegistrarService } from './index.ts'
import { mostSections } from './limits.ts'
import { markRequest } from './receipt.ts'
import { register } from './register.ts'
import { inTransaction } from './transaction.ts'

export const createRegistrar = (db: Kysely<Tables>): RegistrarService => ({
  register: async ({ studentId, sections, request }) => {
    if (sections.length === 0) throw new PortalError('nothing_chosen', { field: 'section' })
    if (sections.length > mostSections) throw new PortalError('too_many_sections', { field: 'section' })
    // made before the first try, so that a repeat after a lost connection carries the same key
    const mark = markRequest(request, ['register', ...sections])
    return inTransaction(db, (transaction) => register(transaction, studentId, sections, mark))
  },
  drop: async ({ studentId, enrolmentId, request }) => {
    const mark = markRequest(request, ['drop', enrolmentId])
    return inTransaction(db, (transaction) => drop(transaction, studentId, enrolmentId, mark))
  },
})
