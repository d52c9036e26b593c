import type { Words } from '../../domain/message.ts'
import type { PreviewedMessage } from '../../flow/preview.ts'
import type { Sample, SampledStep } from '../../flow/samples.ts'
import { html, type Markup } from '../../lib/markup.ts'
import { ICONS } from '../icons.ts'
import { channelWord } from '../words.ts'
import type { CampaignDesk } from './ports.ts'
import { counted } from './words.ts'

interface SamplesLook {
  path: string
  reference: string
  segments: CampaignDesk['segments']
}

/** What one row would get, as it would look. */
export const samples = (sample: Sample | null, { path, reference, segments }: SamplesLook): Markup => html`
      <form class="sample-search" action="${path}/estimate" method="get">
        <label class="unseen" for="reference">Reference of a row</label>
        <input id="reference" name="reference" value="${reference}" placeholder="Reference of any row" autocomplete="off" spellcheck="false">
        <button class="ghost">Show</button>
      </form>
      ${sample === null ? html`<p class="hint">${reference ? 'Nobody of that reference is in the audience.' : 'There is no row yet.'}</p>` : shown(sample, segments)}`

const shown = (sample: Sample, segments: SamplesLook['segments']) => html`
      <p class="hint"><strong dir="auto">${sample.row.referenceId}</strong>${sample.variant !== 'all' && html`, variant <span dir="auto">${sample.variant}</span>`}, on line ${sample.row.line}. The link is a sample, and nobody’s.</p>
      ${sample.problem !== null && html`<p class="hint sample-problem">${problemWords(sample.problem)}</p>`}
      ${sample.steps.map((step, i) => stepSamples(step, i, segments))}`

function problemWords(problem: NonNullable<Sample['problem']>): string {
  if (problem === 'held_out') return 'This person is held out and gets nothing.'
  if (problem === 'suppressed') return 'This person must not be written to: nothing of this is sent.'
  if (problem === 'window_never_open') return 'There is no hour in which this person may be written to.'
  const missing = problem.errors.map(({ path, message }) => `${path} ${message}`).join(', ')
  return `This row would be refused${missing ? `: ${missing}` : '.'}`
}

const stepSamples = ({ kind, messages }: SampledStep, i: number, segments: SamplesLook['segments']) => html`
      <h3>${kind === 'first' ? 'First message' : `Reminder ${i}`}</h3>
      <div class="samples">${messages.map((one) => sampleCard(one, segments))}</div>`

const sampleCard = (message: PreviewedMessage, segments: SamplesLook['segments']) => html`
        <figure class="sample sample-${message.channel}">
          <figcaption>${ICONS[message.channel]}${channelWord(message.channel)}${message.words?.channel === 'sms' && html` <span class="aside">${counted(segments(message.words.text).segments, 'segment')}</span>`}</figcaption>
          ${message.words ? wordsOf(message.words, message) : html`<p class="field-wrong">${message.missing.length > 0 ? `The words need ${message.missing.join(', ')}.` : (message.problem ?? 'These words cannot be written.')}</p>`}
        </figure>`

function wordsOf(words: Words, { locale, direction }: PreviewedMessage): Markup {
  const tongue = html`${locale && html` lang="${locale}"`} dir="${direction ?? 'auto'}"`
  switch (words.channel) {
    case 'sms':
      return html`<p class="bubble"${tongue}>${words.text}</p>`
    case 'push':
      return html`<div class="note"${tongue}><strong>${words.title}</strong><p>${words.body}</p></div>`
    case 'email':
      return html`<div class="letter"${tongue}><strong>${words.subject}</strong><p>${words.text}</p></div>`
  }
}
