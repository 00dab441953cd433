/** Times as people write them, in their own locale. */
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'short' })
const shortDate = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })
const longDate = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' })
const yearDate = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long', year: 'numeric' })
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' })

const DAY_MILLIS = 86_400_000

export function clockTime(time: number): string {
  return clock.format(time)
}

export function fullTime(time: number): string {
  return full.format(time)
}

/** For the room list: the time today, the weekday this week, else the date. */
export function shortTime(time: number, now: number = Date.now()): string {
  const days = daysBetween(time, now)
  if (days === 0) return clock.format(time)
  return days > 0 && days < 7 ? weekday.format(time) : shortDate.format(time)
}

export function dayName(time: number, now: number = Date.now()): string {
  const days = daysBetween(time, now)
  if (days === 0) return 'Today'
  if (days === 1) return 'Yesterday'
  return new Date(time).getFullYear() === new Date(now).getFullYear() ? longDate.format(time) : yearDate.format(time)
}

/** Midnights passed; counted in whole days, since a day may last 23 or 25 hours. */
function daysBetween(time: number, now: number): number {
  return Math.round((new Date(now).setHours(0, 0, 0, 0) - new Date(time).setHours(0, 0, 0, 0)) / DAY_MILLIS)
}
