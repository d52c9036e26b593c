import { html, type Markup } from '../lib/markup.ts'
import type { FieldName } from './order.ts'

/** What a field is called where it is spoken of. */
export const FIELD_NAMES: Record<FieldName, string> = {
  referenceId: 'Reference',
  firstName: 'First name',
  lastName: 'Last name',
  country: 'Country',
  accountNumber: 'Account number',
  phone: 'Phone',
  email: 'Email',
  pushToken: 'Device token',
  channel1: '1st channel',
  channel2: '2nd channel',
  channel3: '3rd channel',
  channel4: '4th channel',
  locale: 'Language',
  timeZone: 'Time zone',
  template: 'Template',
  reminders: 'Reminders',
}

export type Option = readonly [value: string, word: string]
interface InputLook {
  hint?: string
  inputmode?: 'numeric' | 'decimal' | 'tel' | 'email'
  maxlength?: number
  type?: 'text' | 'time' | 'datetime-local'
  placeholder?: string
}

/** Draws fields with what was filled in and what is wrong with it. */
export function makeSheet<Name extends string>(
  fields: Record<Name, string>,
  problems: readonly { field: Name | null; message: string }[],
) {
  const wrongOf = (name: Name) => problems.find(({ field }) => field === name)?.message
  const around = (name: Name, label: string, control: Markup, hint?: string) => html`
          <div class="field">
            <label class="field-label" for="${name}">${label}</label>
            ${control}
            ${wrongOf(name) && html`<p class="field-wrong" id="${name}-note">${wrongOf(name)}</p>`}
            ${hint && !wrongOf(name) && html`<p class="hint" id="${name}-note">${hint}</p>`}
          </div>`
  const state = (name: Name, hint?: string) =>
    html`${wrongOf(name) && html` aria-invalid="true"`}${(wrongOf(name) || hint) && html` aria-describedby="${name}-note"`}`
  return {
    input: (name: Name, label: string, { hint, inputmode, maxlength, type, placeholder }: InputLook) =>
      around(
        name,
        label,
        html`<input id="${name}" name="${name}" value="${fields[name]}" dir="auto" autocomplete="off" spellcheck="false" maxlength="${maxlength ?? 254}"${type && html` type="${type}"`}${placeholder && html` placeholder="${placeholder}"`}${inputmode && html` inputmode="${inputmode}"`}${state(name, hint)}>`,
        hint,
      ),
    select: (name: Name, label: string, options: readonly Option[], hint?: string) =>
      around(
        name,
        label,
        html`<select id="${name}" name="${name}"${state(name, hint)}>${options.map(
          ([value, word]) =>
            html`<option value="${value}"${value === fields[name] && html` selected`}>${word}</option>`,
        )}</select>`,
        hint,
      ),
    wrongOf,
  }
}
