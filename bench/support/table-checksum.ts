/**
 * pt-table-checksum as a yardstick: the PATH's, else Debian's, unpacked into the cache and not installed; and the expression
 * that it sends, for servers on which the tool itself does not run.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder, hasApt, run, unpack, which } from '../../packages/devstack/src/index.ts'

/** What it asks of the measured table, as it stands in the server's log; over all rows at once instead of chunk by chunk. */
export const checksumSql = (table: string): string => `
  SELECT COUNT(*) AS cnt, COALESCE(LOWER(CONV(BIT_XOR(CAST(CRC32(CONCAT_WS('#',
         id, student_id, section_id, credits, status, convert(grade using utf8mb4), convert(remark using utf8mb4), changed_at,
         CONCAT(ISNULL(convert(grade using utf8mb4))))) AS UNSIGNED)), 10, 16)), 0) AS crc
    FROM ${table} FORCE INDEX (PRIMARY)`

export interface TableChecksum {
  readonly version: string
  /** Checks `registration` of that database; throws what it said when it did not. */
  check(adminUrl: string, database: string): Promise<void>
}

export const findTableChecksum = async (say: (line: string) => void): Promise<TableChecksum | undefined> => {
  const found = which('pt-table-checksum')
  const folder = join(cacheFolder(), 'percona-toolkit')
  if (found === undefined) {
    if (!hasApt() || which('perl') === undefined) return undefined
    const packages = ['percona-toolkit', 'libdbi-perl', 'libdbd-mysql-perl', 'libterm-readkey-perl']
    try {
      // beside the machine's perl, whose own modules are not fetched again
      await unpack(
        folder,
        { title: 'pt-table-checksum', packages, status: '/var/lib/dpkg/status', skip: /^(gdb|perl)/ },
        say,
      )
    } catch (error) {
      say(`pt-table-checksum: ${error instanceof Error ? error.message : String(error)}`)
      return undefined
    }
  }
  const libraries = join(folder, 'usr/lib/x86_64-linux-gnu')
  const env =
    found === undefined
      ? {
          ...process.env,
          LD_LIBRARY_PATH: libraries,
          PERL5LIB: [
            join(folder, 'usr/share/perl5'),
            ...readdirSync(join(libraries, 'perl5')).map((version) => join(libraries, 'perl5', version)),
          ].join(':'),
        }
      : process.env
  const command =
    found === undefined ? (['perl', join(folder, 'usr/bin/pt-table-checksum')] as const) : ([found] as const)
  const [program, ...first] = command
  const { status, stdout } = await run(program, [...first, '--version'], { env })
  const version = /(\d+\.\d+\.\d+)/.exec(stdout)?.[1]
  if (status !== 0 || version === undefined) return undefined
  return {
    version,
    check: async (adminUrl, database) => {
      const { hostname, port, username, password } = new URL(adminUrl)
      const done = await run(
        program,
        [
          ...first,
          '--recursion-method=none',
          '--no-check-binlog-format',
          `--databases=${database}`,
          '--tables=registration',
          `h=${hostname},P=${port},u=${username},p=${decodeURIComponent(password)}`,
        ],
        { env },
      )
      if (!/\.registration\b/.test(done.stdout)) throw new Error(`${done.stdout}\n${done.stderr}`)
    },
  }
}
