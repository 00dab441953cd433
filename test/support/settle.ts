import type { Story } from './story.ts'

/** The outcome of what needs virtual time to pass. */
export async function settle<T>(story: Story, outcome: Promise<T>): Promise<T> {
  let isOver = false
  outcome.then(
    () => (isOver = true),
    () => (isOver = true)
  )
  await story.until('it is over', () => isOver)
  return outcome
}
