import type { Message } from '../../core/chat/index.ts'
import { counted } from './counted.ts'

/** Where a message of one's own stands, as the web app says it (`src/browser/words.ts`), for the middle of a line. */
export function deliveryText({ delivery, kept = 0 }: Pick<Message, 'delivery' | 'kept'>): string {
  if (delivery !== undefined && delivery.to > 0) return `delivered to ${delivery.to} of ${delivery.of}`
  return kept > 0 ? `sent, kept by ${counted(kept, 'relay')}` : 'sent'
}
