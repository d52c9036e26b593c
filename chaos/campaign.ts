/** `npm run campaign-proof`: a whole campaign, in trouble, and what became of its promises. See README.md. */
import { parseArgs } from 'node:util'
import { runProof } from './campaign-run.ts'
import { positive, runAll } from './command.ts'

/** The audience's numbers are real ones up to here. */
const MOST_ROWS = 110_000
const LEAST_LIMIT = 600

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '100000' },
    kills: { type: 'string', default: '6' },
    limit: { type: 'string' },
    reminder: { type: 'string', default: '8' },
    seed: { type: 'string' },
    backend: { type: 'string', default: 'both' },
    minutes: { type: 'string' },
    json: { type: 'string' },
  },
})

const rows = Math.min(MOST_ROWS, positive(values.rows))
const limit = positive(values.limit ?? String(Math.max(LEAST_LIMIT, Math.ceil(rows / 10))))
const minutes = positive(values.minutes ?? String(Math.ceil((rows / limit) * 2 + 15)))
const asked = { rows, limit, minutes, kills: positive(values.kills), reminderS: positive(values.reminder) }

await runAll(values, (round, onClose) => runProof({ ...round, ...asked }, onClose))
