import type { Delivery } from '../../core/chat/index.ts'

/** One tick: stored here. Two: some have it. Two in colour: everybody has. The words say it to who asks. */
export function DeliveryMark({ delivery, words }: { delivery: Delivery | undefined; words: string }) {
  const some = delivery !== undefined && delivery.to > 0
  const all = some && delivery.to >= delivery.of
  return (
    <span class="delivery" data-state={all ? 'all' : some ? 'some' : 'sent'}>
      <svg viewBox="0 0 20 14" width="16" height="11" role="img" aria-label={words}>
        <path d={some ? 'M1 8l4 4 8-10M8 10l2 2 8-10' : 'M4 8l4 4 8-10'} />
      </svg>
      <span class="delivery-words" aria-hidden="true">
        {words}
      </span>
    </span>
  )
}
