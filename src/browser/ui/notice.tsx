import type { ComponentChildren } from 'preact'
import { Logo } from './logo.tsx'

interface NoticeProps {
  readonly title: string
  readonly action?: string
  readonly onAction?: () => void
  readonly children: ComponentChildren
}

/** A whole page that says what is, and what to do. */
export function Notice({ title, action, onAction, children }: NoticeProps) {
  return (
    <main class="centre">
      <Logo size={56} />
      <h1>{title}</h1>
      {children}
      {action !== undefined && (
        <button type="button" class="button primary" onClick={onAction}>
          {action}
        </button>
      )}
    </main>
  )
}
