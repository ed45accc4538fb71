import type { CommandSpec } from '../command.ts'

export const pause: CommandSpec = {
  name: 'pause',
  summary: 'stop following until resume; the mirror keeps its last proved state',
  flags: [],
  tunable: false,
  async act({ mirror }) {
    await mirror.pause()
    const { state, cycle, snapshotAt } = await mirror.status()
    return { json: { state, cycle, snapshotAt }, text: 'Paused. mirror resume goes on.', exit: 0 }
  },
}
