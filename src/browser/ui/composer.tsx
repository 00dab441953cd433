import { useSignal } from '@preact/signals'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { MAX_TEXT_BYTES } from '../../core/chat/index.ts'
import type { OpenRoom, Session } from '../state/session.ts'
import { SendIcon } from './icons.tsx'

interface ComposerProps {
  readonly session: Session
  readonly room: OpenRoom
  readonly roomName: string
}

/** From here on the length is worth a word. */
const NEARLY_FULL_BYTES = MAX_TEXT_BYTES * 0.8

/** Enter sends, Shift+Enter begins a line; what is not sent yet is kept as the room's draft. */
export function Composer({ session, room, roomName }: ComposerProps) {
  const draft = `draft/${room.id}`
  const text = useSignal(session.memory.get(draft) ?? '')
  const box = useRef<HTMLTextAreaElement>(null)
  const bytes = byteLength(text.value)
  const tooLong = bytes > MAX_TEXT_BYTES

  useLayoutEffect(() => fitHeight(box.current), [text.value])
  useEffect(() => {
    // A keyboard that opens by itself would hide the room on a phone.
    if (matchMedia('(hover: hover)').matches) box.current?.focus()
  }, [])

  function write(value: string): void {
    text.value = value
    session.memory.set(draft, value === '' || byteLength(value) > MAX_TEXT_BYTES ? undefined : value)
  }

  function send(event: Event): void {
    event.preventDefault()
    if (text.value.trim() === '' || tooLong) return
    void room.timeline.send(text.value.trim()).then(keepStorage)
    write('')
    box.current?.focus()
  }

  return (
    <form class="composer" onSubmit={send}>
      <textarea
        ref={box}
        rows={1}
        dir="auto"
        aria-label="Message"
        placeholder={`Message ${roomName}`}
        enterkeyhint="send"
        aria-invalid={tooLong}
        aria-describedby={bytes > NEARLY_FULL_BYTES ? 'message-length' : undefined}
        value={text.value}
        onInput={event => write(event.currentTarget.value)}
        onKeyDown={event => isSendKey(event) && send(event)}
      />
      <button type="submit" class="send-button" aria-label="Send" aria-disabled={text.value.trim() === '' || tooLong}>
        <SendIcon />
      </button>
      {bytes > NEARLY_FULL_BYTES && (
        <p id="message-length" class={tooLong ? 'problem' : 'hint'} role="status">
          {lengthWords(bytes, tooLong)}
        </p>
      )}
    </form>
  )
}

/** Not the Enter that ends the input of a composed character. */
function isSendKey(event: KeyboardEvent): boolean {
  return event.key === 'Enter' && !event.shiftKey && !event.isComposing
}

function lengthWords(bytes: number, tooLong: boolean): string {
  const kib = (number: number): string => (number / 1024).toFixed(1).replace('.0', '')
  const measure = `${kib(bytes)} of ${kib(MAX_TEXT_BYTES)} KiB`
  return tooLong ? `${measure}: too long for one message. Shorten it, or send it in parts.` : `${measure}.`
}

const encoder = new TextEncoder()

function byteLength(text: string): number {
  // No text of this many UTF-16 units can be near the limit; most are measured without encoding them.
  return text.length * 3 < NEARLY_FULL_BYTES ? text.length : encoder.encode(text).length
}

/** As high as its text; the placeholder, which may hold a long name, is one line however long it is. */
function fitHeight(box: HTMLTextAreaElement | null): void {
  if (box === null) return
  box.style.height = 'auto'
  if (box.value === '') return
  box.style.height = `${box.scrollHeight}px`
}

let asked = false

/** Once something is at stake the browser is asked not to clear the store when space is short. */
function keepStorage(): void {
  if (asked) return
  asked = true
  void navigator.storage?.persist?.().catch(() => false)
}
