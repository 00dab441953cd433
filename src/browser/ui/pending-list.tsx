import type { Outbox } from '../state/outbox.ts'
import { sentence } from './field.tsx'

/** One's own messages that are not stored yet; what could not be stored stays, with what to do. */
export function PendingList({ outbox }: { outbox: Outbox }) {
  return (
    <>
      {outbox.pending.value.map(({ key, text, problem }) => (
        <div key={key} class="pending" data-failed={problem !== undefined} aria-busy={problem === undefined}>
          <div class="message-text" dir="auto">
            {text}
          </div>
          {problem !== undefined && (
            <p class="problem" role="alert">
              <span>Not sent yet. {sentence(problem)}</span>{' '}
              <button type="button" class="link-button" onClick={() => void outbox.retry(key)}>
                Try again
              </button>{' '}
              <button type="button" class="link-button" onClick={() => outbox.discard(key)}>
                Discard
              </button>
            </p>
          )}
        </div>
      ))}
    </>
  )
}
