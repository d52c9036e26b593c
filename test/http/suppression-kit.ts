import type { NewSuppression, Suppression, SuppressionStore } from '../../src/flow/ports-consent.ts'
import { newUuid } from '../../src/lib/id.ts'

/** Suppressions in memory: `seen` is told of what was asked, `has` is what there is. */
export function fakeSuppressions(
  seen: NewSuppression[],
  has: { suppressions: Suppression[]; mailed: Buffer[] },
  now: Date,
): SuppressionStore {
  const addAll: SuppressionStore['addAll'] = async (entries) => {
    seen.push(...entries)
    const ids = entries.map(({ channel, reason, scope = 'all', note, placedBy }) => {
      const one = aSuppression({ channel, reason, scope, note, placedBy })
      has.suppressions.push(one)
      return one.id
    })
    return { fresh: entries.map(() => true), ids, affected: [] }
  }
  return {
    addAll,
    add: async (entry) => ({ fresh: (await addAll([entry])).fresh[0] ?? false, touched: [] }),
    one: async (id) => has.suppressions.find((one) => one.id === id) ?? null,
    list: async (_before, limit) => has.suppressions.slice(0, limit),
    find: async () => has.suppressions,
    failedFor: async () => 0,
    mailedBy: async () => ({ locale: 'es-MX', hashes: has.mailed }),
    async lift(ids, by, reason, consent) {
      const lifted = has.suppressions.filter(({ id }) => ids.includes(id))
      const change = { liftedAt: now, liftedBy: by, liftReason: reason, liftConsent: consent }
      for (const one of lifted) Object.assign(one, change)
      return lifted.map(({ id }) => id)
    },
  }
}

export const aSuppression = (wish: Partial<Suppression> = {}): Suppression => ({
  id: newUuid(),
  channel: 'sms',
  reason: 'opt_out',
  scope: 'all',
  note: null,
  placedBy: 'crm',
  placedAt: new Date(0),
  liftedAt: null,
  liftedBy: null,
  liftReason: null,
  liftConsent: null,
  ...wish,
})
