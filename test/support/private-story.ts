import type { InviteOptions } from '../../src/core/chat/index.ts'
import { loadGroupKeys, type EpochId } from '../../src/core/encryption/index.ts'
import { Insider } from './insider.ts'
import { settle } from './settle.ts'
import { Story, transcript, type Actor } from './story.ts'
import { skipTime } from './virtual-clock.ts'

// Virtual time does not wait for a module to be read from the disk.
await loadGroupKeys()

/** What actors do in the private room `Loft` of a story. */
const LOFT = 'Loft'
const HALF_HOUR = 1_800_000

export async function found(story: Story, actor: Actor, history?: 'joined' | 'all' | number): Promise<void> {
  // In real time, in which virtual time would run on.
  await loadGroupKeys()
  await settle(story, actor.peer.privateRooms.create(LOFT, history === undefined ? {} : { history }))
}

/** Anna's room, into which the others came by her link, all of them together. */
export async function loftWith(...names: readonly string[]): Promise<{ story: Story; actors: Actor[]; link: string }> {
  const story = new Story()
  const actors: Actor[] = []
  for (const name of ['Anna', ...names]) actors.push(await story.enter(name))
  const [anna, ...others] = actors
  if (anna === undefined) throw new Error('nobody is here')
  await found(story, anna)
  const link = await inviteLink(story, anna)
  for (const each of others) {
    const outcome = await join(story, each, link)
    if (outcome !== 'in') throw new Error(outcome)
  }
  await meet(story, ...actors)
  return { story, actors, link }
}

export async function inviteLink(story: Story, by: Actor, options: InviteOptions = {}): Promise<string> {
  return settle(story, by.peer.privateRooms.invite(LOFT, options))
}

/** Comes in by a link: `in`, or why not. */
export async function join(story: Story, actor: Actor, link: string): Promise<string> {
  await settle(story, actor.peer.joinByLink(link))
  return settle(
    story,
    actor.peer.privateRooms.admitted(LOFT, AbortSignal.timeout(60_000)).then(
      () => 'in',
      (thrown: unknown) => (thrown instanceof Error ? thrown.message : 'failed')
    )
  )
}

export async function meet(story: Story, ...actors: readonly Actor[]): Promise<void> {
  await story.until('all know all', () => actors.every(({ peer }) => peer.findRoom(LOFT).members === actors.length))
}

export async function say(story: Story, actor: Actor, text: string): Promise<string> {
  return (await settle(story, actor.peer.send(LOFT, text))).id
}

export async function hears(story: Story, actor: Actor, line: string): Promise<void> {
  await story.until(`${line} is heard`, async () => (await transcript(actor, LOFT)).includes(line))
}

/** Everybody in the room as this actor sees it: `name: role`, in order. */
export async function roles({ peer }: Actor): Promise<string[]> {
  return (await peer.members(LOFT)).map(({ nick, role }) => `${nick}: ${role}`).toSorted()
}

/** All that members are to agree on. */
async function viewOf(actor: Actor): Promise<string> {
  const { members, history, name, missing } = actor.peer.findRoom(LOFT)
  return JSON.stringify([await roles(actor), await transcript(actor, LOFT), members, history, name, missing])
}

/** The actors come to see the same members, roles and messages, with nothing missing, and each hears each. */
export async function agree(story: Story, ...actors: readonly Actor[]): Promise<void> {
  const lines: string[] = []
  for (const [index, actor] of actors.entries()) {
    const text = `still here ${index}`
    await say(story, actor, text)
    lines.push(text)
  }
  for (const actor of actors) {
    for (const text of lines)
      await story.until(`${text} is heard`, async () =>
        (await transcript(actor, LOFT)).some(each => each.endsWith(text))
      )
  }
  await story.until('all see the same', async () => {
    const views = await Promise.all(actors.map(viewOf))
    return new Set(views).size === 1 && views[0]?.endsWith(',0]') === true
  })
}

/** Under which epoch this device seals now; undefined while it may not. */
export async function epochOf(story: Story, actor: Actor): Promise<EpochId | undefined> {
  return (await Insider.of(story, actor)).room.sealingEpoch()
}

/** All come to seal under one epoch, each with keys of its own; looked for now and then, as looking takes long. */
export async function comeTogether(story: Story, ...actors: readonly Actor[]): Promise<EpochId> {
  for (const end = story.clock.now() + HALF_HOUR; story.clock.now() < end; await skipTime(story.clock, 5000)) {
    const [epoch, ...others] = await Promise.all(actors.map(each => epochOf(story, each)))
    if (epoch !== undefined && others.every(each => each === epoch)) return epoch
  }
  throw new Error('they do not come together')
}

/** Stops the actor and brings the same device back. */
export async function restart(story: Story, name: string, actor: Actor): Promise<Actor> {
  await settle(story, actor.peer.stop())
  return story.enter(name, actor.storage)
}

/** All stop, so much time passes, and each comes back with what it had stored, alone: until the test has them meet. */
export async function sleepApart(
  story: Story,
  duration: number,
  ...sleepers: readonly (readonly [name: string, actor: Actor])[]
): Promise<Actor[]> {
  for (const [, { peer }] of sleepers) await settle(story, peer.stop())
  story.network.discovery = false
  story.clock.advance(duration)
  const woken: Actor[] = []
  for (const [name, { storage }] of sleepers) woken.push(await story.enter(name, storage))
  return woken
}

/** Whoever finds one another does so from now on. */
export function meetAgain(story: Story): void {
  story.network.discovery = true
  story.network.heal()
}
