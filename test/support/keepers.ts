import type { KeepAnswer } from '../../src/core/chat/keeper/keep-codec.ts'
import { askToKeep } from '../../src/core/chat/keeper/keep-exchange.ts'
import { settle } from './settle.ts'
import { eventsOf, type Actor, type KeeperActor, type Story } from './story.ts'
import type { VirtualPeer } from './virtual-network.ts'

/** Enters, joins the lobby, and is met there by the keepers that there are. */
export async function enterLobby(story: Story, name: string, keepers: number): Promise<Actor> {
  const actor = await story.enter(name)
  await actor.peer.joinOpenRoom('lobby')
  await story.until(`${name} met the keepers`, () => actor.peer.findRoom('lobby').keepers.length === keepers)
  return actor
}

export async function say(story: Story, actor: Actor, text: string): Promise<void> {
  const { id } = await actor.peer.send('lobby', text)
  await story.until('it is kept', () => eventsOf(actor, 'kept').some(event => event.id === id))
}

export function ask(story: Story, from: VirtualPeer, keeper: KeeperActor, name: string): Promise<KeepAnswer> {
  story.network.connect(from, keeper.network)
  return settle(story, askToKeep(from, keeper.network.self, { kind: 'name', name }, AbortSignal.timeout(60_000)))
}
