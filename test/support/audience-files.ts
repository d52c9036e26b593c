/** Files as campaign managers send them, and what is wrong with some of their lines. */

const COLUMNS = [
  'referenceId',
  'First name',
  'Apellido',
  'phone',
  'country',
  'correo',
  'locale',
  'time_zone',
  'channels',
  'CLABE',
  'bank country',
  'dob',
  'variables.amountHint',
  'metadata.crmCaseId',
  'note',
] as const
type Column = (typeof COLUMNS)[number]

/** A row that is good, by number. */
const goodCells = (n: number): Record<Column, string> => ({
  referenceId: `user_${n}`,
  'First name': n % 7 === 0 ? '"Ana ""la"" Luz"' : 'Ana',
  Apellido: 'Cruz Peña',
  phone: `+1512555${String(n % 10_000).padStart(4, '0')}`,
  country: 'US',
  correo: `user${n}@example.com`,
  locale: 'es-MX',
  time_zone: 'America/Chicago',
  channels: 'sms email',
  CLABE: '="014027000005555558"',
  'bank country': 'MX',
  dob: '1990-02-28',
  'variables.amountHint': '200',
  'metadata.crmCaseId': `case-${n}`,
  note: n % 11 === 0 ? '"two\nlines"' : '',
})

export interface Fault {
  what: string
  /** The column that is to blame; empty: the line. */
  column: Column | ''
  reason: RegExp
  /** The line as it stands in the file, without its end. */
  lineOf(n: number): string | Buffer
}

const lineWith = (n: number, change: Partial<Record<Column, string>> = {}) =>
  COLUMNS.map((column) => ({ ...goodCells(n), ...change })[column]).join(',')

export const HEAD_LINE = COLUMNS.join(',')
export const goodLine = (n: number): string => lineWith(n)

const cell = (
  what: string,
  column: Column,
  value: string,
  reason: RegExp,
  more: Partial<Record<Column, string>> = {},
): Fault => ({
  what,
  column,
  reason,
  lineOf: (n) => lineWith(n, { [column]: value, ...more }),
})
const line = (what: string, reason: RegExp, lineOf: Fault['lineOf']): Fault => ({ what, column: '', reason, lineOf })

/** Every kind of line that is not taken; none of them costs its neighbours. */
export const FAULTS: Fault[] = [
  cell('no id', 'referenceId', '', /^is empty$/),
  cell('an email address for an id', 'referenceId', 'ana@example.com', /looks like an email address/),
  cell('a phone number for an id', 'referenceId', '+15125550100', /looks like a phone number/),
  cell('an id with blanks in it', 'referenceId', 'user 1', /characters/),
  cell('a national phone number without a country', 'phone', '(512) 555-0100', /is national.*column/, { country: '' }),
  cell('a phone number that does not exist', 'phone', '+15125550', /phone number that exists/),
  cell('a number that is nobody’s', 'phone', '+18005550100', /service number/),
  cell('words for a phone number', 'phone', 'ask Ana', /is not a phone number/),
  cell('a country that is none', 'country', 'Mexico', /two letters/),
  cell('an email address without an at', 'correo', 'ana.example.com', /not one email address/),
  cell('an email address without a domain', 'correo', 'ana@example', /domain/),
  cell('a language nobody speaks', 'locale', 'Spanish (Mexico)', /language tag/),
  cell('a time zone that is none', 'time_zone', 'Central', /IANA/),
  cell('a channel there is not', 'channels', 'sms pigeon', /must be one of/),
  cell('an account number with a digit too many', 'CLABE', '0140270000055555580', /CLABE/),
  cell('no account number', 'CLABE', '', /^is empty$/),
  cell('a birth date to come', 'dob', '2190-02-28', /day that exists/),
  cell('a date as a sheet shows it', 'dob', '28/02/1990', /YYYY-MM-DD/),
  cell('no last name for the partner', 'Apellido', '', /^is empty$/),
  cell('a variable without end', 'variables.amountHint', 'x'.repeat(17_000), /16384 bytes/),
  line('too few cells', /^has 3 cells where the first line has 15$/, (n) => `user_${n},Ana,Cruz`),
  line('too many cells', /^has 16 cells/, (n) => `${lineWith(n)},more`),
  line('text behind a quotation mark', /after the quotation mark/, (n) => lineWith(n, { 'First name': '"Ana" Luz' })),
  line('a quotation mark that is never closed', /never closed/, (n) =>
    lineWith(n, { 'First name': '"Ana', CLABE: '', note: '' }),
  ),
  line('a NUL character', /NUL/, (n) => lineWith(n, { note: 'a\0b' })),
  line('a letter of another encoding', /UTF-8/, (n) => Buffer.from(lineWith(n, { note: 'café' }), 'latin1')),
  line('a line without end', /64 KB/, (n) => lineWith(n, { note: 'x'.repeat(70_000) })),
]
