import type { MemberId } from '../../identity/index.ts'
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
