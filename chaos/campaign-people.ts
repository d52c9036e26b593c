import { isOpen, placeOf } from '../src/domain/window.ts'
import type { Chance } from './random.ts'

/** Somebody in the file, and what is to become of the line. */
export interface Person {
  reference: string
  /** Where the record begins, as an editor counts. */
  line: number
  /** `doubled`: the same person stood further up. */
  row: 'good' | 'bad' | 'doubled'
  addresses: string[]
}

export interface Audience {
  csv: string
  people: Person[]
  /** Opted out before the campaign, as a file of the CRM: an address or a recipient a line. */
  suppressions: string[]
  /** References of those. */
  suppressed: Set<string>
  /** Whose address this is. */
  owners: Map<string, string>
}

/** Of a hundred rows. */
const BAD = 2
const DOUBLED = 1
const SUPPRESSED = 10
const NOTED = 5

const LOCALES = ['en', 'es-MX', 'pt-BR'] as const
/** An empty one leaves it to the variant. */
const CHANNELS = ['', 'sms', 'email', 'push', 'sms;email', 'push;sms', 'email;push'] as const
const COLUMNS = ['Reference ID', 'Phone', 'Email', 'Push token', 'First name', 'Locale', 'Time zone', 'Channels']
const HEAD = [...COLUMNS, 'metadata.note', 'Shoe size'].join(',')
/** Nobody else of the run has numbers of these. */
const FIRST_PHONE = 15_122_000_000
const DOUBLED_PHONE = 15_126_000_000

/** A file as a campaign manager would have it: mostly fine, some of it wrong, some of it twice, some of them opted out. */
export function makeAudience(rows: number, { chance, now }: { chance: Chance; now: Date }): Audience {
  const zones = zonesInDaylight(now)
  const audience: Audience = { csv: '', people: [], suppressions: [], suppressed: new Set(), owners: new Map() }
  const lines = [HEAD]
  let line = 2
  for (let n = 0; n < rows; n++) {
    const { person, record } = rowOf(n, { chance, zones, before: audience.people })
    audience.people.push({ ...person, line })
    lines.push(record)
    line += record.split('\n').length
    if (person.row === 'good') keepGood(audience, person, chance)
  }
  audience.csv = `\uFEFF${lines.join('\n')}\n`
  return audience
}

function keepGood(
  { owners, suppressed, suppressions }: Audience,
  { reference, addresses }: Omit<Person, 'line'>,
  chance: Chance,
): void {
  for (const address of addresses) owners.set(address, reference)
  if (chance.between(1, 100) > SUPPRESSED) return
  suppressed.add(reference)
  suppressions.push(...(chance.between(0, 1) === 0 ? [`referenceId:${reference}`] : addresses))
}

interface Making {
  chance: Chance
  zones: readonly string[]
  before: readonly Person[]
}

function rowOf(n: number, { chance, zones, before }: Making): { person: Omit<Person, 'line'>; record: string } {
  const dice = chance.between(1, 100)
  const reference = `person-${n}`
  const addresses = addressesOf(n, FIRST_PHONE)
  const cells = cellsOf(reference, addresses, { chance, zones })
  if (dice <= BAD) {
    const spoil = BAD_ROWS[n % BAD_ROWS.length] ?? BAD_ROWS[0]
    return { person: { reference, row: 'bad', addresses }, record: spoil(cells) }
  }
  const twin = dice <= BAD + DOUBLED ? before.findLast(({ row }) => row === 'good') : undefined
  if (!twin) return { person: { reference, row: 'good', addresses }, record: cells.map(quoted).join(',') }
  const others = addressesOf(n, DOUBLED_PHONE)
  const record = cellsOf(twin.reference, others, { chance, zones }).map(quoted).join(',')
  return { person: { reference: twin.reference, row: 'doubled', addresses: others }, record }
}

/** Addresses that nobody else has. A token is longer than any phone number. */
const addressesOf = (n: number, firstPhone: number) => [
  `+${firstPhone + n}`,
  `person-${firstPhone + n}@example.com`,
  `device-${firstPhone + n}-${'x'.repeat(40)}`,
]

function cellsOf(
  reference: string,
  [phone = '', email = '', token = '']: string[],
  { chance, zones }: Pick<Making, 'chance' | 'zones'>,
): string[] {
  const note = chance.between(1, 100) <= NOTED ? 'called twice,\n"not at home"' : ''
  const said = [chance.pick(LOCALES), chance.pick(zones), chance.pick(CHANNELS)]
  return [reference, phone, email, token, 'Ana', ...said, note, String(chance.between(35, 47))]
}

const quoted = (cell: string) => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)

const spoilt = (column: number, cell: string) => (cells: string[]) =>
  cells.with(column, cell).with(-2, '').map(quoted).join(',')

/** Each is one line, and no line like it may be taken. */
const BAD_ROWS = [
  spoilt(0, ''),
  spoilt(0, 'somebody@example.com'),
  spoilt(0, '15125550199'),
  spoilt(1, 'not a number'),
  spoilt(1, '+1512'),
  spoilt(2, 'nobody.example.com'),
  spoilt(5, 'no language'),
  spoilt(6, 'Mars/Olympus_Mons'),
  spoilt(7, 'pigeon'),
  (cells: string[]) => cells.with(3, '').with(7, 'push').with(-2, '').join(','),
  (cells: string[]) => [...cells.with(-2, ''), 'one too many'].join(','),
  (cells: string[]) => cells.slice(0, 4).join(','),
  (cells: string[]) => cells.with(-2, '').with(4, '"Ana" Maria').join(','),
] as const

const ZONES = [
  ...['Pacific/Honolulu', 'America/Anchorage', 'America/Los_Angeles', 'America/Denver', 'America/Chicago'],
  ...['America/New_York', 'America/Sao_Paulo', 'Atlantic/Azores', 'Europe/London', 'Europe/Madrid', 'Africa/Nairobi'],
  ...['Asia/Dubai', 'Asia/Karachi', 'Asia/Kolkata', 'Asia/Bangkok', 'Asia/Tokyo', 'Australia/Sydney'],
  ...['Pacific/Noumea', 'Pacific/Auckland'],
]
/** As long as a run may take, with the time that is wound at its end. */
const LONGEST_RUN_H = 4

/** Where one may write to these people now, and for as long as the run lasts. */
export function zonesInDaylight(now: Date): string[] {
  return ZONES.filter((timeZone) => {
    const place = placeOf({ timeZone, phone: `+${FIRST_PHONE}`, defaultTimeZone: timeZone })
    const hours = Array.from({ length: LONGEST_RUN_H + 1 }, (_, h) => new Date(now.getTime() + h * 3_600_000))
    return hours.every((at) => isOpen(at, place))
  })
}
