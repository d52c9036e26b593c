import type { Upload } from '../../flow/ports-campaign.ts'
import { showId } from '../../lib/id.ts'
import { html, type Markup } from '../../lib/markup.ts'
import { ICONS } from '../icons.ts'
import { timeOf } from '../times.ts'
import { fieldWord } from '../words.ts'
import { columnOptions } from './columns.ts'
import type { DeskRefusal, FilePreview, FileTaken } from './ports.ts'
import { counted, figure, LISTS, pathOf } from './words.ts'

/** The script takes it from here; whoever runs none is told what to do. `data-own`: what follows along leaves it alone. */
export const uploader = (campaignId: string): Markup => html`
        <div class="uploader" data-key="uploader" data-own data-upload="${pathOf(campaignId)}/audience">
          <noscript><p class="hint">Uploading from this page needs a script. From a terminal: <code>dispatcher campaign upload ${showId('cmp', campaignId)} people.csv</code></p></noscript>
          <div class="field" hidden>
            <label class="field-label" for="file">File with the people</label>
            <input id="file" type="file" accept=".csv,.tsv,.txt,.ndjson,.jsonl,text/csv">
            <p class="hint">CSV or NDJSON of any length, in UTF-8. In Excel: save as “CSV UTF-8”. The first line names the columns.</p>
          </div>
          <div class="mapping" aria-live="polite"></div>
          <p class="sending" hidden><progress class="progress tone-going" max="1000" value="0" aria-label="Sent"></progress> <span></span></p>
        </div>`

/** How the beginning of a file is understood, to be put right before all of it is sent. */
export function mappingPreview(found: { ok: true; value: FilePreview } | DeskRefusal): Markup {
  if (!found.ok) return refusal(found)
  const { format, columns, rows, problems } = found.value
  const blocking = problems.filter(({ line }) => line === 0)
  const others = problems.filter(({ line }) => line > 0)
  return html`
          ${blocking.length > 0 && html`<div class="alert" role="alert">${ICONS.alert}<div><p><strong>The file cannot be taken like this.</strong></p><ul>${blocking.map(({ reason }) => html`<li>${reason}</li>`)}</ul></div></div>`}
          ${format === 'csv' && html`<h3>What the columns mean</h3><div class="columns-map">${columns.map(columnField)}</div>`}
          ${rows.length > 0 && html`<h3>The first rows, as they are understood</h3>${understood(rows)}`}
          ${others.length > 0 && html`<h3>What is wrong so far</h3><ul class="told">${others.map(({ line, column, reason }) => html`<li>Line ${figure(line)}${column && html`, <span dir="auto">${column}</span>`}: ${reason}</li>`)}</ul><p class="hint">Rows like these are left out and can be downloaded afterwards; the others are taken.</p>`}
          ${rows.length === 0 && blocking.length === 0 && html`<p class="hint">No row of the beginning can be taken like this. Look at what the columns mean.</p>`}
          <p class="mapping-end"><button type="button" class="primary"${blocking.length > 0 && html` disabled`} data-send>Upload the people</button></p>`
}

const columnField = ({ name, path }: FilePreview['columns'][number], i: number) => html`
            <div class="field"><label class="field-label" for="column-${i}" dir="auto">${name || `column ${i + 1}`}</label>
              <select id="column-${i}" data-column="${name || `column ${i + 1}`}">${columnOptions(name, path).map(([value, word]) => html`<option value="${value}"${value === (path ?? '') && html` selected`}>${word}</option>`)}</select></div>`

