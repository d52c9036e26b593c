/** The plan of a dispatch as a vertical stepper. */
import type { AttemptView, DispatchView, StepView } from '../flow/ports-read.ts'
import { html, type Markup } from '../lib/markup.ts'
import { ICONS } from './icons.ts'
import { spanOf, timeOf } from './times.ts'
import { type Badge, channelWord, outcomeWord, providerWord, reasonWord, STEP_BADGES, stepWord } from './words.ts'

export function plan(view: DispatchView, attempts: AttemptView[], now: Date): Markup {
  const steps = [
    ...view.steps.filter(({ kind }) => kind !== 'close'),
    ...view.steps.filter(({ kind }) => kind === 'close'),
  ]
  return html`
        <ol class="steps">
          ${steps.map((step) =>
            stepLine(
              step,
              attempts.filter((attempt) => attempt.step === step.n),
              now,
            ),
          )}
        </ol>`
}

function stepLine(step: StepView, attempts: AttemptView[], now: Date): Markup {
  const badge = badgeOf(step)
  const carrier = step.channel === 'none' ? undefined : step.channel
  return html`
          <li class="step tone-${badge.tone} step-${step.status}" data-key="step-${step.n}">
            <span class="step-mark" title="${badge.means}">${ICONS[badge.icon]}</span>
            <div class="step-words">
              <h3>${stepWord(step.kind, step.n)}${carrier && html` <span class="step-channel">${ICONS[carrier]}${channelWord(carrier)}</span>`}</h3>
              <p><span class="step-state">${badge.label}</span>${fate(step, now)}</p>
              ${tries(attempts, now)}
            </div>
          </li>`
}

/** The silent close reads differently: it sends nothing, it only says that the plan is over. */
function badgeOf(step: StepView): Badge {
  if (step.kind !== 'close') return STEP_BADGES[step.status]
  if (step.status === 'skipped') return { ...STEP_BADGES.skipped, label: 'Not needed' }
  if (step.status === 'pending')
    return { ...STEP_BADGES.pending, means: 'Ends the plan when no link of it lives any more' }
  return { label: 'Done', icon: 'check', tone: 'neutral', means: 'The plan is over' }
}

function fate(step: StepView, now: Date): Markup | string | undefined {
  switch (step.status) {
    case 'pending':
      return pendingFate(step, now)
    case 'handed':
    case 'delivered':
      return handedFate(step, now)
    case 'skipped':
    case 'failed':
    case 'ambiguous':
      return because(step)
    case 'queued':
    case 'claimed':
      return undefined
  }
}

function pendingFate(step: StepView, now: Date): Markup | string | undefined {
  const waits = step.reason ? html`, ${reasonWord(step.reason)}` : undefined
  if (step.kind === 'close')
    return step.dueAt ? html`, ends the plan ${timeOf(step.dueAt, now)}` : ', ends the plan with its last link'
  if (step.dueAt === null)
    return step.afterMs === null ? undefined : `, ${spanOf(step.afterMs)} after the first message`
  if (step.dueAt <= now) return html`, due now${waits}`
  return html`, due ${timeOf(step.dueAt, now)}${waits}`
}

function handedFate(step: StepView, now: Date): Markup | undefined {
  if (step.kind === 'close') return undefined
  return html` ${step.provider && html`${step.status === 'delivered' ? 'by' : 'to'} ${providerWord(step.provider)} `}${step.handedAt && timeOf(step.handedAt, now)}${step.confirmed === false && '; it may have arrived, nobody can say'}`
}

const because = ({ reason }: StepView) => (reason ? html`: <span dir="auto">${reasonWord(reason)}</span>` : undefined)

/** Shown where there is more to say than the step itself says. */
function tries(attempts: AttemptView[], now: Date): Markup | undefined {
  const plainSuccess = attempts.length === 1 && attempts[0]?.outcome === 'accepted'
  if (attempts.length === 0 || plainSuccess) return undefined
  return html`
              <details class="tries">
                <summary>${attempts.length === 1 ? '1 attempt' : `${attempts.length} attempts`}</summary>
                <ol>${attempts.map((attempt) => html`<li>${channelWord(attempt.channel)} by ${providerWord(attempt.provider)}: ${outcomeWord(attempt.outcome)}${attempt.reason && html`, ${reasonWord(attempt.reason)}`} ${timeOf(attempt.claimedAt, now)}</li>`)}</ol>
              </details>`
}
