/** Resolves when the work has ended, well or not, and at the latest after `lateMs`: a link that is dead tells nobody so. */
export const doneOrLate = async (work: Promise<unknown>, lateMs: number): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, lateMs)
  })
  await Promise.race([late, work.catch(() => undefined)])
  clearTimeout(timer)
}
