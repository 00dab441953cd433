/**
 * Which of the loaded messages are in the page: from `start` up to but without `end`. It slides by pages, so that a room
 * of 10,000 messages costs the browser no more than one of 200.
 */
export interface ViewWindow {
  readonly start: number
  readonly end: number
}

/** Messages fetched at a time, and by which the window slides. */
export const PAGE = 50
/** Messages in the page at most: some ten screens, so that a slide is never seen. */
export const MAX_IN_PAGE = 200

/** The window at the newest end of `count` messages. */
export function newestWindow(count: number): ViewWindow {
  return { start: Math.max(0, count - PAGE * 2), end: count }
}

/** The window when `count` messages are there and it is to show new ones: grows at its end, and lets go at its start. */
export function followNewest(window: ViewWindow, count: number): ViewWindow {
  return { start: Math.max(window.start, count - MAX_IN_PAGE), end: count }
}

/** More messages fit without letting go of any, so that whoever reads further up keeps the place. */
export function isRoomy(window: ViewWindow): boolean {
  return window.end - window.start < MAX_IN_PAGE
}

/** The window after `added` messages arrived above all loaded ones: the same messages as before. */
export function shiftBy(window: ViewWindow, added: number): ViewWindow {
  return { start: window.start + added, end: window.end + added }
}

/** The window when a message has come at `index`: the same messages as before, and this one if it falls among them. */
export function insertAt({ start, end }: ViewWindow, index: number): ViewWindow {
  if (index < start) return { start: start + 1, end: end + 1 }
  return index < end ? { start, end: Math.min(end + 1, start + MAX_IN_PAGE) } : { start, end }
}

export function slideUp(window: ViewWindow): ViewWindow {
  const start = Math.max(0, window.start - PAGE)
  return { start, end: Math.min(window.end, start + MAX_IN_PAGE) }
}

export function slideDown(window: ViewWindow, count: number): ViewWindow {
  const end = Math.min(count, window.end + PAGE)
  return { start: Math.max(window.start, end - MAX_IN_PAGE), end }
}
