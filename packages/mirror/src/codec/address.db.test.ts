/** MariaDB's addresses and UUIDs: there and back, all in place. */
import { expect, it } from 'vitest'
import { travel } from '../../../../tests/support/codec-values.ts'
import { describeSource, freshDatabase, freshTarget } from '../../../../tests/support/servers.ts'

const ipv6 = [
  '::',
  '::1',
  '::2:3',
  '1::',
  '1:2:3:4:5:6:7:8',
  '1:0:3:0:0:6:7:8',
  '1:0:0:4:5:0:0:8',
  '0:0:3:4:5:6:7:8',
  '1:2:3:4:5:6:0:0',
  '::ffff:1.2.3.4',
  '::1.2.3.4',
  '::ffff:0:1.2.3.4',
  'fe80::0abc',
  'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
  '1:0:2:3:4:5:6:7',
  '64:ff9b::10.0.0.1',
  '::ffff:0.0.0.0',
].map((text) => `'${text}'`)

describeSource(
  'addresses',
  (flavour) => {
    it('come through PostgreSQL and back, every one in place', async () => {
      const travelled = await travel(await freshDatabase(flavour), await freshTarget(), [
        { type: 'INET6', values: ipv6 },
        { type: 'INET4', values: ["'0.0.0.0'", "'255.255.255.255'", "'10.0.0.1'"] },
        {
          type: 'UUID',
          values: [
            "'00000000-0000-0000-0000-000000000000'",
            "'FFFFFFFF-ffff-ffff-ffff-ffffffffffff'",
            "'123e4567-e89b-12d3-a456-426655440000'",
          ],
        },
      ])
      expect(travelled.filter(({ exact, judged }) => exact !== null || !judged)).toEqual([])
      expect(travelled.find(({ value }) => value === "'::ffff:1.2.3.4'")?.canonical).toBe('::ffff:1.2.3.4')
    })
  },
  ['mariadb'],
)
