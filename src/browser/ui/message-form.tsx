import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { CheckIcon, SendIcon } from './icons.tsx'
import { byteLength, isTooLong, lengthWords, NEARLY_FULL_BYTES } from './text-length.ts'

interface MessageFormProps {
  readonly text: string
  readonly placeholder: string
  readonly action: 'Send' | 'Save'
  /** It was asked for, so that a keyboard may open. */
  readonly takesFocus?: boolean
  readonly onWrite: (text: string) => void
  /** The text is not empty and not too long. */
  readonly onDone: () => void
  readonly onKey: (event: KeyboardEvent) => void
  /** Stands above the box. */
  readonly children?: ComponentChildren
}

/** Enter sends, Shift+Enter begins a line. */
export function MessageForm({ text, action, takesFocus = false, ...props }: MessageFormProps) {
  const box = useRef<HTMLTextAreaElement>(null)
  const bytes = byteLength(text)
  const tooLong = isTooLong(text)
  const isReady = text.trim() !== '' && !tooLong

  useLayoutEffect(() => fitHeight(box.current), [text])
  // Before anything can be typed, which the caret would stand in front of otherwise.
  useLayoutEffect(() => {
    // A keyboard that opens by itself would hide the room on a phone.
    if (!takesFocus && !matchMedia('(hover: hover)').matches) return
    box.current?.focus()
    box.current?.setSelectionRange(text.length, text.length)
  }, [])

  function submit(event: Event): void {
    event.preventDefault()
    if (!isReady) return
    props.onDone()
    box.current?.focus()
  }

  return (
    <form class="composer" onSubmit={submit}>
      {props.children}
      <textarea
        ref={box}
        rows={1}
        dir="auto"
        aria-label="Message"
        placeholder={props.placeholder}
        enterkeyhint="send"
        aria-invalid={tooLong}
        aria-describedby={bytes > NEARLY_FULL_BYTES ? 'message-length' : action === 'Save' ? 'editing' : undefined}
        value={text}
        onInput={event => props.onWrite(event.currentTarget.value)}
        onKeyDown={event => (isSendKey(event) ? submit(event) : props.onKey(event))}
      />
      <button type="submit" class="send-button" aria-label={action} aria-disabled={!isReady}>
        {action === 'Send' ? <SendIcon /> : <CheckIcon />}
      </button>
      {bytes > NEARLY_FULL_BYTES && (
        <p id="message-length" class={tooLong ? 'problem' : 'hint'} role="status">
          {lengthWords(bytes)}
        </p>
      )}
    </form>
  )
}

/** Not the Enter that ends the input of a composed character. */
function isSendKey(event: KeyboardEvent): boolean {
  return event.key === 'Enter' && !event.shiftKey && !event.isComposing
}

/** As high as its text; the placeholder, which may hold a long name, is one line however long it is. */
function fitHeight(box: HTMLTextAreaElement | null): void {
  if (box === null) return
  box.style.height = 'auto'
  if (box.value === '') return
  box.style.height = `${box.scrollHeight}px`
}
