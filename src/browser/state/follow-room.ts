import type { Session } from './session.ts'

/** Where what is being written in a room is remembered. */
export function draftOf(room: string): string {
  return `draft/${room}`
}

/** Whoever has a direct conversation open that gave way to another is led to that, with what they were writing. */
export function followRoom({ peer, memory, router }: Pick<Session, 'peer' | 'memory' | 'router'>, left: string): void {
  const next = goingOn(peer, left)
  if (next === undefined) return
  const draft = memory.get(draftOf(left))
  memory.set(draftOf(left), undefined)
  if (memory.get(draftOf(next)) === undefined) memory.set(draftOf(next), draft)
  const route = router.route.peek()
  if (route.kind === 'room' && route.room === left) router.replace({ ...route, room: next })
}

/** The id of the room that goes on for this one; undefined when none does. */
function goingOn(peer: Session['peer'], left: string): string | undefined {
  try {
    return peer.findRoom(left).id
  } catch {
    return undefined
  }
}
