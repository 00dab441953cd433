import { settle } from './settle.ts'
import { transcript, type Actor, type Story } from './story.ts'

/** Writes to another member alone; the id of the room. */
export async function write(story: Story, from: Actor, to: string, text: string): Promise<string> {
  const room = await settle(story, from.peer.openDirect(to))
  await settle(story, from.peer.send(room.id, text))
  return room.id
}

/** Waits until the actor is in the room, and this line stands there. */
export async function reads(story: Story, actor: Actor, room: string, line: string): Promise<void> {
  await story.until(`${line} is read`, async () => {
    const here = actor.peer.rooms().find(({ id, role }) => id === room && role !== undefined)
    return here !== undefined && (await transcript(actor, room)).includes(line)
  })
}
