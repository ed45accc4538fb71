/**
 * Who an address counts as when failures are counted. An IPv4 address is one customer; of IPv6 every customer has a /64
 * at least (RFC 6177) and can use a new address for each attempt, so the /64 counts.
 */
import { isIPv4, isIPv6 } from 'node:net'

/** '::ffff:192.0.2.1', as a socket for both families shows IPv4 clients; URL writes the last 32 bits in hex. */
const mapped = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/

const expand = (short: string): readonly string[] => {
  const [left = '', right] = short.split('::')
  const head = left === '' ? [] : left.split(':')
  const tail = right === undefined || right === '' ? [] : right.split(':')
  return right === undefined
    ? head
    : [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail]
}

/** '192.0.2.1' as it is, '::ffff:192.0.2.1' as '192.0.2.1', '2001:db8::1' as '2001:db8:0:0::/64'; any other text unchanged. */
export const networkOf = (address: string): string => {
  const [plain = ''] = address.split('%')
  if (isIPv4(plain) || !isIPv6(plain)) return address
  // one spelling: lower case, no leading zeros, no dotted part
  const { hostname } = new URL(`http://[${plain}]`)
  const [, high, low] = mapped.exec(hostname) ?? []
  if (high !== undefined && low !== undefined) {
    const bits = Number.parseInt(high, 16) * 65_536 + Number.parseInt(low, 16)
    return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.')
  }
  return `${expand(hostname.slice(1, -1)).slice(0, 4).join(':')}::/64`
}
