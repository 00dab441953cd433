import type { MemberId } from '../../identity/index.ts'
import type { DeviceBook } from './device-book.ts'

/** What a room may take up where others fill it, as at a keeper. What does not fit is neither stored nor acknowledged. */
export interface Space {
  /** Whether this many bytes more of this member may be stored, beside what the book says is stored already. */
  fits(author: MemberId, bytes: number, book: DeviceBook): boolean
  /** Whether so little is left that fetching more is in vain. */
  isFull(book: DeviceBook): boolean
}
