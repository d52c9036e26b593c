import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino'

export interface LogOptions {
  level: string
  /** A readable line for each event, instead of JSON. */
  pretty?: boolean
  destination?: DestinationStream
}

/** The log: one line an event, and no secret in any of them. */
export function makeLog({ level, pretty = false, destination = pino.destination(1) }: LogOptions): Logger {
  const options: LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: logSerializers,
    redact: { paths: HIDDEN_TREES.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: HIDDEN },
    hooks: { streamWrite: (line) => (pretty ? readable(withoutSecrets(line)) : withoutSecrets(line)) },
  }
  return pino(options, destination)
}

/** A request by its route, an answer by its status, an error by what it says. Give them to pino-http too: it brings its own. */
export const logSerializers = {
  req: ({ id, method, originalUrl, url }: Partial<Record<string, unknown>>) => ({
    id,
    method,
    url: String(originalUrl ?? url ?? '').replace(/[?#].*/s, ''),
  }),
  res: ({ statusCode }: Partial<Record<string, unknown>>) => ({ statusCode }),
  err: showError,
  error: showError,
}

const HIDDEN = '[hidden]'
const HIDDEN_TREES = ['userData', 'contact', 'metadata', 'variables']

/** Fields and headers whose text is never written, at whatever depth they turn up. */
const HIDDEN_FIELDS = new RegExp(
  '"((?:proxy-)?authorization|(?:set-)?cookie|x-api-key|x-m2m-signature|x-twilio-signature|webhook-signature|password|' +
    'secret|(?:push)?tokens?|apiKey|authToken|accountNumber|idNumber|dob|phone|email|linkId)":' +
    '(?:"(?:[^"\\\\]|\\\\.)*"|\\[[^\\]]*\\])',
  'gi',
)

/** What must not stand in a text, a piece it cannot be without, and what stands there instead. The last guard, not the first. */
const TRACES: readonly [RegExp, piece: string, string][] = [
  [/(\/[lu])\/[^\s/?#"'\\]+/g, '/', '$1/…'],
  [/link_[A-Za-z0-9_-]{6,}/g, 'link_', 'link_…'],
  [/m2m_(test|live)_[A-Za-z0-9_-]+/g, 'm2m_', 'm2m_$1_…'],
  [/(Bearer|Basic) [A-Za-z0-9._~+/=-]+/gi, ' ', '$1 …'],
  [/\/\/[^\s/@:"\\]*:[^\s/@"\\]+@/g, '@', '//…@'],
  [/(?<!\\(?:u[0-9a-f]{0,3})?)[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+/gi, '@', '…@…'],
  [/\+\d{8,15}/g, '+', '+…'],
]

function withoutSecrets(line: string): string {
  const hidden = line.replace(HIDDEN_FIELDS, `"$1":"${HIDDEN}"`)
  return TRACES.reduce(
    (text, [trace, piece, instead]) => (text.includes(piece) ? text.replace(trace, instead) : text),
    hidden,
  )
}

/** Only these four: what else hangs on an error (a query's values, a request) may be anybody's data. */
function showError(thrown: unknown) {
  const error = thrown as { raw?: unknown } | undefined
  const shown = error?.raw instanceof Error ? error.raw : thrown
  if (!(shown instanceof Error)) return { type: typeof shown, message: String(shown) }
  return { type: shown.name, code: (shown as NodeJS.ErrnoException).code, message: shown.message, stack: shown.stack }
}

function readable(line: string): string {
  const { level, time, msg = '', ...rest } = JSON.parse(line)
  const text = JSON.stringify(msg).slice(1, -1)
  const fields = Object.keys(rest).length > 0 ? ` ${JSON.stringify(rest)}` : ''
  return `${String(time).slice(11, 23)} ${String(level).toUpperCase().padEnd(5)} ${text}${fields}\n`
}
