/** Medians and ratios, and the one table they are printed in. */
export interface Row {
  figure: string
  unit: string
  /** One value a round. */
  ours: number[]
  baseline?: number[]
  /** `at least` and `at most` speak of the ratio, `value at most` of ours. */
  target?: { at: 'least' | 'most' | 'value most'; bound: number }
}
export interface Judged extends Row {
  ratio?: Spread
  met?: boolean
}
export interface Spread {
  median: number
  min: number
  max: number
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (place: number) => sorted[place] ?? Number.NaN
  const middle = (sorted.length - 1) / 2
  return { median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2, min: at(0), max: at(sorted.length - 1) }
}

/** The ratio is taken within each round, where both sides met the same machine. */
export function judge(row: Row): Judged {
  const ratios = row.baseline && row.ours.map((value, i) => value / (row.baseline?.[i] ?? Number.NaN))
  const ratio = ratios && spread(ratios)
  const { target } = row
  const value = target?.at === 'value most' ? spread(row.ours).median : ratio?.median
  if (!target || value === undefined) return { ...row, ...(ratio && { ratio }) }
  const met = target.at === 'least' ? value >= target.bound : value <= target.bound
  return { ...row, ...(ratio && { ratio }), met }
}

/** Markdown, so that it can be pasted into RESULTS.md as it is. */
export function tableOf(rows: readonly Judged[]): string {
  const head = ['figure', 'ours', 'baseline', 'ratio', 'target', 'met', 'rounds']
  const body = rows.map(cellsOf)
  const widths = head.map((title, i) => Math.max(title.length, ...body.map((cells) => cells[i]?.length ?? 0)))
  const line = (cells: string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`
  return [line(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...body.map(line)].join('\n')
}

const cellsOf = ({ figure, unit, ours, baseline, ratio, target, met }: Judged): string[] => [
  `${figure}, ${unit}`,
  show(spread(ours)),
  baseline ? show(spread(baseline)) : '',
  ratio ? show(ratio) : '',
  target ? `${target.at === 'least' ? '≥' : '≤'} ${target.bound}` : '',
  met === undefined ? '' : VERDICTS[`${met}`],
  `${ours.length}`,
]
const VERDICTS = { true: 'yes', false: '**no**' }

const show = ({ median, min, max }: Spread) =>
  min === max ? plain(median) : `${plain(median)} (${plain(min)} to ${plain(max)})`
const plain = (value: number) => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(value < 10 ? 2 : 1))
