import { html, type Markup } from '../lib/markup.ts'
import { alertBox } from './parts.ts'

export const tokenForm = (token: string): Markup => html`
  <section class="gate" aria-labelledby="gate-title">
    <h1 id="gate-title">Welcome</h1>
    <p class="lead">Your sign-in link is good for one visit. It is used up by the button, not by looking at this page.</p>
    <form action="/sign-in" method="post">
      <input type="hidden" name="token" value="${token}">
      <button class="primary wide" autofocus>Open the console</button>
    </form>
  </section>`

export const signInForm = ({ next, problem }: { next: string; problem?: string }): Markup => html`
  <section class="gate" aria-labelledby="gate-title" data-session-next="${next}">
    <h1 id="gate-title">Sign in</h1>
    <p class="lead">With the link that was printed at the start, or with an API key that has the scope <code>read</code>.</p>
    ${alertBox(problem)}
    <form action="/sign-in" method="post">
      <input type="hidden" name="next" value="${next}">
      <label class="field">
        <span class="field-label">API key</span>
        <input name="key" type="password" required autocomplete="current-password" spellcheck="false"${problem && html` aria-invalid="true"`}>
      </label>
      <button class="primary wide">Sign in</button>
    </form>
  </section>`
