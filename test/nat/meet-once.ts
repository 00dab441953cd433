import { onTestFinished } from 'vitest'
import { parseSide, prepareMeeting } from './meeting.ts'
import type { Trial } from './trial.ts'

/** What counts is how they meet, on however busy a machine. */
const CONNECTION_LIMIT = 90_000

/** Two meet in a lab of their own, which is gone when the test ends, and loses so many in a hundred packets. */
export async function meetOnce(a: string, b: string, loss = 0): Promise<Trial> {
  const [first, second] = [parseSide(a), parseSide(b)]
  if (first === undefined || second === undefined) throw new Error(`${a} or ${b} is no kind`)
  const meeting = await prepareMeeting([first, second], 2, loss)
  onTestFinished(meeting.end)
  return meeting.trial([], CONNECTION_LIMIT)
}