const understood = (rows: FilePreview['rows']) => html`
          <div class="table-scroll" tabindex="0" role="region" aria-label="The first rows">
            <table class="figures-table words-table">
              <thead><tr><th scope="col">Line</th><th scope="col">Reference</th><th scope="col">Phone</th><th scope="col">Email</th><th scope="col">Language</th><th scope="col">Time zone</th><th scope="col">Besides</th></tr></thead>
              <tbody>${rows.map(
                ({ line, referenceId, contact, locale, timeZone, fields }) =>
                  html`<tr><td>${figure(line)}</td><td dir="auto">${referenceId}</td><td dir="ltr">${contact?.phone ?? '–'}</td><td dir="ltr">${contact?.email ?? '–'}</td><td>${locale ?? '–'}</td><td>${timeZone ?? '–'}</td><td>${fields.length > 0 ? fields.map(besides).join(', ') : '–'}</td></tr>`,
              )}</tbody>
            </table>
          </div>`

/** What is the sender's own keeps its name. */
const besides = (path: string) => (/^(?:variables|metadata)\./.test(path) ? path : fieldWord(path))

export function uploadResult(campaignId: string, taken: { ok: true; value: FileTaken } | DeskRefusal): Markup {
  if (!taken.ok) return refusal(taken)
  const { rows, taken: good, errors, uploadId, refused, known, doubled } = taken.value
  const left = refused + known + doubled
  return html`
          <div class="taken${left > 0 && ' taken-partly'}" role="status">
            ${left > 0 ? ICONS.alert : ICONS.check}
            <div>
              <p><strong>${counted(good, 'person', 'people')} of ${counted(rows, 'row')} taken.</strong>${leftWords(taken.value)}</p>
              ${left > 0 && html`<p><a href="${pathOf(campaignId)}/audience/${uploadId}/refused" download>Download the refused rows (CSV)</a></p>`}
              ${errors.length > 0 && html`<ul class="told">${errors.slice(0, 10).map(({ line, column, reason }) => html`<li>Line ${figure(line)}${column && html`, <span dir="auto">${column}</span>`}: ${reason}</li>`)}</ul>`}
            </div>
          </div>`
}

const refusal = ({ message, errors }: DeskRefusal) => html`
          <div class="alert" role="alert">${ICONS.alert}<div><p><strong>${message}</strong></p>${errors.length > 0 && html`<ul>${errors.slice(0, 20).map((one) => html`<li>The file ${one.message}</li>`)}</ul>`}</div></div>`

type Counts = Pick<Upload, 'refused' | 'known' | 'doubled'>

function leftWords({ refused, known, doubled }: Counts): string {
  const parts = [
    refused > 0 && `${figure(refused)} refused`,
    doubled > 0 && `${figure(doubled)} twice in the file`,
    known > 0 && `${figure(known)} in the audience before`,
  ].filter((part) => part !== false)
  return parts.length > 0 ? ` ${parts.join(', ')}.` : ''
}

export function uploadList(campaignId: string, uploads: Upload[], now: Date): Markup | undefined {
  if (uploads.length === 0) return undefined
  return html`
        <ul class="uploads" aria-label="Uploads">
          ${uploads.map(
            (upload) => html`
          <li data-key="${upload.id}">
            <span class="upload-name" dir="auto">${nameOf(upload)}</span>
            <span class="upload-words">${stateWords(upload)}</span>
            ${upload.refused + upload.known + upload.doubled > 0 && html`<a href="${pathOf(campaignId)}/audience/${showId('upl', upload.id)}/refused" download>Refused rows (CSV)</a>`}
            <span class="aside">${upload.madeBy} ${timeOf(upload.createdAt, now)}</span>
          </li>`,
          )}
        </ul>`
}

const stateWords = (upload: Upload) =>
  upload.status === 'taking'
    ? `${counted(upload.rows, 'row')} read so far`
    : upload.status === 'broken'
      ? `cut off after ${counted(upload.rows, 'row')}: send all of it again, nobody is doubled`
      : `${figure(upload.taken)} of ${counted(upload.rows, 'row')} taken.${leftWords(upload)}`

function nameOf({ source, about }: Upload): string {
  if (source === 'file') return String(about['filename'] ?? 'A file')
  const list = about['list']
  if (list === 'received') return `Everybody who got ${about['template']}`
  return `List: ${LISTS[list as keyof typeof LISTS]?.word ?? 'of a campaign'}`
}
