/**
 * What a sound digest costs, beside the one that everybody writes: COUNT(*), SUM(CRC32(CONCAT_WS(…))).
 *
 * The parts show where the time goes: reading the rows, building each row's text, hashing it, making a number of the hash.
 * Aim (issue 4): 2.5 times the yardstick or less on MariaDB, 1.8 on MySQL.
 */
import { quoteMysql } from '../packages/mirror/src/names.ts'
import { SourceConnection } from '../packages/mirror/src/source/connection.ts'
import { readCatalogue } from '../packages/mirror/src/source/tables.ts'
import { takeTurns, type Timing } from './support/measure.ts'
import type { Bench, Cell } from './support/report.ts'
import { withSource } from './support/servers.ts'
import { fillWideTable } from './support/wide-table.ts'

const aims = { mariadb: 2.5, mysql: 1.8 } as const

/** The engine's own expression is taken apart at SHA2( … ): what stands within is the row's text. */
const rowText = (digest: string): string => {
  const found = /^CAST\(CONV\(LEFT\(SHA2\((?<text>.*),256\),16\),16,10\) AS UNSIGNED\)$/s.exec(digest)
  if (found?.groups?.['text'] === undefined)
    throw new Error(`the digest is not of the form known here: ${digest}`)
  return found.groups['text']
}

export const digest: Bench = {
  summary: 'the digest of a table, by part, beside COUNT(*), SUM(CRC32(CONCAT_WS(…)))',
  of: 'mirror',
  run: async ({ rows, rounds, flavours, say }) => {
    const lines: Cell[][] = []
    const results: { text: string; met: boolean }[] = []
    const versions: Record<string, string> = {}
    for (const flavour of flavours) {
      await withSource(flavour, say, async ({ server, adminUrl, readerUrl }) => {
        versions[flavour] = server.version
        say(`${flavour}: making ${rows} rows`)
        await fillWideTable(adminUrl, 'registration', rows)
        const source = await SourceConnection.open({ url: readerUrl, statementLimitMs: 600_000 })
        try {
          const catalogue = await readCatalogue(source, () => true)
          const table = catalogue.tables.get('registration')
          if (table === undefined) throw new Error('the table was refused')
          const from = `FROM ${quoteMysql(table.name)} FORCE INDEX (PRIMARY)`
          const names = table.columns.map((column) => quoteMysql(column.name)).join(', ')
          const text = rowText(table.digest)
          const ask = (expressions: string) => async () => source.rows(`SELECT ${expressions} ${from}`)
          say(`${flavour}: ${rounds} rounds`)
          const times = await takeTurns(
            {
              yardstick: ask(`COUNT(*), SUM(CRC32(CONCAT_WS('#', ${names})))`),
              rows: ask(`COUNT(*), SUM(LENGTH(${quoteMysql('remark')}))`),
              text: ask(`COUNT(*), SUM(LENGTH(${text}))`),
              hash: ask(`COUNT(*), SUM(LENGTH(SHA2(${text},256)))`),
              digest: ask(`COUNT(*), SUM(${table.digest})`),
            },
            rounds,
          )
          const ratio = (timing: Timing): number => timing.median / times.yardstick.median
          const parts: [string, Timing][] = [
            ['yardstick: CRC32 of CONCAT_WS', times.yardstick],
            ['reading the rows', times.rows],
            ['+ the row’s text, with lengths', times.text],
            ['+ SHA-256', times.hash],
            ['+ a number of it: the digest', times.digest],
          ]
          for (const [name, timing] of parts) {
            lines.push([flavour, name, ratio(timing), timing.median, timing.least, timing.most])
          }
          const reached = ratio(times.digest)
          results.push({
            text: `${flavour}: the digest costs ${reached.toFixed(2)} times the yardstick; aim ${aims[flavour]}`,
            met: reached <= aims[flavour],
          })
        } finally {
          await source.close()
        }
      })
    }
    return {
      title: `Digest of ${rows.toLocaleString('en')} rows × 8 columns, one connection; medians of ${rounds} rounds in turn`,
      columns: ['source', 'what', 'ratio', 'median ms', 'least', 'most'],
      rows: lines,
      aims: results,
      versions,
    }
  },
}
