/** `npm run chaos`: the service under fire, and what became of its promises. See README.md. */
import { parseArgs } from 'node:util'
import { positive, runAll } from './command.ts'
import { runRound } from './round.ts'

const { values } = parseArgs({
  options: {
    dispatches: { type: 'string', default: '5000' },
    kills: { type: 'string', default: '50' },
    seed: { type: 'string' },
    backend: { type: 'string', default: 'both' },
    minutes: { type: 'string', default: '6' },
    json: { type: 'string' },
    faults: { type: 'string' },
  },
})
const asked = {
  dispatches: positive(values.dispatches),
  kills: positive(values.kills),
  minutes: positive(values.minutes),
  only: values.faults?.split(','),
}

await runAll(values, (round, onClose) => runRound({ ...round, ...asked }, onClose))
