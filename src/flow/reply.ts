import { replyWords } from '../domain/reply-words.ts'
import { type Reply, readReply } from '../domain/stop-words.ts'
import type { Vault } from './ports.ts'
import type { ReplyStore, SuppressionStore } from './ports-consent.ts'
import type { InboundText } from './ports-receipts.ts'
import { type SuppressPorts, suppress } from './suppress.ts'

export interface ReplyPorts extends SuppressPorts {
  suppressions: SuppressionStore
  replies: ReplyStore
  vault: Pick<Vault, 'lookup' | 'lookups'>
  defaultLocale: string
}

/** Lifted by the person's own word; what the service or an operator knows of the number stays. */
const LIFTED_BY_START = new Set(['opt_out', 'blocked_by_user'])

/**
 * A person's text. STOP is acted upon before it is answered, START lifts what STOP barred, HELP is answered, anything else
 * is kept for a person. Answers what the person is told: nothing where the provider has answered already.
 */
export async function reply(ports: ReplyPorts, text: InboundText): Promise<{ reply: Reply; answer: string | null }> {
  const said = text.optOutType ? FROM_PROVIDER[text.optOutType] : readReply(text.text)
  const hashes = ports.vault.lookups('phone', text.from)
  const hash = ports.vault.lookup('phone', text.from)
  const last = await ports.replies.lastOf(hashes)
  switch (said) {
    case 'stop':
      await suppress(ports, [{ hash, hashes, channel: 'sms', reason: 'opt_out', note: null, placedBy: 'recipient' }])
      break
    case 'start':
      await consent(ports, hashes, last)
      break
    case 'help':
      break
    case 'other':
      await ports.replies.keep({
        keyHash: ports.vault.lookup('reply', `${text.provider}:${text.providerId}`),
        hash,
        dispatchId: last?.dispatchId ?? null,
        text: text.text,
      })
      return { reply: said, answer: null }
  }
  return { reply: said, answer: text.optOutType ? null : replyWords(said, last?.locale ?? ports.defaultLocale) }
}

const FROM_PROVIDER = { STOP: 'stop', START: 'start', HELP: 'help' } as const

async function consent(
  ports: ReplyPorts,
  hashes: Buffer[],
  last: { dispatchId: string; referenceId: string } | null,
): Promise<void> {
  const standing = await ports.suppressions.find(hashes)
  const ids = standing.filter((one) => one.liftedAt === null && LIFTED_BY_START.has(one.reason)).map(({ id }) => id)
  if (ids.length === 0) return
  const lifted = await ports.suppressions.lift(ids, 'recipient', 'start', 'The person wrote START.')
  if (lifted.length > 0)
    await ports.events.append([
      {
        type: 'recipient.opted_in',
        dispatchId: last?.dispatchId ?? null,
        data: { channel: 'sms', ...(last && { referenceId: last.referenceId }) },
      },
    ])
}
