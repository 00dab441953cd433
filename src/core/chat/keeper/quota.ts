import type { MemberId } from '../../identity/index.ts'
import type { EntryClass } from '../../log/index.ts'
import type { DeviceBook } from '../room/device-book.ts'
import type { Space } from '../room/space.ts'

/** One room gets this part of all: a keeper serves many. */
const ROOM_SHARE = 1 / 16
/** One author gets this part of a room: a flood leaves space for what others say. */
const AUTHOR_SHARE = 1 / 4
/** With less than what somebody new needs to say a word, nothing is fetched any more; what comes by itself may fit. */
const WORTH_FETCHING = 8 * 1024

/** Bytes that one room, and one author in it, may take up where `quota` is for all. */
export function sharesOf(quota: number): { readonly room: number; readonly author: number } {
  return { room: quota * ROOM_SHARE, author: quota * ROOM_SHARE * AUTHOR_SHARE }
}

/** The space of one room, where all rooms together have `quota` and take up `used()`. `full` is told each refusal. */
export function roomSpace(quota: number, used: () => number, full: () => void): Space {
  const shares = sharesOf(quota)

  function isFull(book: DeviceBook): boolean {
    return leftOf(book) < WORTH_FETCHING
  }

  function leftOf(book: DeviceBook): number {
    return Math.min(shares.room - book.bytes(), quota - used())
  }

  function fits(author: MemberId, bytes: number, book: DeviceBook): boolean {
    const fitting = bytes <= leftOf(book) && book.bytes(author) + bytes <= shares.author
    if (!fitting) full()
    return fitting
  }

  return { fits, isFull }
}

/** What waits for those who are away is little, and all of it is read when a keeper starts. */
const MAX_MAILBOX_BYTES = 16 * 2 ** 20

/** Bytes that letters of newcomers, and the answers to them, may take up: no more than a room. */
export function mailboxSpace(quota: number, rooms: () => number): () => number {
  return () => Math.min(MAX_MAILBOX_BYTES, sharesOf(quota).room, quota - rooms())
}

/** What a room that cannot be read here may take up, in each class. */
export interface BlindSpace {
  fits(entryClass: EntryClass, bytes: number, taken: Readonly<Record<EntryClass, number>>): boolean
  isFull(entryClass: EntryClass, taken: Readonly<Record<EntryClass, number>>): boolean
}

/** Who may do what is little beside what is said; neither must crowd out the other. */
const CONTROL_SHARE = 1 / 8

/** The space of one such room: as `roomSpace`, with no author known. */
export function blindSpace(quota: number, used: () => number, full: () => void): BlindSpace {
  const room = sharesOf(quota).room
  const shares = { control: room * CONTROL_SHARE, chat: room * (1 - CONTROL_SHARE) }

  function leftOf(entryClass: EntryClass, taken: Readonly<Record<EntryClass, number>>): number {
    return Math.min(shares[entryClass] - taken[entryClass], quota - used())
  }

  function fits(entryClass: EntryClass, bytes: number, taken: Readonly<Record<EntryClass, number>>): boolean {
    const fitting = bytes <= leftOf(entryClass, taken)
    if (!fitting) full()
    return fitting
  }

  function isFull(entryClass: EntryClass, taken: Readonly<Record<EntryClass, number>>): boolean {
    const isUsedUp = leftOf(entryClass, taken) < WORTH_FETCHING
    // Nothing comes by itself: who is turned away here is turned away for good.
    if (isUsedUp) full()
    return isUsedUp
  }

  return { fits, isFull }
}
