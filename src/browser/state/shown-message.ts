import type { Message } from '../../core/chat/index.ts'

/** A message as the screens need it; one that an event brings tells nothing of its delivery. */
export type ShownMessage = Message

/** The place of what stands at `order`: behind all messages below it. */
export function placeOf(order: string, messages: readonly ShownMessage[]): number {
  let [from, to] = [0, messages.length]
  while (from < to) {
    const middle = (from + to) >>> 1
    if ((messages[middle]?.order ?? '') < order) from = middle + 1
    else to = middle
  }
  return from
}
