/** The sample university with a portal in front of it, as tests over HTTP and in browsers meet it. */
import type { SectionRow } from '../../apps/portal/src/catalogue/types.ts'
import { allSections } from './choose.ts'
import {
  Client,
  type RunningPortal,
  type SampleSchool,
  sampleSchool,
  startPortal,
  studentOf,
} from './portal.ts'
import type { SourceFlavour } from './servers.ts'

export interface Campus {
  readonly school: SampleSchool
  readonly portal: RunningPortal
  /** of the portal */
  readonly url: string
  /** sections of the current term that anybody may take */
  readonly rows: readonly SectionRow[]
  /** nobody in particular */
  readonly client: () => Client
  /** one of the sample's accounts, by its number */
  readonly signedIn: (number: string) => Promise<Client>
  /** the sample's student of this place in the list */
  readonly student: (index: number) => Promise<Client>
}

/** @param flags of `portal serve` */
export const openCampus = async (flavour: SourceFlavour, flags: readonly string[] = []): Promise<Campus> => {
  const school = await sampleSchool(flavour)
  const portal = await startPortal(school.database.url, { flags })
  const client = (): Client => new Client(portal.url)
  return {
    school,
    portal,
    url: portal.url,
    rows: await allSections(client()),
    client,
    signedIn: async (number) => {
      const account = school.accounts.find((one) => one.number === number)
      if (account === undefined) throw new Error(`the sample has no ${number}`)
      const own = client()
      await own.signIn(account)
      return own
    },
    student: (index) => studentOf(school, index, portal.url),
  }
}
