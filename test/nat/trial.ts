import { setTimeout } from 'node:timers/promises'
import type { Participant } from './participant.ts'

/** What came of one meeting of two. */
export interface Trial {
  readonly talked: boolean
  /** The best path by the end. */
  readonly path: string
  /** From both in the room to the first connection, and from there to the path at the end; milliseconds. */
  readonly connectedAfter: number | undefined
  readonly upgradedAfter: number | undefined
  readonly sent: number
  readonly lost: number
  readonly twice: number
}

const DIRECT = ['direct', 'punched', 'webrtc', 'turn']
/** Milliseconds. */
export interface TrialLimits {
  /** Whoever does not reach the other by then does not at all. */
  readonly connection: number
  /** From the first connection on: a better way that is not found by then is not counted. */
  readonly betterWay: number
}

export const LIMITS: TrialLimits = { connection: 30_000, betterWay: 15_000 }
/** Messages go on for so long after the better path is there. */
const AFTERWARDS = 1_500
const MESSAGE_EVERY = 100
const ARRIVAL_LIMIT = 20_000

/** Two join one room at the same moment, and one talks from the first connection on, through what the paths become. */
export async function meetAndTalk(
  starting: readonly [Promise<Participant>, Promise<Participant>],
  limits = LIMITS
): Promise<Trial> {
  const started = await Promise.allSettled(starting)
  const there = started.flatMap(each => (each.status === 'fulfilled' ? [each.value] : []))
  try {
    await Promise.all(starting)
    const [anna, bob] = there
    if (anna === undefined || bob === undefined) throw new Error('two were started')
    return await observe(anna, bob, limits)
  } finally {
    await Promise.all(there.map(each => each.end()))
  }
}

async function observe(anna: Participant, bob: Participant, limits: TrialLimits): Promise<Trial> {
  await Promise.all([anna.join(), bob.join()])
  const start = performance.now()
  const since = (): number => performance.now() - start

  const sent: string[] = []
  let [connectedAfter, upgradedAfter]: (number | undefined)[] = []
  let path = 'none'
  let end = limits.connection
  while (since() < end) {
    const next = since() + MESSAGE_EVERY
    path = await anna.path()
    if (path !== 'none' && connectedAfter === undefined) {
      connectedAfter = since()
      end = connectedAfter + limits.betterWay
    }
    if (DIRECT.includes(path) && upgradedAfter === undefined) {
      upgradedAfter = since()
      end = upgradedAfter + AFTERWARDS
    }
    if (connectedAfter !== undefined) {
      const text = `message ${sent.length + 1}`
      sent.push(text)
      await anna.say(text)
    }
    await setTimeout(Math.max(0, next - since()))
  }
  const heard = await allShown(bob, sent)
  return {
    talked: sent.length > 0 && sent.every(text => heard.includes(text)),
    path,
    connectedAfter,
    upgradedAfter:
      upgradedAfter === undefined || connectedAfter === undefined ? undefined : upgradedAfter - connectedAfter,
    sent: sent.length,
    lost: sent.filter(text => !heard.includes(text)).length,
    twice: heard.length - new Set(heard).size
  }
}

/** What is shown once all is, or no more comes. */
async function allShown(bob: Participant, sent: readonly string[]): Promise<string[]> {
  const deadline = performance.now() + ARRIVAL_LIMIT
  for (;;) {
    const shown = await bob.shown()
    if (sent.every(text => shown.includes(text)) || performance.now() > deadline) return shown
    await setTimeout(MESSAGE_EVERY)
  }
}
