/** `npm run stops`: processes stopped and started again under load, and what that cost. See README.md. */
import { parseArgs } from 'node:util'
import { positive, runAll } from './command.ts'
import { runStops } from './stopping.ts'

const { values } = parseArgs({
  options: {
    stops: { type: 'string', default: '200' },
    'per-second': { type: 'string', default: '20' },
    seed: { type: 'string' },
    backend: { type: 'string', default: 'both' },
    json: { type: 'string' },
  },
})

const asked = { stops: positive(values.stops), perSecond: positive(values['per-second']) }

await runAll(values, (round, onClose) => runStops({ ...round, ...asked }, onClose))
