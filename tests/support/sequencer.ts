import { basename } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * The files that take longest, by measurement: begun last, one of them would run alone at the end, while the other workers have
 * nothing left to do. A fresh clone knows no durations yet, and vitest would go by the files' sizes.
 */
const longest: readonly string[] = [
  'kill.db.test.ts',
  'recovery.db.test.ts',
  'bench.db.test.ts',
  'register-to-mirror.browser.test.ts',
  'mirror-robust.db.test.ts',
  'oversell.db.test.ts',
  'brakes.db.test.ts',
  'fencing.db.test.ts',
  'resume-load.db.test.ts',
  'memory.db.test.ts',
  'axe.browser.test.ts',
  'restore-proof.db.test.ts',
]

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const at = longest.indexOf(basename(moduleId))
      return at === -1 ? longest.length : at
    }
    const sorted = await super.sort(files)
    return sorted.toSorted((a, b) => place(a) - place(b))
  }
}
