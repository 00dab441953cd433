/**
 * Runs `task` for each call, but never twice at a time: calls made during a run lead to one more run after it. A run
 * that fails is left to the next one.
 */
export function coalesce(task: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  let again = false

  async function run(): Promise<void> {
    do {
      again = false
      await task().catch(() => undefined)
    } while (again)
    running = undefined
  }

  return () => {
    again = running !== undefined
    running ??= run()
    return running
  }
}
