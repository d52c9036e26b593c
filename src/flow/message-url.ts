import { type DeliverPorts, type Delivery, linkOf } from './delivery.ts'

/** What the message carries: the partner's link, or a new code that leads to it. The app's own button always gets the link. */
export function pickUrl({ codes }: DeliverPorts, delivery: Delivery): undefined {
  const { work, link } = delivery
  if (!link) return
  delivery.url = linkOf(link).url
  if (!codes || work.channel === 'in_app' || work.dispatch.linkOptions.mode !== 'evergreen') return
  delivery.code = codes.newCode()
  delivery.url = `${codes.base}${delivery.code}`
}

/** Before the claim: a message that leaves carries a code that is known. */
export async function keepCode({ codes, vault }: DeliverPorts, { work, code }: Delivery): Promise<undefined> {
  if (codes && code) await codes.store.keep({ hash: vault.lookup('evergreen', code), dispatchId: work.dispatchId })
}
