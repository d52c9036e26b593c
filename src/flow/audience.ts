import { type ChannelName, chainOf } from '../domain/channel.ts'
import { reachable } from '../domain/dispatch.ts'
import { zoneOfPhone } from '../domain/number-plan.ts'
import type { DraftPorts } from './draft.ts'
import type {
  AudiencePerson,
  AudienceRow,
  AudienceStore,
  AudienceTarget,
  CampaignPlan,
  Refusal,
  StoredRecipient,
  TakenLine,
  Upload,
  UploadCounts,
} from './ports-campaign.ts'

export interface AudiencePorts extends Pick<DraftPorts, 'render' | 'missingVariables' | 'defaults' | 'now' | 'newId'> {
  audiences: AudienceStore
  /** Why an address may not stand as a link; undefined when it may. */
  distrust(url: string): string | undefined
}

/** A person as a line, or a list of an earlier campaign, names them. */
export interface NamedPerson {
  line: number
  referenceId: string
  person: AudiencePerson
  /** The line as it came. */
  text: string | null
}

/** One upload under way. Rows are stored a thousand at a time; a caller that waits keeps memory flat. */
export interface Taking {
  id: string
  counts: UploadCounts
  /** The first hundred. */
  errors: Omit<Refusal, 'text'>[]
  /** False: the campaign is over, and takes nothing any more. */
  take(named: NamedPerson): Promise<boolean>
  refuse(faults: [Refusal, ...Refusal[]]): Promise<boolean>
  end(status: 'done' | 'broken'): Promise<boolean>
}

const AT_ONCE = 1_000
const MOST_ERRORS = 100
/** A file that is sent again is known as a whole: nobody reads that line by line. */
const MOST_KNOWN_TOLD = 1_000

interface Begun extends Pick<Upload, 'source' | 'about' | 'madeBy'> {
  campaign: AudienceTarget
  /** Turns the path of a field into what the sender calls it. */
  nameOf(path: string): string
}

export async function beginTaking(ports: AudiencePorts, { campaign, nameOf, ...upload }: Begun): Promise<Taking> {
  const { audiences } = ports
  const id = ports.newId()
  const ledger = makeLedger(nameOf)
  let waiting: NamedPerson[] = []
  await audiences.begin({ id, campaignId: campaign.id, ...upload })

  async function flush(): Promise<boolean> {
    const named = waiting
    waiting = []
    const rows = named.length === 0 ? [] : await settleAll(ports, campaign.plan, named, ledger)
    const taken = rows.length === 0 ? [] : await audiences.take({ id, campaignId: campaign.id }, rows)
    if (taken === null) return false
    for (const line of taken) ledger.taken(line)
    const refused = ledger.handOver()
    if (refused.length > 0) await audiences.refuse(id, refused)
    await audiences.note(id, ledger.counts)
    return true
  }
  async function flushFull(): Promise<boolean> {
    return waiting.length + ledger.waiting() < AT_ONCE || flush()
  }

  return {
    id,
    counts: ledger.counts,
    errors: ledger.errors,
    take(named) {
      ledger.counts.rows++
      waiting.push(named)
      return flushFull()
    },
    refuse(faults) {
      ledger.counts.rows++
      ledger.bad(faults)
      return flushFull()
    },
    async end(status) {
      const open = await flush()
      await audiences.end(id, open ? status : 'broken', ledger.counts)
      return open
    },
  }
}

/** What is counted, and what has yet to be written down of lines that were not taken. */
function makeLedger(nameOf: Begun['nameOf']) {
  const counts: UploadCounts = { rows: 0, taken: 0, known: 0, doubled: 0, refused: 0 }
  const errors: Taking['errors'] = []
  let refused: Refusal[] = []

  function note(faults: readonly Refusal[]): void {
    refused.push(...faults)
    for (const { text: _text, ...fault } of faults) if (errors.length < MOST_ERRORS) errors.push(fault)
  }
  return {
    counts,
    errors,
    bad(faults: readonly Refusal[]): void {
      counts.refused++
      note(faults)
    },
    /** The same, of a line whose fields still have their own names. */
    badFields({ line, text }: NamedPerson, faults: readonly Fault[]): void {
      this.bad(
        faults.map(({ field, reason }, i) => ({ line, field: nameOf(field), reason, text: i === 0 ? text : null })),
      )
    },
    taken({ line, was, first }: TakenLine): void {
      counts[was === 'new' ? 'taken' : was]++
      if (was === 'new' || (was === 'known' && counts.known > MOST_KNOWN_TOLD)) return
      note([{ line, field: nameOf('referenceId'), reason: REPEATED[was](first), text: null }])
    },
    waiting: () => refused.length,
    handOver(): Refusal[] {
      const all = refused
      refused = []
      return all
    },
  }
}

