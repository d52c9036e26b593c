import { html, type Markup } from '../../lib/markup.ts'
import { timeOf } from '../times.ts'
import { figureTable } from './parts.ts'
import { figure } from './words.ts'

export interface ChartBar {
  at: Date
  /** Stacked from the bottom; as many as there are `series`. */
  values: number[]
}
export interface Chart {
  title: string
  series: string[]
  bars: ChartBar[]
  limit: { value: number; word: string } | null
  /** Where the first bar stands for less than its whole stretch. */
  from?: Date
  now: Date
}

const WIDTH = 1000
const HEIGHT = 200
/** A limit far above everything would press the bars flat: then it stands in words only. */
const FAR_ABOVE = 5

/** Bars over time against a limit; the same as a table for whoever does not see them. */
export function chart({ title, series, bars, limit, from, now }: Chart): Markup {
  const most = Math.max(1, ...bars.map(totalOf))
  const shown = limit !== null && limit.value <= most * FAR_ABOVE ? limit : null
  const top = niceAbove(Math.max(most, shown?.value ?? 0))
  const [first, last] = [bars[0], bars.at(-1)]
  return html`
      <figure class="chart" data-key="chart">
        <figcaption>
          <h3>${title}</h3>
          <ul class="legend">${series.map((name, i) => html`<li class="legend-${i}">${name}</li>`)}${limit && html`<li class="legend-limit">${limit.word}${shown === null && ', far above'}</li>`}</ul>
        </figcaption>
        <div class="chart-plot">
          <span class="chart-top" aria-hidden="true">${figure(top)}</span>
          <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${spoken(title, bars, limit)}">
            <path class="chart-grid" d="M0 ${HEIGHT / 2}H${WIDTH}M0 .5H${WIDTH}"/>
            ${bars.map((one, i) => columnOf(one, i, bars.length, top))}
            <path class="chart-ground" d="M0 ${HEIGHT}H${WIDTH}"/>
            ${shown && html`<path class="chart-limit" d="M0 ${yOf(shown.value, top)}H${WIDTH}"/>`}
          </svg>
        </div>
        ${first && last && html`<p class="chart-axis">${timeOf(from && from > first.at ? from : first.at, now)}${bars.length > 1 && timeOf(last.at, now)}</p>`}
        <details class="tries"><summary>As a table</summary>${asTable(title, series, bars)}</details>
      </figure>`
}

const totalOf = ({ values }: ChartBar) => values.reduce((sum, value) => sum + value, 0)
const yOf = (value: number, top: number) => round(HEIGHT - (value / top) * HEIGHT)
const round = (value: number) => Math.round(value * 100) / 100

/** 1, 2 or 5 of the next power of ten, so that the scale reads well. */
function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  return ([1, 2, 5, 10].find((step) => step * power >= value) ?? 10) * power
}

/** Hours after which a gap between bars is worth its place. */
const MOST_WITH_GAPS = 120

function columnOf(one: ChartBar, place: number, count: number, top: number): Markup {
  const slot = WIDTH / count
  const width = round(count > MOST_WITH_GAPS ? slot : slot * 0.82)
  let bottom = 0
  return html`${one.values.map((value, i) => {
    if (value <= 0) return undefined
    const from = yOf(bottom + value, top)
    const height = round(yOf(bottom, top) - from)
    bottom += value
    return html`<rect class="chart-bar chart-bar-${i}" x="${round(place * slot)}" y="${from}" width="${width}" height="${height}"/>`
  })}`
}

function spoken(title: string, bars: ChartBar[], limit: Chart['limit']): string {
  const most = bars.reduce<ChartBar | undefined>(
    (best, one) => (!best || totalOf(one) > totalOf(best) ? one : best),
    undefined,
  )
  const peak = most ? `at most ${figure(totalOf(most))}, ${UTC.format(most.at)} UTC` : 'nothing yet'
  return `${title}: ${peak}${limit ? `; ${limit.word}` : ''}`
}

const UTC = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  timeZone: 'UTC',
})
const MOST_LINES = 100

function asTable(title: string, series: string[], bars: ChartBar[]): Markup {
  const filled = bars.filter((one) => totalOf(one) > 0)
  const rows = filled.slice(-MOST_LINES).map(({ at, values }) => [UTC.format(at), ...values.map(figure)])
  return html`${filled.length > MOST_LINES && html`<p class="aside">The last ${MOST_LINES} of ${filled.length}.</p>`}${figureTable({ caption: title, columns: ['UTC', ...series], rows })}`
}
