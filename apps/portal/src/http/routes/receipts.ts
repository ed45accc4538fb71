import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { PortalError } from '../../errors.ts'
import { copyWords } from '../../views/copy-words.ts'
import { receiptPage } from '../../views/receipt.tsx'
import { receiptsPage } from '../../views/receipts.tsx'
import type { Deps } from '../app.ts'
import { expected } from '../expected.ts'
import { parseOrRefuse, text } from '../fields.ts'
import { wantsJson } from '../negotiate.ts'
import { sendPage } from '../pages.ts'
import { requireStudent } from '../session.ts'
import { said } from '../../texts/index.ts'

const params = z.object({ number: z.string().min(1).max(100) })

const short = text.catch('').transform((value) => value.trim().slice(0, 64))
const query = z.object({ number: short, before: short })

export const receiptRoutes = (app: FastifyInstance, { catalogue, pages, standby }: Deps): void => {
  const find = async (studentId: number, number: string) => {
    const receipt = await catalogue.receipt(studentId, number.toUpperCase())
    if (receipt === null) throw new PortalError('not_found', { detail: said('error.no_receipt') })
    return receipt
  }

  app.get('/receipts', async (request, reply) => {
    const { studentId } = requireStudent(request)
    const { number, before } = query.parse(request.query ?? {})
    const found = number === '' ? null : await catalogue.receipt(studentId, number.toUpperCase())
    if (found !== null) return reply.redirect(`/receipts/${found.number}`, 303)
    const list = await catalogue.receipts(studentId, before)
    if (wantsJson(request)) return list
    const ctx = await pages.context(request)
    return sendPage(reply, receiptsPage(ctx, { list, number, before }), number === '' ? 200 : 404)
  })

  app.get('/receipts/:number', async (request, reply) => {
    const { studentId } = requireStudent(request)
    const { number } = parseOrRefuse(params, request.params)
    const receipt = await expected(find(studentId, number))
    if (receipt instanceof PortalError) {
      if (wantsJson(request)) throw receipt
      // among one's own there is the one that was meant
      const list = await catalogue.receipts(studentId, '')
      return sendPage(reply, receiptsPage(await pages.context(request), { list, number, before: '' }), 404)
    }
    const copy = await standby.standbyCopy(receipt.number)
    if (wantsJson(request)) return { ...receipt, copy }
    return sendPage(reply, receiptPage(await pages.context(request), { receipt, copy }))
  })

  // asked again and again by the receipt's page until the answer is "copied"; always JSON
  app.get('/receipts/:number/copy', async (request) => {
    const { studentId } = requireStudent(request)
    const { number } = parseOrRefuse(params, request.params)
    const receipt = await find(studentId, number)
    const copy = await standby.standbyCopy(receipt.number)
    return { ...copy, panel: copyWords(copy, receipt.createdAt, pages.bareContext(request)) }
  })
}
