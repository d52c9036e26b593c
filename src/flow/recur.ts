import { type Failure, failure } from '../domain/failure.ts'
import type { AudiencePorts } from './audience.ts'
import { settleWish, type WishPorts, wishedFrom } from './campaign-wish.ts'
import type { CampaignStore, ListStore } from './ports-campaign.ts'
import type { NewRecurrence, Recurrence, RecurrenceStore } from './ports-recur.ts'
import { takeList } from './take-list.ts'

export interface RecurPorts extends AudiencePorts {
  recurrences: RecurrenceStore
  campaigns: Pick<CampaignStore, 'create' | 'one' | 'start'>
  lists: ListStore
  /** When a cron expression fires next on the clock of a zone. */
  nextFiring(cron: string, timeZone: string, after: Date): Date | null
  wake(): void
}

/** Makes the campaigns that are due, then fills and starts one; answers whether there may be more of them. */
export async function recur(ports: RecurPorts): Promise<boolean> {
  for (const due of await ports.recurrences.due()) await fire(ports, due)
  return goOn(ports)
}

export type RecurrenceWish = Omit<NewRecurrence, 'id' | 'nextAt' | 'madeBy'>

/** A recurrence with its first firing, or what is wrong with it. */
export async function planRecurrence(
  ports: WishPorts & Pick<RecurPorts, 'nextFiring' | 'newId'> & { campaigns: Pick<CampaignStore, 'one'> },
  wish: RecurrenceWish,
  madeBy: string,
): Promise<{ recurrence: NewRecurrence } | { failure: Failure }> {
  const settled = settleWish(ports, wish.campaign, null)
  if ('failure' in settled) return { failure: inside(settled.failure) }
  const nextAt = nextOf(ports, wish, ports.now())
  if (nextAt === null) return wrong('cron', 'never fires, or not before until')
  const seen = await ports.campaigns.one(wish.source.campaignId)
  if (!seen) return wrong(wish.source.previous ? 'audience.first' : 'audience.campaignId', 'no campaign of this id')
  return { recurrence: { ...wish, id: ports.newId(), nextAt, madeBy } }
}

/** A firing that was missed, or missed often, fires once: the next one lies ahead of now. */
async function fire(ports: RecurPorts, due: Recurrence & { nextAt: Date }): Promise<void> {
  const { id, campaign, nextAt, madeBy } = due
  // Where another process, or this one before it died, has made it, this makes none.
  await ports.campaigns.create({
    ...wishedFrom(campaign, null),
    id: ports.newId(),
    recurrence: { id, firesAt: nextAt },
    madeBy,
  })
  const passed = new Date(Math.max(ports.now().getTime(), nextAt.getTime()))
  await ports.recurrences.moveOn(id, nextAt, nextOf(ports, due, passed))
}

/** Also those that were made before a crash. */
async function goOn(ports: RecurPorts): Promise<boolean> {
  const draft = await ports.recurrences.takeDraft()
  if (!draft) return false
  const { id, source, madeBy } = draft
  const campaign = await ports.campaigns.one(id)
  if (!campaign) throw new Error('the draft that was taken is not there')
  await takeList(ports, { campaign, about: { ...source }, madeBy }, keeping(ports, id, ports.lists.people(source)))
  await ports.campaigns.start(id, madeBy)
  await ports.recurrences.giveDraft(id)
  ports.wake()
  return true
}

const KEPT_FOR_PEOPLE = 1_000

/** The same people; on the way the draft is kept from other processes. */
async function* keeping<Person>(
  { recurrences }: Pick<RecurPorts, 'recurrences'>,
  id: string,
  people: AsyncIterable<Person>,
) {
  let count = 0
  for await (const person of people) {
    yield person
    if (++count % KEPT_FOR_PEOPLE === 0) await recurrences.keepDraft(id)
  }
}

function nextOf(
  { nextFiring }: Pick<RecurPorts, 'nextFiring'>,
  { cron, timeZone, until }: Pick<RecurrenceWish, 'cron' | 'timeZone' | 'until'>,
  after: Date,
): Date | null {
  const next = nextFiring(cron, timeZone, after)
  return next && until && next > until ? null : next
}

const wrong = (path: string, message: string) => ({ failure: failure('invalid_request', [{ path, message }]) })

/** The fields of the campaign stand in `campaign`. */
const inside = ({ code, errors, detail }: Failure): Failure => ({
  code,
  detail,
  errors: errors.map(({ path, message }) => ({ path: `campaign.${path}`, message })),
})
