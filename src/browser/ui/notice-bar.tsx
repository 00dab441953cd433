import type { Signal } from '@preact/signals'
import type { Notice } from '../state/session.ts'
import { noticeWords } from '../words.ts'
import { sentence } from './field.tsx'
import { CloseIcon } from './icons.tsx'

/** What the peer warns of, until it is read. */
export function NoticeBar({ notices }: { notices: Signal<readonly Notice[]> }) {
  const [notice] = notices.value
  if (notice === undefined) return null
  const [brief, more] = noticeWords(notice)
  return (
    <div class="notice-bar" role="alert" key={notice.text}>
      <div class="notice-text">
        <p>{sentence(brief)}</p>
        {more !== undefined && (
          <details>
            <summary>What it takes</summary>
            <p>{more}</p>
          </details>
        )}
      </div>
      <button
        type="button"
        class="icon-button"
        aria-label="Dismiss"
        onClick={() => (notices.value = notices.value.slice(1))}
      >
        <CloseIcon />
      </button>
    </div>
  )
}
