import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { networkOf } from './network.ts'
import { passwordFault } from './password.ts'
import { english } from '../texts/index.ts'
import { type ThrottleRule, throttleRules, throttleWait } from './throttle.ts'

/** What the database does at each failure. */
const charge = (rule: ThrottleRule, drainedAt: number | null, now: number): number =>
  Math.max(drainedAt ?? 0, now) + rule.intervalMs

describe('the throttle', () => {
  it('lets a burst through, and then one an interval', () => {
    const rule = { burst: 5, intervalMs: 1_000 }
    let drained: number | null = null
    let failures = 0
    // somebody who hammers every 10 ms for ten seconds
    for (let now = 0; now < 10_000; now += 10) {
      if (throttleWait(rule, drained, now) > 0) continue
      drained = charge(rule, drained, now)
      failures += 1
    }
    expect(failures).toBe(5 + 9)
  })

  it('never makes anybody wait longer than one interval after the last failure', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(throttleRules)),
        fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 500 }),
        (rule, pauses) => {
          let now = 1_000_000
          let drained: number | null = null
          for (const pause of pauses) {
            now += pause
            if (throttleWait(rule, drained, now) === 0) drained = charge(rule, drained, now)
          }
          expect(throttleWait(rule, drained, now)).toBeLessThanOrEqual(rule.intervalMs)
          expect(throttleWait(rule, drained, now + rule.intervalMs)).toBe(0)
        },
      ),
    )
  })
})

describe('the network that failures count against', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:201', '192.0.2.1'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:0DB8:0:0:ffff::9', '2001:db8:0:0::/64'],
    ['2001:db8:0:1::1', '2001:db8:0:1::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['1:2:3:4:5:6:7:8', '1:2:3:4::/64'],
    ['unknown', 'unknown'],
  ])('%s is of %s', (address, network) => {
    expect(networkOf(address)).toBe(network)
  })
})

describe('what a password must be', () => {
  it.each([
    ['short12', /too short/],
    ['a'.repeat(257), /too long/],
    ['password1', /tried first/],
    ['PassWord1', /tried first/],
    ['aaaaaaaaaaaa', /tried first/],
    ['my s100001 pass', /contains your number/],
  ])('refuses %j', (password, words) => {
    expect(english.say(passwordFault(password, 'S100001') ?? '')).toMatch(words)
  })

  it.each([
    ['maple-harbor-41'],
    ['ein ziemlich langer Satz'],
    ['пароль длинный'],
    ['🐢🐇🦊🐻🐼🐨🐯🦁'],
    ['x'.repeat(250) + 'yzäö'],
  ])('takes %j', (password) => {
    expect(passwordFault(password, 'S100001')).toBeNull()
  })
})
