/** Up and down walk through the messages of the list that has the focus; the one reached shows its time and delivery. */
export function walkMessages(event: KeyboardEvent): void {
  if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return
  const list = event.currentTarget
  if (!(list instanceof HTMLElement)) return
  const messages = [...list.querySelectorAll<HTMLElement>('.message')]
  const at = messages.findIndex(message => message.contains(document.activeElement))
  const down = event.key === 'ArrowDown'
  if (at === -1 && (down || document.activeElement !== list)) return
  event.preventDefault()
  const next = at === -1 ? messages.length - 1 : at + (down ? 1 : -1)
  messages[next]?.focus()
}

/** A touch has no pointer that rests: it gives the message the focus, as the arrow keys do. */
export function focusTouched({ target }: MouseEvent): void {
  if (matchMedia('(hover: hover)').matches || !(target instanceof Element)) return
  if (target.closest('a, button') !== null) return
  target.closest<HTMLElement>('.message')?.focus({ preventScroll: true })
}
