import { Presets, SingleBar } from 'cli-progress'

/** Where a command speaks: what scripts read goes to `out`, what people read to `err`. */
export interface Terminal {
  out(line: string): void
  err(line: string): void
  /** A person is watching: a bar may be drawn over itself. */
  isWatched: boolean
}

/** Whoever reads along may have heard enough (`| head`): that is no error of ours. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

export const terminal: Terminal = {
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
  isWatched: process.stderr.isTTY === true,
}

export interface Progress {
  at(done: number, note?: string): void
  end(): void
}

/** A bar on a terminal; elsewhere a plain line at each tenth, or at each change of the note where no total is known. */
export function makeProgress(
  terminal: Terminal,
  { what, unit, total }: { what: string; unit: string; total: number | null },
): Progress {
  return terminal.isWatched && total !== null ? bar(what, unit, total) : lines(terminal, what, unit, total)
}

function bar(what: string, unit: string, total: number): Progress {
  const format = ` {bar} {percentage} % · {value} of {total} ${unit} ${what} {note}`
  const drawn = new SingleBar({ format, hideCursor: true, stopOnComplete: false, formatValue: written }, Presets.rect)
  drawn.start(total, 0, { note: '' })
  return { at: (done, note = '') => drawn.update(Math.min(done, total), { note }), end: () => drawn.stop() }
}

/** One decimal, and none where there is nothing behind it. */
const written = (value: number, _options: unknown, type: string): string =>
  type === 'percentage' ? String(Math.floor(value)) : String(Math.round(value * 10) / 10)

function lines(terminal: Terminal, what: string, unit: string, total: number | null): Progress {
  let told = ''
  return {
    at(done, note = '') {
      const share = total === null ? '' : shareOf(done, total, unit, what)
      const mark = total === null ? note : share
      if (mark === told) return
      told = mark
      terminal.err(`${share} ${note}`.trim())
    },
    end: () => undefined,
  }
}

/** By tenths; of less than one unit nothing is said. */
function shareOf(done: number, total: number, unit: string, what: string): string {
  if (total < 1) return ''
  return `${Math.floor((done / total) * 10) * 10} % of ${Math.round(total * 10) / 10} ${unit} ${what}`
}
