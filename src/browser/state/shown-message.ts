import type { Message } from '../../core/chat/index.ts'

/** A message as the screens need it; an event brings it without its place in the order. */
export type ShownMessage = Omit<Message, 'order'> & Partial<Pick<Message, 'order'>>

/** Whether `one` comes after `other` in the room; by their times as long as a place is not known. */
export function isAfter(one: ShownMessage, other: ShownMessage): boolean {
  if (one.order !== undefined && other.order !== undefined) return one.order > other.order
  return one.time > other.time
}
