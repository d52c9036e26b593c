import type { Hold } from '../../domain/hold.ts'
import type { FollowedUp, TakeBack } from '../../flow/ports-follow-up.ts'
import { html, type Markup } from '../../lib/markup.ts'
import { may } from '../door.ts'
import { ICONS } from '../icons.ts'
import type { Frame } from '../layout.ts'
import { timeOf } from '../times.ts'
import { mayAct } from './list-page.ts'
import { sheet, sheetEnd } from './parts.ts'
import { peopleTable } from './people-page.ts'
import { counted, figure } from './words.ts'

export interface TakeBackLook {
  /** `name@version`; null: none was named yet. */
  template: string | null
  versions: readonly string[]
  people: FollowedUp[]
  more: boolean
  hold: Hold | undefined
  takeBack: TakeBack | null
}

/** Words that should not have gone out: hold them, revoke their links, send the right ones. */
export function takeBackPage(frame: Frame, look: TakeBackLook): { live: Markup; body: Markup | undefined } {
  const { template } = look
  const live = html`
    <p class="crumb"><a href="/system">System</a></p>
    <div class="page-head"><h1>Take words back</h1></div>
    <p class="lead">When the wrong words went out: stop them, find who got them, revoke their links, and send the right ones.</p>
    <form class="sample-search" action="/take-back" method="get" data-own>
      <label class="unseen" for="template">Template and version</label>
      <input id="template" name="template" list="versions" value="${template}" placeholder="magic-link@1" autocomplete="off" spellcheck="false" required pattern="[\\w.\\-]+@\\d+">
      <datalist id="versions">${look.versions.map((one) => html`<option value="${one}"></option>`)}</datalist>
      <button class="ghost">Find who got it</button>
    </form>
    ${template !== null && found(frame, { ...look, template })}`
  return { live, body: template === null ? undefined : revokeForm(frame, template) }
}

type Found = TakeBackLook & { template: string }

const found = (frame: Frame, look: Found) => html`
    <ol class="take-back" data-key="steps">
      ${holdStep(frame, look)}
      ${revokeStep(frame, look)}
      ${againStep(frame, look)}
    </ol>
    <section class="part" data-key="people" aria-labelledby="got-title">
      <h2 id="got-title">Who got ${look.template}</h2>
      ${look.people.length > 0 ? peopleTable(frame, look.people) : html`<p class="hint">Nobody did.</p>`}
      ${look.more && html`<p class="hint">These are the first; the file has all of them.</p>`}
      ${look.people.length > 0 && html`<p><a href="/take-back/${encodeURIComponent(look.template)}/recipients.csv" download>Download all (CSV)</a></p>`}
    </section>`

const mayOperate = ({ caller }: Frame) => caller !== null && may(caller, 'operate')

const holdStep = (frame: Frame, { template, hold }: Found) => html`
      <li><h2>1. Hold it</h2>
        ${hold ? html`<p class="calm">${ICONS.check}Held by ${hold.placedBy} ${timeOf(hold.placedAt, frame.now)}. Nothing with these words is sent.</p>` : html`<p class="hint">No message with these words starts any more.</p>`}
        ${!hold && mayOperate(frame) && html`<form action="/take-back/hold" method="post"><input type="hidden" name="template" value="${template}"><button class="primary">Hold ${template}</button></form>`}
      </li>`

function revokeStep(frame: Frame, { template, takeBack, people }: Found): Markup {
  const begun = takeBack?.revokeLinks === true
  return html`
      <li><h2>2. Revoke the links</h2>
        ${begun ? revoked(takeBack) : html`<p class="hint">Links that live and have no operation are revoked at the partner.</p>`}
        ${mayOperate(frame) && people.length > 0 && takeBack?.status !== 'running' && html`<button type="button" class="${begun ? 'ghost' : 'primary danger'}" popovertarget="revoke">${begun ? 'Look once more' : `Revoke the links of ${template}`}</button>`}
      </li>`
}

const revoked = ({ status, done, people, links }: TakeBack) => html`
        <p>${status === 'running' ? `${figure(done)} of ${counted(people, 'person', 'people')} looked at.` : `All ${counted(people, 'person', 'people')} looked at.`} ${counted(links.revoked, 'link')} revoked${links.keptForOperation > 0 && `, ${figure(links.keptForOperation)} kept for their operation`}${links.unanswered > 0 && `, ${figure(links.unanswered)} the partner did not answer for, tried again`}.</p>
        <progress class="progress tone-going" max="${Math.max(1, people)}" value="${done}" aria-label="Looked at"></progress>`

const againStep = (frame: Frame, { template, people }: Found) => html`
      <li><h2>3. Send the right ones</h2>
        <p class="hint">A new campaign to everybody who got these. You choose its template.</p>
        ${mayAct(frame) && people.length > 0 && html`<a class="primary" href="/campaigns/new?received=${encodeURIComponent(template)}">New campaign to them</a>`}
      </li>`

const revokeForm = (frame: Frame, template: string): Markup | undefined =>
  mayOperate(frame)
    ? sheet(
        'revoke',
        'Revoke their links?',
        '/take-back/revoke',
        html`<p class="sheet-lead">Whoever got ${template} and has not begun a transfer cannot use that link any more. This cannot be undone.</p><input type="hidden" name="template" value="${template}">${sheetEnd('revoke', { stay: 'Leave them', go: 'Revoke the links', danger: true })}`,
      )
    : undefined
