import type { Campaign, Upload } from '../../flow/ports-campaign.ts'
import { html, type Markup } from '../../lib/markup.ts'
import type { Frame } from '../layout.ts'
import { alertBox, badge } from '../parts.ts'
import { campaignFacts } from './facts.ts'
import { mayAct } from './list-page.ts'
import { sheet, sheetEnd } from './parts.ts'
import { uploader, uploadList } from './upload-part.ts'
import { CAMPAIGN_BADGES, counted, pathOf } from './words.ts'

export interface Draft {
  campaign: Campaign
  uploads: Upload[]
  problem?: string | undefined
  /** What was just done. */
  done?: string | undefined
}

/** A draft: its people, what it is set to do, and the way on. */
export function draftPage(frame: Frame, { campaign, uploads, problem, done }: Draft): { live: Markup; body: Markup } {
  const acts = mayAct(frame)
  const path = pathOf(campaign.id)
  const live = html`
    ${alertBox(problem)}
    ${done !== undefined && html`<p class="calm done" role="status">${done}</p>`}
    <header class="dispatch-head" data-key="head">
      <p class="crumb"><a href="/campaigns">Campaigns</a></p>
      <div class="dispatch-title">
        <h1 dir="auto">${campaign.name}</h1>
        <span data-announce="Draft">${badge(CAMPAIGN_BADGES.draft)}</span>
        <div class="actions">
          ${acts && html`<a class="ghost" href="${path}/edit">Change</a><button type="button" class="ghost danger" popovertarget="cancel">Discard</button>`}
        </div>
      </div>
      <p class="sentence">${sentence(campaign)}</p>
      ${acts && campaign.waiting > 0 && html`<p class="next-step"><a class="primary" href="${path}/estimate">See what will happen</a> <span class="aside">The next step. Nothing is sent yet.</span></p>`}
    </header>
    <div class="draft-columns" data-key="columns">
      <section class="part" aria-labelledby="audience-title">
        <h2 id="audience-title">Audience</h2>
        ${uploadList(campaign.id, uploads, frame.now)}
        ${acts && uploader(campaign.id)}
        ${acts && campaign.waiting > 0 && html`<p class="empty-audience"><button type="button" class="quiet-link" popovertarget="clear">Empty the audience</button></p>`}
      </section>
      <aside class="facts" aria-label="Settings">${campaignFacts(campaign, frame.now)}</aside>
    </div>`
  return { live, body: html`${acts && discardForm(path)}${acts && clearForm(path)}` }
}

const sentence = ({ waiting }: Campaign): string =>
  waiting === 0
    ? 'A draft without people. Upload a file with everybody who is to get a message.'
    : `A draft for ${counted(waiting, 'person', 'people')}. Nothing is sent before somebody starts it.`

const discardForm = (path: string) =>
  sheet(
    'cancel',
    'Discard this draft?',
    `${path}/cancel`,
    html`<p class="sheet-lead">It stays on the list as cancelled, and cannot be started any more.</p>${sheetEnd('cancel', { stay: 'Keep it', go: 'Discard the draft', danger: true })}`,
  )

const clearForm = (path: string) =>
  sheet(
    'clear',
    'Empty the audience?',
    `${path}/clear`,
    html`<p class="sheet-lead">Every row and every upload of this draft goes. Your files stay where they are.</p>${sheetEnd('clear', { stay: 'Keep them', go: 'Empty the audience', danger: true })}`,
  )
