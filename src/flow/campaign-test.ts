import type { ChannelName } from '../domain/channel.ts'
import type { Contact } from '../domain/dispatch.ts'
import type { DispatchOrder } from './order.ts'
import type { Campaign } from './ports-campaign.ts'

/** Somebody of the house who is to see the words. */
export interface TestPerson {
  referenceId: string
  contact: Contact
  locale: string | null
  variables: Record<string, unknown>
  userData: Record<string, unknown> | null
}

/** The lane of everything that is no campaign's. */
const SINGLES = 1

/** The messages of a campaign as single dispatches: each variant's words once for each person, and no reminder. */
export function testOrders(
  { plan }: Pick<Campaign, 'plan'>,
  people: TestPerson[],
  shownId: string,
): { variant: string | null; order: DispatchOrder }[] {
  const ways = wordsOf({ plan })
  return people.flatMap((person) =>
    ways.map(({ variant, template, channels }) => ({
      variant,
      order: {
        ...person,
        template,
        channels,
        timeZone: null,
        variables: { ...plan.variables, ...person.variables },
        category: 'transactional' as const,
        sendAt: null,
        validUntil: null,
        reminders: null,
        link: plan.link,
        ownLink: null,
        ifActive: 'join' as const,
        suspectOpens: plan.suspectOpens,
        fallBackMs: plan.fallBackMs,
        metadata: { campaignTest: shownId },
        lane: SINGLES,
        campaignId: null,
        variant: null,
      },
    })),
  )
}

interface Way {
  variant: string | null
  template: string
  channels: ChannelName[] | null
}

/** Variants that differ in their channels or hours only say the same: the first of each template. */
function wordsOf({ plan }: Pick<Campaign, 'plan'>): Way[] {
  if (plan.variants.length === 0) return [{ variant: null, template: plan.template, channels: plan.channels }]
  const ways = plan.variants.map(({ name, template = plan.template, channels = plan.channels }) => ({
    variant: name,
    template,
    channels,
  }))
  return ways.filter(({ template }, i) => ways.findIndex((one) => one.template === template) === i)
}