/** Rows as their dispatches will have them; those that would have none are written down. */
async function settleAll(
  ports: AudiencePorts,
  plan: CampaignPlan,
  named: readonly NamedPerson[],
  ledger: ReturnType<typeof makeLedger>,
): Promise<AudienceRow[]> {
  const known = await ports.audiences.recipients(named.map(({ referenceId }) => referenceId))
  return named.flatMap((one) => {
    const settled = settle(ports, plan, one, known.get(one.referenceId) ?? null)
    if ('row' in settled) return [settled.row]
    ledger.badFields(one, settled.faults)
    return []
  })
}

const REPEATED = {
  doubled: (first: number) => `stands in line ${first} already`,
  known: () => 'is in this audience already, from an earlier upload',
}

interface Fault {
  field: string
  reason: string
}

/** The row as its dispatch will have it, or why there would be none. */
function settle(
  ports: AudiencePorts,
  plan: CampaignPlan,
  named: NamedPerson,
  known: StoredRecipient | null,
): { row: AudienceRow } | { faults: Fault[] } {
  const person = withStoredAddresses(named.person, known)
  const contact = person.contact ?? known?.contact ?? {}
  const { usable: channels, without } = reachable(contact, preferenceOf(ports, plan, person))
  const zone = person.timeZone ?? known?.timeZone ?? null
  const locale = person.locale ?? known?.locale ?? ports.defaults.locale
  const faults = [
    ...linkFaults(ports, person),
    ...(channels.length === 0 ? [{ field: 'contact', reason: `no address for ${without.join(', ')}` }] : []),
    ...variableFaults(ports, plan, { channels, locale, variables: person.variables }),
  ]
  if (faults.length > 0) return { faults }
  return {
    row: {
      line: named.line,
      referenceId: named.referenceId,
      person,
      contact,
      channels,
      locale,
      timeZone: zone ?? zoneOfPhone(contact.phone ?? '') ?? ports.defaults.timeZone,
      zoneGiven: zone !== null,
    },
  }
}

/** A row that brings a name and no address greets by it, and keeps the addresses that are known. */
function withStoredAddresses(person: AudiencePerson, known: StoredRecipient | null): AudiencePerson {
  const { phone, email, pushTokens, name } = person.contact ?? {}
  if (!name || phone || email || pushTokens) return person
  return { ...person, contact: known?.contact ? { ...known.contact, name } : null }
}

/** Whichever variant a person gets: an address that only one of them would use must do. */
function preferenceOf({ defaults }: AudiencePorts, plan: CampaignPlan, person: AudiencePerson): ChannelName[] {
  if (person.channels) return person.channels
  const lists = [plan.channels ?? defaults.channels, ...plan.variants.map((variant) => variant.channels ?? [])]
  return [...new Set(lists.flat())]
}

function linkFaults(ports: AudiencePorts, { ownLink }: AudiencePerson): Fault[] {
  if (!ownLink) return []
  return [
    ...(ports.distrust(ownLink.url) ? [{ field: 'link.url', reason: 'is on no host that links may lead to' }] : []),
    ...(ownLink.expiresAt <= ports.now() ? [{ field: 'link.expiresAt', reason: 'has passed' }] : []),
  ]
}

/** Everybody must be able to get any variant: a comparison of people who could not would compare nothing. */
function variableFaults(
  ports: AudiencePorts,
  plan: CampaignPlan,
  { channels, locale, variables }: Pick<AudienceRow, 'channels' | 'locale'> & Pick<AudiencePerson, 'variables'>,
): Fault[] {
  const all = { ...plan.variables, ...variables }
  const missing = templatesOf(ports, plan).flatMap((template) =>
    ports.missingVariables(template, chainOf(channels), locale, all),
  )
  return [...new Set(missing)].map((field) => ({ field, reason: 'is missing: the words of the message need it' }))
}

function templatesOf({ render, defaults }: AudiencePorts, { template, variants, reminders }: CampaignPlan): string[] {
  const firsts = new Set([template, ...variants.map((variant) => variant.template ?? template)])
  const reminds = reminders === undefined ? defaults.remindersAfterMs.length > 0 : reminders !== null
  if (!reminds) return [...firsts]
  const second = (name: string) => (render.has(`${name}-reminder`) ? `${name}-reminder` : name)
  return [...firsts, ...(reminders?.template ? [reminders.template] : [...firsts].map(second))]
}
