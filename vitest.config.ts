import { defineConfig } from 'vitest/config'
import { LongestFirst } from './tests/support/sequencer.ts'

export default defineConfig({
  test: {
    include: [
      'tests/**/*.test.{ts,tsx}',
      'packages/*/src/**/*.test.{ts,tsx}',
      'apps/*/src/**/*.test.{ts,tsx}',
    ],
    globalSetup: ['tests/support/global-setup.ts'],
    // A process for each file: private servers end with it, and a file that hangs can be killed.
    pool: 'forks',
    // The servers need the processors as well; but much of a file's time is waiting: for a frozen leader, for a limit.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    // against a hang, not a measure: the servers may have to wait for a processor
    testTimeout: 300_000,
    hookTimeout: 300_000,
    teardownTimeout: 60_000,
    expect: { poll: { timeout: 150_000 } },
  },
})
