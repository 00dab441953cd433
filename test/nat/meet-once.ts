import { onTestFinished } from 'vitest'
import { parseSide, prepareMeeting } from './meeting.ts'
import { LIMITS, type Trial } from './trial.ts'

/** What counts is how they meet, on however busy a machine. */
const CONNECTION_LIMIT = 90_000
const BETTER_WAY_LIMIT = 60_000

/** Two meet in a lab of their own, which is gone when the test ends, and loses so many in a hundred packets. */
export function meetOnce(a: string, b: string, loss = 0): Promise<Trial> {
  return meet(a, b, loss, BETTER_WAY_LIMIT)
}

/** They meet where no better way than the relay is expected: that is waited for, too, but not as long. */
export function meetByRelay(a: string, b: string): Promise<Trial> {
  return meet(a, b, 0, LIMITS.betterWay)
}

async function meet(a: string, b: string, loss: number, betterWay: number): Promise<Trial> {
  const [first, second] = [parseSide(a), parseSide(b)]
  if (first === undefined || second === undefined) throw new Error(`${a} or ${b} is no kind`)
  const meeting = await prepareMeeting([first, second], 2, loss)
  onTestFinished(meeting.end)
  return meeting.trial([], { connection: CONNECTION_LIMIT, betterWay })
}
